internal import Glibc
internal import IOThreads
internal import IndustrialModel
internal import StoreForward
internal import Synchronization

/// The books of the ledger: counts what happens to each sample where it happens, and keeps the counts.
///
/// What is in the books and not yet in their file is found again after a crash: records that were appended bring their accounts
/// themselves, and what a sink confirmed since goes to it once more. So the places of the sinks are kept here, with the counts
/// that belong to them, and the places in the buffer's stores follow.
final class LedgerBooks: Sendable {
  let tags: TagRegistry
  let identity: UInt64
  private let state: Mutex<LedgerState>
  /// Held while something is written; nil for who only looks.
  private let file: Mutex<LedgerFile?>
  /// The ledger's numbers by the registry's.
  private let order = Mutex<[UInt32]>([])

  init(_ state: LedgerState, file: LedgerFile?, tags: TagRegistry) {
    identity = state.identity
    self.tags = tags
    self.state = Mutex(state)
    self.file = Mutex(file)
  }

  deinit { file.withLock { $0?.close() } }

  func withState<Result: Sendable>(_ body: (inout LedgerState) -> Result) -> Result {
    state.withLock { body(&$0) }
  }

  // MARK: Numbers

  /// The ledger's numbers of all tags that there are, by the registry's.
  func numbers() -> [UInt32] {
    order.withLock { order in
      let names = tags.names
      if order.count < names.count {
        state.withLock { state in
          for name in names[order.count...] {
            order.append(UInt32(truncatingIfNeeded: state.number(of: name)))
          }
        }
      }
      return order
    }
  }

  /// Whether there are numbers that nobody could read after a crash.
  var hasUnsavedNames: Bool { state.withLock { $0.hasUnsavedNames } }

  /// An account of a record that has none, made of the samples in it.
  private func count(_ block: UnsafeRawBufferPointer) -> [UInt8]? {
    var samples = SampleBatch()
    guard (try? SampleCodec.decode(block, tags: tags, into: &samples)) != nil else { return nil }
    let numbers = numbers()
    var stored = TagCounter()
    for record in samples.records where Int(record.tag.rawValue) < numbers.count {
      stored.add(Int(numbers[Int(record.tag.rawValue)]))
    }
    var account: [UInt8] = []
    var writer = RecordAccount()
    writer.write(storedOnly: &stored, to: &account)
    return account
  }

  func accountReader() -> AccountReader {
    AccountReader(ledger: identity) { [weak self] in self?.count($0) }
  }

  // MARK: Storing

  /// Records with these accounts are in the buffer for good.
  ///
  /// - Returns: Numbers before them of which the books know nothing yet.
  func enter(
    _ accounts: some Sequence<[UInt8]>, in lane: BufferLane, from first: UInt64, last: UInt64
  ) -> ClosedRange<UInt64>? {
    state.withLock { state in
      let through = state.lanes[lane.rawValue].through
      if first > through &+ 1 { return (through + 1)...(first - 1) }
      for account in accounts { state.enter(account) }
      state.lanes[lane.rawValue].through = max(through, last)
      return nil
    }
  }

  /// Puts records into the books that were appended without anybody being told: before a crash, or by an append that failed.
  func enter(_ contents: [RecordContent], in lane: BufferLane) {
    state.withLock { state in
      for content in contents where content.numbers.upperBound > state.lanes[lane.rawValue].through
      {
        if let account = content.account {
          state.enter(account)
        } else if !content.isIntact {
          state.lanes[lane.rawValue].strays.insert(content.numbers)
        }
        state.lanes[lane.rawValue].through = content.numbers.upperBound
      }
    }
  }

  /// All records up to a number are in the books.
  func enter(through number: UInt64, in lane: BufferLane) {
    state.withLock { state in
      state.lanes[lane.rawValue].through = max(state.lanes[lane.rawValue].through, number)
    }
  }

  func through(_ lane: BufferLane) -> UInt64 { state.withLock { $0.lanes[lane.rawValue].through } }

  /// A record that found no room before the gateway's end, and is in no buffer.
  func shed(_ account: [UInt8]) { state.withLock { $0.shed(account) } }

  /// What was set aside when the run before ended without notice is gone.
  func shedWhatWasHeld() {
    state.withLock { state in
      for number in state.names.indices {
        let held = state.columns[SampleFate.held.rawValue][number]
        let released = state.columns[SampleFate.released.rawValue][number]
        guard held > released else { continue }
        state.columns[SampleFate.shedAtKill.rawValue].add(number, held - released)
        state.columns[SampleFate.released.rawValue].add(number, held - released)
        state.isChanged = true
      }
    }
  }

  // MARK: Saving

  /// Writes what is not written yet; it is on the disk when this returns. Blocks.
  func save() throws(SystemFailure) {
    try file.withLock { (file) throws(SystemFailure) in
      guard var open = file.take() else { return }
      defer { file = open }
      if !open.needsAll {
        let entry = state.withLock { $0.isChanged ? $0.entry(all: false) : nil }
        guard let entry else { return }
        if try open.append(entry) {
          state.withLock { $0.didSave() }
          return
        }
      }
      try open.begin(with: state.withLock { $0.entry(all: true) })
      state.withLock { $0.didSave() }
    }
  }
}
