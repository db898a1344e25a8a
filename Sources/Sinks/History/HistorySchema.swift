#if History
  internal import GRDB

  /// The tables of a history, and how a connection to it is set up.
  enum HistorySchema {
    /// "iiot" in ASCII: says whose file it is.
    private static let application: Int32 = 0x6969_6F74
    /// A file with a higher number was made by a later version.
    private static let version: Int32 = 1

    /// A connection that writes, and makes the tables where there are none: the history is new then.
    static func open(_ path: String) throws(SinkError) -> (queue: DatabaseQueue, isNew: Bool) {
      var configuration = Configuration()
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(10)
      do {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { database in
          // What was delivered stays, also when the power fails: the default in this mode is less.
          try database.execute(
            sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
        }
        let isNew = try queue.write { try prepare($0, path) }
        return (queue, isNew)
      } catch {
        throw SinkError(history: error, path: path)
      }
    }

    /// A connection that only reads.
    static func openReading(_ path: String) throws(SinkError) -> DatabaseQueue {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      do {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { try check($0, path) }
        return queue
      } catch {
        throw SinkError(history: error, path: path)
      }
    }

    /// - Returns: Whether there were no tables.
    private static func prepare(_ database: Database, _ path: String) throws -> Bool {
      let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      guard tables == 0 else {
        try check(database, path)
        return false
      }
      try database.execute(
        sql: """
          PRAGMA application_id = \(application);
          PRAGMA user_version = \(version);
          CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
          CREATE TABLE sample (
            tag INTEGER NOT NULL,           -- tag.id
            time INTEGER NOT NULL,          -- nanoseconds since 1970: the device's clock if it has one
            sequence INTEGER NOT NULL,      -- the number of the sample in its gateway
            value,                          -- NULL where there is none
            kind INTEGER NOT NULL,          -- 0 none, 1 bool, 2 int64, 3 uint64, 4 double, 5 string, 6 bytes
            status INTEGER NOT NULL,        -- quality as an OPC UA status code
            gateway_time INTEGER,           -- the gateway's clock, where `time` is the device's
            class INTEGER NOT NULL,         -- 0 telemetry, 1 event, 2 alarm, 3 log
            configuration INTEGER NOT NULL, -- version of the configuration
            PRIMARY KEY (tag, time, sequence)
          ) WITHOUT ROWID;
          CREATE VIEW reading AS
            SELECT tag.name AS tag, strftime('%Y-%m-%dT%H:%M:%fZ', time / 1e9, 'unixepoch') AS time,
              value, printf('0x%08X', status) AS status
            FROM sample JOIN tag ON tag.id = sample.tag;
          """)
      return true
    }

    private static func check(_ database: Database, _ path: String) throws {
      let found = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      guard found == application else {
        throw SinkError(
          code: .foreignContent, destination: path, message: "this database is no history of ours",
          advice: "name another file")
      }
      let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      guard version <= Self.version else {
        throw SinkError(
          code: .foreignContent, destination: path,
          message: "this history was made by a later version (format \(version))",
          advice: "use the version that made it, or name another file")
      }
    }
  }

  extension SinkError {
    /// What a failure of the database means to a sink.
    init(history error: any Error, path: String) {
      if let error = error as? SinkError {
        self = error
        return
      }
      guard let failure = error as? DatabaseError else {
        self.init(
          code: .failed, destination: path, message: "the history failed: \(error)",
          advice: "check the disk and the system's log")
        return
      }
      let (code, advice): (Code, String) =
        switch failure.resultCode {
        case .SQLITE_FULL: (.noSpace, "make room on that disk; nothing is lost meanwhile")
        case .SQLITE_CANTOPEN: (.notFound, "create the folder first, or correct the path")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
          (.denied, "check owner and permissions of the file and its folder")
        case .SQLITE_NOTADB: (.foreignContent, "name another file")
        case .SQLITE_CORRUPT:
          (.foreignContent, "put the damaged file aside; the gateway then begins a new one")
        default: (.failed, "check the disk and the system's log")
        }
      self.init(
        code: code, destination: path,
        message: "the history can't be used: \(failure.message ?? "\(failure.resultCode)")",
        advice: advice)
    }
  }
#endif
