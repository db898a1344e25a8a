internal import Synchronization

/// What a caller wants from the wire in one piece: a plan to read, or one message.
///
/// It is handed to the engine's thread, which alone touches everything but `ending` until it calls `finish`; the
/// caller reads `result` and `answer` only after it has seen that end. That, and the lock around `ending`, is
/// why it may be marked as sendable.
final class Job: @unchecked Sendable {
  /// What to read; empty for a message.
  let plan: ReadPlan
  /// The message, if it is one.
  let message: RequestMessage?
  /// A plan's values. The engine's until the end, then the caller's.
  var result: ReadResult
  /// A message's answer: its PDU, or why there is none. The engine's until the end, then the caller's.
  var answer: Result<[UInt8], ModbusError>?

  // The engine's own:
  /// The next block that has not been sent.
  var nextBlock = 0
  /// Blocks to send once more, or after all, before those that have not been sent; the next one last.
  var again: [Int] = []
  /// Blocks that have been sent once more already.
  var resent: Set<Int> = []
  /// Units that have let a request of this job time out.
  var silentUnits: Set<UInt8> = []
  /// Blocks that are neither answered nor failed.
  var remaining: Int

  private enum Ending {
    case open
    case awaited(CheckedContinuation<Void, any Error>)
    case finished
    case cancelled
  }

  private let ending = Mutex(Ending.open)

  init(_ plan: ReadPlan) {
    self.plan = plan
    message = nil
    result = ReadResult(for: plan)
    remaining = plan.blocks.count
  }

  init(_ message: RequestMessage) {
    plan = .empty
    self.message = message
    result = ReadResult(for: .empty)
    remaining = 1
  }

  var isWrite: Bool { message?.isWrite ?? false }

  /// The blocks of the work; a message counts as one.
  var blockCount: Int { message == nil ? plan.blocks.count : 1 }

  /// The unit that a block is asked of.
  func unit(of block: Int) -> UInt8 { message?.unit ?? plan.blocks[block].unit }

  /// Whether there is something left to send.
  var hasUnsent: Bool { nextBlock < blockCount || !again.isEmpty }

  /// The next block to send.
  func takeBlock() -> Int? {
    if let block = again.popLast() { return block }
    guard nextBlock < blockCount else { return nil }
    defer { nextBlock += 1 }
    return nextBlock
  }

  /// Makes a finished job of the blocking engine ready for another round.
  func rewind() {
    nextBlock = 0
    again.removeAll(keepingCapacity: true)
    if !resent.isEmpty { resent.removeAll(keepingCapacity: true) }
    if !silentUnits.isEmpty { silentUnits.removeAll(keepingCapacity: true) }
    remaining = blockCount
  }

  // MARK: - The end

  /// Waits for the end. Throws `CancellationError` when the task is cancelled first; the engine then drops what
  /// it has not sent.
  func wait(afterStarting start: () throws(ModbusError) -> Void) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isCancelled = ending.withLock { ending in
          if case .cancelled = ending { return true }
          ending = .awaited(continuation)
          return false
        }
        if isCancelled {
          continuation.resume(throwing: CancellationError())
          return
        }
        do throws(ModbusError) {
          try start()
        } catch {
          if let continuation = end(as: .finished) { continuation.resume(throwing: error) }
        }
      }
    } onCancel: {
      if let continuation = end(as: .cancelled) {
        continuation.resume(throwing: CancellationError())
      }
    }
  }

  /// Tells the caller that result or answer is there.
  func finish() {
    if let continuation = end(as: .finished) { continuation.resume() }
  }

  /// Whether the caller has gone away.
  var isCancelled: Bool {
    ending.withLock { if case .cancelled = $0 { true } else { false } }
  }

  private func end(as final: Ending) -> CheckedContinuation<Void, any Error>? {
    ending.withLock { ending in
      switch ending {
      case .open:
        ending = final
        return nil
      case .awaited(let continuation):
        ending = final
        return continuation
      case .finished, .cancelled:
        return nil
      }
    }
  }
}
