public import CANCore
internal import IOThreads
internal import Synchronization

extension CANLogReader {
  /// The frames as an asynchronous sequence of batches, read on a thread of its own.
  ///
  /// ```swift
  /// for try await batch in try CANLogReader(contentsOf: "drive.log").frames() {
  ///   for frame in batch { print(frame.identifier, frame.payload) }
  /// }
  /// ```
  /// - Parameter bufferedBatches: how many batches are read ahead; reading waits when they are not
  ///   taken.
  public consuming func frames(bufferedBatches: Int = 4) -> CANLogFrames {
    CANLogFrames(source: CANLogFrames.Source(reader: self, capacity: bufferedBatches))
  }
}

/// The frames of a log as batches, read on a thread of its own. To be gone through once.
///
/// Reading begins with the first call of `next`. A cancelled task's wait ends at once, with nil; what
/// was not taken stays for another task. When the sequence and its iterators are gone, the thread
/// ends and the descriptor, if it is the reader's own, is closed.
public struct CANLogFrames: AsyncSequence, Sendable {
  /// Frames in the order of the log.
  public typealias Element = CANFrameBatch
  /// Only a log that can't be read at all fails.
  public typealias Failure = CANLogError

  let source: Source

  /// The format, once recognised.
  public var format: CANLogFormat? { source.progress.withLock { $0.format } }
  /// What was wrong in the part read so far.
  public var findings: CANLogFindings { source.progress.withLock { $0.findings } }
  /// What the times of the frames read so far count from.
  public var timeBase: CANLogTimeBase { source.progress.withLock { $0.timeBase } }

  /// Goes through the frames.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  /// Goes through the frames.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: Source

    /// The next frames; nil at the end, or at once when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(CANLogError) -> CANFrameBatch? {
      try await source.next(isolation: actor)
    }
  }

  struct Progress: Sendable {
    var format: CANLogFormat?
    var findings = CANLogFindings()
    var timeBase = CANLogTimeBase.missing
  }

  /// The queue that the reading thread fills. The thread keeps the queue alive, not the source, so
  /// that the source's end is the thread's end.
  final class Source: Sendable {
    typealias Queue = BatchQueue<CANFrameBatch, CANLogError>

    private struct Start: ~Copyable {
      var reader: CANLogReader?
      var queue: Queue?
    }

    let progress: ProgressBox
    private let start: Mutex<Start>
    private let capacity: Int

    init(reader: consuming CANLogReader, capacity: Int) {
      progress = ProgressBox()
      start = Mutex(Start(reader: reader, queue: nil))
      self.capacity = capacity
    }

    deinit { start.withLock { $0.queue }?.close() }

    func next(
      isolation actor: isolated (any Actor)?
    ) async throws(CANLogError) -> CANFrameBatch? {
      try await startedQueue().next()
    }

    private func startedQueue() throws(CANLogError) -> Queue {
      let result: Result<Queue, CANLogError> = start.withLock { start in
        if let queue = start.queue { return .success(queue) }
        do {
          let queue = try Queue(capacity: capacity)
          let reader = ReaderBox(start.reader.take())
          try OwnedThread.start(name: "can-log") { [progress] in
            reader.run(into: queue, progress: progress)
          }
          start.queue = queue
          return .success(queue)
        } catch {
          let failure = error as? SystemFailure
          return .failure(
            CANLogError(
              code: .outOfResources,
              message: "no thread to read the log: \(failure?.explanation ?? "unknown reason")",
              errno: failure?.errorNumber))
        }
      }
      return try result.get()
    }
  }

  final class ProgressBox: Sendable {
    private let progress = Mutex(Progress())
    func withLock<R>(_ body: (inout Progress) -> R) -> R { progress.withLock { body(&$0) } }
  }

  /// Carries the reader, which can't be copied, into the thread.
  private final class ReaderBox: Sendable {
    private let reader: Mutex<CANLogReader?>

    init(_ reader: consuming CANLogReader?) { self.reader = Mutex(reader) }

    func run(into queue: Source.Queue, progress: ProgressBox) {
      guard var reader = reader.withLock({ $0.take() }) else { return queue.finish() }
      var reported = 0
      do throws(CANLogError) {
        while true {
          var batch = CANFrameBatch()
          let outcome = try reader.next(into: &batch, stop: queue.producerDescriptor)
          progress.withLock { progress in
            progress.format = reader.format
            progress.timeBase = reader.timeBase
            if reader.findings.total != reported { progress.findings = reader.findings }
          }
          reported = reader.findings.total
          switch outcome {
          case .frames:
            guard queue.push(batch) else { return }
          case .stopped:
            queue.clearProducerSignal()
            if queue.isClosed { return }
          case .end:
            return queue.finish()
          }
        }
      } catch {
        queue.finish(throwing: error)
      }
    }
  }
}
