#if History
  internal import GRDB

  /// A connection to a history, and the files that it has open.
  struct HistoryConnection: Sendable {
    /// The connection itself.
    let queue: DatabaseQueue
    /// Whether there was no history at the path, and it is begun.
    let isNew: Bool
    private let path: String
    private let files: HistoryFiles

    /// One that writes, and makes the file where there is none.
    init(writing path: String) throws(SinkError) {
      HistoryFiles.putOrphanAside(path)
      (queue, isNew) = try HistorySchema.open(path)
      self.path = path
      files = HistoryFiles(of: path)
    }

    /// One that only reads.
    init(reading path: String) throws(SinkError) {
      queue = try HistorySchema.openReading(path)
      isNew = false
      self.path = path
      files = HistoryFiles(of: path)
    }

    /// Whether its file is no longer at the path: what would be written then is in no place where anybody looks for it.
    var isLost: Bool { files.isLost }

    /// Whether the disk of its file is away, and the path leads to the folder beneath.
    var isDiskAway: Bool { files.isDiskAway }

    /// Whether another history can be read at the path.
    var isReplaced: Bool { files.isReplaced }

    /// Ends a connection whose file is lost, with all in that file that was stored, and makes room for another file at the path.
    ///
    /// - Throws: `SinkError` when the file can't get all of it yet; the connection is open then.
    func leave() throws(SinkError) {
      let isEmptied = try emptyLog()
      try? queue.close()
      files.removeLeft(isEmptied: isEmptied)
    }

    /// Ends the connection. Of a file that is lost, what can't be brought into it now stays in the log.
    func close() {
      if isLost { try? leave() }
      try? queue.close()
    }

    /// Brings what is in the log into the file. Closing does that only for a file that still has its name.
    ///
    /// - Returns: Whether all of it is there now.
    private func emptyLog() throws(SinkError) -> Bool {
      var isRead = false
      var failure: DatabaseError?
      do {
        let frames = try queue.inDatabase { try $0.checkpoint() }
        isRead = frames.checkpointedFrameCount < frames.walFrameCount
      } catch {
        failure = error as? DatabaseError
      }
      // The log went with its file, or was deleted too: whoever opens that file finds the rest in it.
      guard files.isLogLeft else { return failure == nil && !isRead }
      if let failure, failure.resultCode == .SQLITE_FULL {
        throw SinkError(history: failure, path: path)
      }
      // Another failure is a damaged file, for which waiting is of no use.
      guard isRead || failure?.resultCode == .SQLITE_BUSY else { return failure == nil }
      throw SinkError(
        code: .failed, destination: path,
        message:
          "the history was moved or deleted while a report or another program still reads it",
        advice: "wait for its end, or end that program; nothing is lost meanwhile")
    }
  }
#endif
