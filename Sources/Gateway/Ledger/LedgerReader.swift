internal import IndustrialModel
internal import StoreForward

/// Reads the ledger of a data folder, whether its gateway runs or not. Changes nothing.
public enum LedgerReader {
  /// The ledger as it would be found after a kill at this moment: what a sink confirmed within the last second may still wait.
  ///
  /// - Parameter dataFolder: `gateway.data` of the configuration.
  /// - Throws: `StoreError` with code `notFound` where there is no ledger, `newerFormat`, or what reading the buffer throws.
  public static func ledger(dataFolder: String) throws -> Ledger {
    var attempts = 0
    while true {
      attempts += 1
      let (state, unread) = try state(in: dataFolder)
      var ledger = try ledger(state, dataFolder)
      ledger.unreadEntries = unread
      // What was given up while it was read may be missing.
      let (after, _) = try self.state(in: dataFolder)
      let isStill = zip(state.lanes, after.lanes).allSatisfy {
        $0.evictedThrough == $1.evictedThrough
      }
      if isStill || attempts == 8 { return ledger }
    }
  }

  static func state(
    in dataFolder: String
  ) throws(StoreError) -> (state: LedgerState, unread: Int) {
    // The newest entry may be written at this moment.
    for attempt in 0..<3 {
      guard let contents = try LedgerBooks.load(dataFolder),
        let state = LedgerState(entries: contents.entries),
        contents.unread == 0 || attempt == 2
      else { continue }
      return (state, contents.unread)
    }
    throw StoreError(
      .notFound, "there is no ledger in this folder", path: dataFolder,
      advice:
        "name the data folder of a gateway that has run with this version, or its configuration")
  }

  private static func ledger(_ state: LedgerState, _ dataFolder: String) throws -> Ledger {
    let books = LedgerBooks(state, file: nil, tags: TagRegistry())
    var readers: [(lane: BufferLane, reader: StoreReader)] = []
    for lane in BufferLane.allCases {
      if let reader = try open("\(dataFolder)/\(lane.folder)") { readers.append((lane, reader)) }
    }
    for (lane, reader) in readers {
      let through = books.through(lane)
      try read(reader, LedgerScan(position: through, through: reader.lastSequence), books) {
        books.enter($0, in: lane)
        return true
      }
      books.enter(through: reader.lastSequence, in: lane)
      for sink in 0..<books.withState({ $0.sinks.count }) {
        let opening = books.opening(of: sink, in: lane)
        guard !opening.isDone else { continue }
        try read(reader, opening, books) {
          books.open(sink, in: lane, with: $0)
          return !books.opening(of: sink, in: lane).isDone
        }
      }
    }
    let moment = books.beginWaitingCount()
    for (lane, reader) in readers where !moment.scans[lane.rawValue].isDone {
      try read(reader, moment.scans[lane.rawValue], books) { books.wait($0, in: lane, moment) }
    }
    return books.endWaitingCount(moment) ?? Ledger(tags: [], sinks: [])
  }

  /// Nil where there is no store.
  static func open(_ directory: String) throws(StoreError) -> StoreReader? {
    do throws(StoreError) {
      return try StoreReader(directory: directory)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  private static func read(
    _ reader: StoreReader, _ scan: LedgerScan, _ books: LedgerBooks,
    _ body: ([RecordContent]) -> Bool
  ) throws {
    guard !scan.isDone else { return }
    var accounts = books.accountReader()
    try reader.seek(to: .sequence(scan.position &+ 1))
    var isWanted = true
    while isWanted {
      var contents: [RecordContent] = []
      let found: Void? = try reader.next(maxBytes: 1 << 20) { batch in
        accounts.read(batch, into: &contents)
      }
      guard found != nil else { break }
      if !contents.isEmpty { isWanted = body(contents) }
    }
    guard isWanted else { return }
    var contents: [RecordContent] = []
    accounts.finish(into: &contents)
    _ = body(contents)
  }
}
