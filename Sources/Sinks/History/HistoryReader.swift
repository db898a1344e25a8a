public import IndustrialModel

#if History
  internal import GRDB
  internal import Synchronization
#endif

/// Reads a history, also while a gateway writes to it. Its calls block.
///
/// When others have moved or deleted the file and the gateway has made a new one, the next look at the tags goes to that. What was
/// begun with the tags of the file before is read from that one to its end: their numbers are its own.
public final class HistoryReader: Sendable {
  private let path: String

  #if History
    private let connection: Mutex<HistoryConnection>
    /// Whether it goes on with a new file at the path.
    private let follows: Bool

    /// Stays with the file of a connection.
    private init(path: String, stayingWith connection: HistoryConnection) {
      self.path = path
      self.connection = Mutex(connection)
      follows = false
    }
  #endif

  /// Opens a history.
  ///
  /// - Throws: `SinkError` when there is none, and where the package is built without the trait `History` (code
  ///   `unsupported`).
  public init(path: String) throws(SinkError) {
    self.path = path
    #if History
      connection = try Mutex(HistoryConnection(reading: path))
      follows = true
    #else
      throw .withoutHistory(path)
    #endif
  }
}

extension SinkError {
  /// What who wants a history without the package trait is told.
  static func withoutHistory(_ path: String) -> SinkError {
    SinkError(
      code: .unsupported, destination: path,
      message: "this program was built without the package trait 'History'",
      advice: "build it with: swift build --traits History (and Gateway, HTTP as needed)")
  }
}

#if History
  extension HistoryReader {
    /// A tag of a history.
    public struct Tag: Sendable, Hashable {
      /// Its number, which it keeps as long as there is the history.
      public let number: Int64
      /// Its path.
      public let name: String
    }

    /// The tags that are wanted, by name.
    public func tags(_ query: HistoryQuery = HistoryQuery()) throws(SinkError) -> [Tag] {
      try follow()
      return try read { database in
        let rows = try Row.fetchAll(database, sql: "SELECT id, name FROM tag ORDER BY name")
        return rows.compactMap { row -> Tag? in
          guard let number = row.integer(0), let name = String.fromDatabaseValue(row[1]),
            query.matches(name)
          else { return nil }
          return Tag(number: number, name: name)
        }
      }
    }

    /// The time of the first sample of some tags at a time or later; nil when there is none.
    public func firstTime(
      of tags: [Tag], atOrAfter time: Timestamp
    ) throws(SinkError) -> Timestamp? {
      try read { database in
        let first = try database.cachedStatement(
          sql: "SELECT min(time) FROM sample WHERE tag = ? AND time >= ?")
        var earliest: Int64?
        for tag in tags {
          let row = try Row.fetchOne(first, arguments: [tag.number, time.nanoseconds])
          if let found = row?.integer(0) { earliest = min(earliest ?? .max, found) }
        }
        return earliest.map { Timestamp(nanoseconds: $0) }
      }
    }

    /// What the values of a tag were like from a time on and before another.
    public func statistics(
      of tag: Tag, from start: Timestamp, to end: Timestamp
    ) throws(SinkError) -> HistoryStatistics {
      try read { database in
        let select = try database.cachedStatement(
          sql: """
            SELECT value, kind, status FROM sample WHERE tag = ? AND time >= ? AND time < ?
            """)
        var statistics = HistoryStatistics()
        let rows = try Row.fetchCursor(
          select, arguments: [tag.number, start.nanoseconds, end.nanoseconds])
        while let row = try rows.next() {
          guard !row.quality(2).isBad, let value = Self.number(row[0], kind: row.integer(1)),
            value.isFinite
          else { continue }
          statistics.add(value)
        }
        return statistics
      }
    }

    private static func number(_ value: DatabaseValue, kind: Int64?) -> Double? {
      switch value.storage {
      case .int64(let whole): kind == 3 ? Double(UInt64(bitPattern: whole)) : Double(whole)
      case .double(let number): number
      case .null, .string, .blob: nil
      }
    }

    /// Reads samples in the order of their times, in batches of some ten thousand.
    ///
    /// - Parameters:
    ///   - query: Which.
    ///   - names: Where the tags get their numbers.
    ///   - body: Gets the batches, one after the other.
    public func read(
      _ query: HistoryQuery, names: TagRegistry, _ body: (SampleBatch) throws -> Void
    ) throws {
      try read(query, names: names, bound: HistoryBatchBound(), body)
    }

    /// The same with batches of another size.
    func read(
      _ query: HistoryQuery, names: TagRegistry, bound: HistoryBatchBound,
      _ body: (SampleBatch) throws -> Void
    ) throws {
      try follow()
      // Whatever others ask this reader meanwhile: the numbers of the tags are those of one file.
      let reader = connection.withLock { HistoryReader(path: path, stayingWith: $0) }
      let tags = try reader.tags(query).map { ($0, names.intern($0.name)) }
      var next = query.since ?? Timestamp(nanoseconds: .min)
      // Slices of time, so that the order is right: wider while few samples are in them, and cut again where many are.
      var width: Int64 = 1_000_000_000
      while let first = try reader.firstTime(of: tags.map(\.0), atOrAfter: next) {
        if let until = query.until, first >= until { return }
        let (end, isLast) = first.nanoseconds.addingReportingOverflow(width)
        let limit = min(isLast ? .max : end, query.until?.nanoseconds ?? .max)
        // Nothing is at the very end of time but what can't be told from it.
        guard limit > first.nanoseconds else { return }
        let length = limit - first.nanoseconds
        // One moment can't be cut.
        let slice = try reader.samples(
          of: tags, from: first, to: Timestamp(nanoseconds: limit), bound: length > 1 ? bound : nil)
        guard let batch = slice else {
          width = max(1, length / 4)
          continue
        }
        try body(batch)
        if isLast { return }
        next = Timestamp(nanoseconds: limit)
        if bound.hasRoom(beside: batch) { width = min(width &* 2, 1 << 60) }
      }
    }

    /// The samples of a slice of time; nil when they are too many.
    private func samples(
      of tags: [(Tag, TagID)], from start: Timestamp, to end: Timestamp, bound: HistoryBatchBound?
    ) throws(SinkError) -> SampleBatch? {
      try read { database -> SampleBatch? in
        let select = try database.cachedStatement(
          sql: """
            SELECT time, sequence, value, kind, status, gateway_time, class, configuration
            FROM sample WHERE tag = ? AND time >= ? AND time < ?
            """)
        var batch = SampleBatch()
        for (tag, name) in tags {
          let rows = try Row.fetchCursor(
            select, arguments: [tag.number, start.nanoseconds, end.nanoseconds])
          while let row = try rows.next() {
            batch.append(Self.sample(row, of: name))
            if bound?.isExceeded(by: batch) == true { return nil }
          }
        }
        batch.records.sort { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
        return batch
      }
    }

    private static func sample(_ row: Row, of tag: TagID) -> Sample {
      let time = Timestamp(nanoseconds: row.integer(0) ?? 0)
      let gatewayTime = row.integer(5).map { Timestamp(nanoseconds: $0) }
      let sampleClass = SampleClass(rawValue: UInt8(truncatingIfNeeded: row.integer(6) ?? 0))
      return Sample(
        tag: tag, value: value(row[2], kind: row.integer(3)), quality: row.quality(4),
        sourceTime: gatewayTime == nil ? nil : time, gatewayTime: gatewayTime ?? time,
        monotonicTime: 0, sequence: UInt64(bitPattern: row.integer(1) ?? 0),
        sampleClass: sampleClass ?? .telemetry,
        configurationVersion: UInt32(truncatingIfNeeded: row.integer(7) ?? 0))
    }

    private static func value(_ value: DatabaseValue, kind: Int64?) -> Value {
      switch (kind, value.storage) {
      case (1, .int64(let bits)): .bool(bits != 0)
      case (3, .int64(let bits)): .uint64(UInt64(bitPattern: bits))
      case (_, .int64(let number)): .int64(number)
      case (_, .double(let number)): .double(number)
      // SQLite keeps no NaN.
      case (4, .null): .double(.nan)
      case (_, .null): .none
      case (_, .string(let text)): .string(text)
      case (5, .blob(let bytes)): .string(String(decoding: bytes, as: UTF8.self))
      case (_, .blob(let bytes)): .bytes(Array(bytes))
      }
    }

    /// Goes on with the file that is at the path now.
    private func follow() throws(SinkError) {
      guard follows, connection.withLock({ $0.isReplaced }) else { return }
      let opened = try HistoryConnection(reading: path)
      connection.withLock { $0 = opened }
    }

    private func read<Result>(
      _ body: (Database) throws -> Result
    ) throws(SinkError) -> Result {
      let queue = connection.withLock { $0.queue }
      do {
        return try queue.read { try body($0) }
      } catch {
        throw SinkError(history: error, path: path)
      }
    }
  }

  extension Row {
    /// A whole number; nil where something else stands: what is in a file may be anything.
    fileprivate func integer(_ index: Int) -> Int64? { Int64.fromDatabaseValue(self[index]) }

    fileprivate func quality(_ index: Int) -> Quality {
      integer(index).map { Quality(rawValue: UInt32(truncatingIfNeeded: $0)) } ?? .badDecodingError
    }
  }
#else
  extension HistoryReader {
    /// Reads samples in the order of their times.
    public func read(
      _ query: HistoryQuery, names: TagRegistry, _ body: (SampleBatch) throws -> Void
    ) throws { throw SinkError.withoutHistory(path) }
  }
#endif
