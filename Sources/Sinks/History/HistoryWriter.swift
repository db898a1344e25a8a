internal import IndustrialModel

#if History
  internal import Foundation
  internal import GRDB

  /// Writes to a history. For one thread; its calls block.
  final class HistoryWriter {
    private let path: String
    private let tags: TagRegistry
    /// Nil after its file was lost, until a new one is open, and after the end.
    private var connection: HistoryConnection?
    private var isClosed = false
    /// That a file was lost, until it is told: what comes behind that may fail, and is tried again.
    private var loss: String?
    /// `tag.id` by tag number; 0 for one that was not looked up yet.
    private var identifiers: [Int64] = []

    init(path: String, tags: TagRegistry) throws(SinkError) {
      self.path = path
      self.tags = tags
      connection = try HistoryConnection(writing: path)
    }

    /// The connection to the file at the path, which is made anew after the one before was lost.
    private func openQueue() throws(SinkError) -> DatabaseQueue {
      if let connection { return connection.queue }
      guard !isClosed else { throw SinkError(errno: EBADF, doing: "write", to: path) }
      let opened = try HistoryConnection(writing: path)
      connection = opened
      loss =
        opened.isNew
        ? "others moved or deleted the history at '\(path)'; it is begun anew there, and what was in it is nowhere here: "
          + "find the old file and keep it, exports and reports read the new one only"
        : "others put another history in the place of the one at '\(path)'; it goes on in that, and what only the old "
          + "file has is nowhere here: find that file and keep it, exports and reports read the other one only"
      return opened.queue
    }

    /// What is to be told of a file that was lost; nil if nothing is, or it was taken before.
    func takeLoss() -> String? {
      defer { loss = nil }
      return loss
    }

    /// Lets go of a file that others moved or deleted.
    private func leaveLostFile() throws(SinkError) {
      guard let lost = connection, lost.isLost else { return }
      if lost.isDiskAway {
        throw SinkError(
          code: .failed, destination: path,
          message: "the disk of the history is away, and its folder is on another one now",
          advice: "mount it again; or restart the gateway, which begins a new history there")
      }
      try lost.leave()
      connection = nil
      // Another file has other numbers for the same names.
      identifiers.removeAll()
    }

    /// Stores samples in one transaction, in the file that is at the path now.
    ///
    /// - Throws: `SinkError` when they can't be stored; then none of them is.
    func append(_ batch: SampleBatch) throws(SinkError) {
      try leaveLostFile()
      let queue = try openQueue()
      do {
        try queue.write { database in
          try learnNames(of: batch, database)
          let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO sample VALUES (?,?,?,?,?,?,?,?,?)")
          for record in batch.records {
            insert.setUncheckedArguments(arguments(for: record, of: batch))
            try insert.execute()
          }
        }
      } catch {
        // Names that were added by the transaction are gone with it.
        identifiers.removeAll()
        throw SinkError(history: error, path: path)
      }
    }

    private func learnNames(of batch: SampleBatch, _ database: Database) throws {
      let largest = batch.records.reduce(-1) { max($0, Int($1.tag.rawValue)) }
      guard largest >= identifiers.count else { return }
      var names = tags.names
      // A number without a name can only come from a mix-up of registries.
      while names.count <= largest { names.append("?/\(names.count)") }
      for name in names[identifiers.count...] {
        try database.execute(
          sql: "INSERT INTO tag (name) VALUES (?) ON CONFLICT DO NOTHING", arguments: [name])
        let identifier = try Int64.fetchOne(
          database, sql: "SELECT id FROM tag WHERE name = ?", arguments: [name])
        identifiers.append(identifier ?? 0)
      }
    }

    private func arguments(
      for record: SampleBatch.Record, of batch: SampleBatch
    ) -> StatementArguments {
      let value: (any DatabaseValueConvertible)? =
        switch record.kind {
        case .none: nil
        case .bool, .int64, .uint64: Int64(bitPattern: record.bits)
        case .double: Double(bitPattern: record.bits)
        // SQLite ends a text at a zero.
        case .string where !batch.bytes(of: record).contains(0):
          String(decoding: batch.bytes(of: record), as: UTF8.self)
        case .string, .bytes: Data(batch.bytes(of: record))
        }
      return [
        identifiers[Int(record.tag.rawValue)], record.time.nanoseconds,
        Int64(bitPattern: record.sequence), value, Int64(record.kind.rawValue),
        Int64(record.quality.rawValue),
        record.sourceTime == nil ? nil : record.gatewayTime.nanoseconds,
        Int64(record.sampleClass.rawValue), Int64(record.configurationVersion),
      ]
    }

    /// Removes what is older.
    func remove(before time: Timestamp) throws(SinkError) {
      let queue = try openQueue()
      do {
        try queue.write { try Self.remove(before: time.nanoseconds, $0) }
      } catch {
        throw SinkError(history: error, path: path)
      }
    }

    /// Removes the oldest samples until the rest takes no more than so many bytes. The file itself then stays as large as it is,
    /// and is filled again.
    ///
    /// - Parameter now: Samples of the future (of a device whose clock is wrong) do not make all others old.
    func shrink(to size: Int, now: Timestamp) throws(SinkError) {
      let queue = try openQueue()
      do {
        // Each round removes a part of the time; if samples crowd at its end, some rounds remove little.
        for _ in 0..<64 {
          let isEnough = try queue.write { database in
            let used = try Self.usedBytes(database)
            guard used > size, let (first, last) = try Self.bounds(database) else { return true }
            let end = now.nanoseconds > first ? min(last, now.nanoseconds) : last
            let part = max(0.05, 1 - 0.95 * Double(size) / Double(used))
            // At least the oldest moment goes, so that every round removes something.
            let cut = max(
              Double(first) + (Double(end) - Double(first)) * part, Double(first) + 1024)
            try Self.remove(before: Int64(exactly: cut.rounded()) ?? .max, database)
            return false
          }
          if isEnough { return }
        }
      } catch {
        throw SinkError(history: error, path: path)
      }
    }

    /// By tag, so that the table needs no second index.
    private static func remove(before time: Int64, _ database: Database) throws {
      let delete = try database.cachedStatement(
        sql: "DELETE FROM sample WHERE tag = ? AND time < ?")
      for tag in try Int64.fetchAll(database, sql: "SELECT id FROM tag") {
        try delete.execute(arguments: [tag, time])
      }
    }

    /// The times of the oldest and the newest sample.
    private static func bounds(_ database: Database) throws -> (Int64, Int64)? {
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT min((SELECT min(time) FROM sample WHERE sample.tag = tag.id)),
            max((SELECT max(time) FROM sample WHERE sample.tag = tag.id))
          FROM tag
          """)
      guard let row, let first = Int64.fromDatabaseValue(row[0]),
        let last = Int64.fromDatabaseValue(row[1])
      else { return nil }
      return (first, last)
    }

    /// What samples take of the file; the rest of it is free for others.
    private static func usedBytes(_ database: Database) throws -> Int {
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
      let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
      return (pages - free) * size
    }

    /// Ends the connection.
    func close() {
      connection?.close()
      connection = nil
      isClosed = true
    }
  }
#else
  /// Without the package trait there is no history.
  final class HistoryWriter {
    init(path: String, tags: TagRegistry) throws(SinkError) { throw .withoutHistory(path) }

    func append(_ batch: SampleBatch) throws(SinkError) {}
    func remove(before time: Timestamp) throws(SinkError) {}
    func shrink(to size: Int, now: Timestamp) throws(SinkError) {}
    func takeLoss() -> String? { nil }
    func close() {}
  }
#endif
