#if History
  import Foundation
  import IndustrialModel
  import Sinks
  import TestSupport
  import Testing

  @Suite("A history that others move, delete or put aside is made anew")
  struct HistoryLossTests {
    let folder: TemporaryFolder
    let tags = TagRegistry()

    init() throws { folder = try TemporaryFolder() }

    /// The database alone, and with what SQLite keeps beside it.
    static let endings = [[""], ["", "-wal", "-shm"]]

    @Test("moved: every sample is in the file that was moved or in a new one", arguments: endings)
    func moved(endings: [String]) async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      try move(endings, to: "moved.db")
      for number in 4..<8 { try await deliver(number, to: sink) }
      #expect(try numbers(in: "moved.db") == Array(0..<4))
      #expect(try numbers(in: "h.db") == Array(4..<8))
      // And again, with the files that were made since.
      try move(endings, to: "later.db")
      try await deliver(8, to: sink)
      await sink.close()
      #expect(try numbers(in: "later.db") == Array(4..<8))
      #expect(try numbers(in: "h.db") == [8])
      #expect(try numbers(in: "moved.db") == Array(0..<4))
    }

    @Test("deleted: only what was in it is gone", arguments: endings)
    func deleted(endings: [String]) async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      for ending in endings {
        try FileManager.default.removeItem(atPath: folder.file("h.db\(ending)"))
      }
      for number in 4..<8 { try await deliver(number, to: sink) }
      #expect(try numbers(in: "h.db") == Array(4..<8))
    }

    @Test("what is gone is told once, with the batch that begins the new file", arguments: endings)
    func told(endings: [String]) async throws {
      let sink = try open()
      #expect(try await deliver(0, to: sink).losses.isEmpty)
      try move(endings, to: "moved.db")
      let losses = try await deliver(1, to: sink).losses
      #expect(losses.count == 1)
      #expect(losses.first?.contains("the history at '\(folder.file("h.db"))'") == true)
      #expect(losses.first?.contains("begun anew") == true)
      #expect(try await deliver(2, to: sink).losses.isEmpty)
    }

    @Test("moved to another disk, which is a copy: what is not in it yet stays beside the place")
    func copied() async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      try FileManager.default.copyItem(
        atPath: folder.file("h.db"), toPath: folder.file("moved.db"))
      try FileManager.default.removeItem(atPath: folder.file("h.db"))
      for number in 4..<8 { try await deliver(number, to: sink) }
      #expect(try numbers(in: "h.db") == Array(4..<8))
      try FileManager.default.moveItem(
        atPath: folder.file("h.db-wal.left"), toPath: folder.file("moved.db-wal"))
      #expect(try numbers(in: "moved.db") == Array(0..<4))
    }

    @Test("moved while another program reads it, and begun anew: the log stays")
    func keptLog() async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      let log = try Data(contentsOf: URL(filePath: folder.file("h.db-wal")))
      // As a kill leaves it.
      try log.write(to: URL(filePath: folder.file("n.db-wal")))
      let other = try open("n.db")
      try await deliver(4, to: other)
      #expect(try numbers(in: "n.db") == [4])
      #expect(try Data(contentsOf: URL(filePath: folder.file("n.db-wal.left"))) == log)
    }

    @Test("a reader whose file is moved meanwhile goes on in it")
    func readingOn() async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      let reader = try HistoryReader(path: folder.file("h.db"))
      // Another file, with other numbers for the tags.
      let other = try open("other.db")
      for number in [7, 6, 5] { try await deliver(number, to: other) }
      await other.close()
      var values: [Int64] = []
      var isMoved = false
      try reader.read(HistoryQuery(), names: tags) { batch in
        if !isMoved {
          isMoved = true
          try move(["", "-wal", "-shm"], to: "moved.db")
          try FileManager.default.moveItem(
            atPath: folder.file("other.db"), toPath: folder.file("h.db"))
          _ = try reader.tags()
        }
        for sample in batch where tags.name(of: sample.tag) == "pump/flow" {
          if case .int64(let value) = sample.value { values.append(value) }
        }
      }
      #expect(values == [0, 1, 2, 3])
      #expect(try numbers(from: reader) == [5, 6, 7])
    }

    @Test("in the place of one that was moved there is another one: it goes on with that")
    func replaced() async throws {
      let other = try open("other.db")
      try await deliver(0, to: other)
      await other.close()
      let sink = try open()
      for number in 1..<4 { try await deliver(number, to: sink) }
      try move([""], to: "moved.db")
      try FileManager.default.moveItem(
        atPath: folder.file("other.db"), toPath: folder.file("h.db"))
      // It is not begun anew, and what it had is not in the other one.
      let losses = try await deliver(4, to: sink).losses
      #expect(losses.count == 1 && losses.first?.contains("put another history") == true)
      #expect(try numbers(in: "moved.db") == Array(1..<4))
      #expect(try numbers(in: "h.db") == [0, 4])
    }

    @Test("moved before the end: the file that was moved is whole", arguments: endings)
    func movedAtEnd(endings: [String]) async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      try move(endings, to: "moved.db")
      await sink.close()
      #expect(try numbers(in: "moved.db") == Array(0..<4))
      await #expect(throws: SinkError.self) { try await deliver(4, to: sink) }
      #expect(!FileManager.default.fileExists(atPath: folder.file("h.db")))
    }

    @Test("a damaged file that was put aside stops nothing any more", arguments: endings)
    func damaged(endings: [String]) async throws {
      var sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      await sink.close()
      // All but the page that says what it is and which tables there are.
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: folder.file("h.db"))))
      for index in bytes.indices.dropFirst(4096) { bytes[index] = 0xFF }
      try Data(bytes).write(to: URL(filePath: folder.file("h.db")))
      sink = try open()
      for _ in 0..<2 {
        let error = await #expect(throws: SinkError.self) { try await deliver(4, to: sink) }
        #expect(error?.code == .foreignContent)
        #expect(error?.advice.contains("put the damaged file aside") == true)
      }
      try move(endings, to: "aside.db")
      for number in 4..<8 { try await deliver(number, to: sink) }
      #expect(try numbers(in: "h.db") == Array(4..<8))
    }

    @Test("without a folder it fails, and goes on when there is one again")
    func noFolder() async throws {
      let place = folder.file("logs")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      let sink = try open("logs/h.db")
      try await deliver(0, to: sink)
      try FileManager.default.moveItem(atPath: place, toPath: folder.file("old"))
      for _ in 0..<2 {
        let error = await #expect(throws: SinkError.self) { try await deliver(1, to: sink) }
        #expect(error?.code == .notFound)
      }
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      // Not before there is a new file.
      #expect(try await deliver(1, to: sink).losses.count == 1)
      #expect(try numbers(in: "old/h.db") == [0])
      #expect(try numbers(in: "logs/h.db") == [1])
    }

    @Test("behind a link too", arguments: endings)
    func linked(endings: [String]) async throws {
      try FileManager.default.createDirectory(
        atPath: folder.file("disk"), withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("h.db"), withDestinationPath: folder.file("disk/real.db"))
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      for ending in endings {
        try FileManager.default.moveItem(
          atPath: folder.file("disk/real.db\(ending)"),
          toPath: folder.file("disk/moved.db\(ending)"))
      }
      for number in 4..<8 { try await deliver(number, to: sink) }
      #expect(try numbers(in: "disk/moved.db") == Array(0..<4))
      #expect(try numbers(in: "disk/real.db") == Array(4..<8))
    }

    @Test(
      "who reads it stays with the file that was moved until there is a new one", arguments: endings
    )
    func reading(endings: [String]) async throws {
      let sink = try open()
      for number in 0..<4 { try await deliver(number, to: sink) }
      let reader = try HistoryReader(path: folder.file("h.db"))
      let tag = try #require(try reader.tags().first { $0.name == "pump/flow" })
      #expect(try numbers(from: reader) == Array(0..<4))
      try move(endings, to: "moved.db")
      #expect(try numbers(from: reader) == Array(0..<4))
      try await deliver(4, to: sink)
      // What was begun with the tags of the one is read from that one.
      #expect(try reader.statistics(of: tag, from: time(0), to: time(100)).count == 4)
      #expect(try numbers(from: reader) == [4])
      try await deliver(5, to: sink)
      #expect(try numbers(from: reader) == [4, 5])
      #expect(try numbers(in: "moved.db") == Array(0..<4))
    }

    // MARK: -

    private func open(_ name: String = "h.db") throws -> HistorySink {
      try HistorySink(HistoryOptions(path: folder.file(name)), tags: tags)
    }

    private func move(_ endings: [String], to name: String) throws {
      for ending in endings {
        try FileManager.default.moveItem(
          atPath: folder.file("h.db\(ending)"), toPath: folder.file("\(name)\(ending)"))
      }
    }

    /// Each from a tag that had none before, beside one that all have.
    @discardableResult
    private func deliver(_ number: Int, to sink: HistorySink) async throws -> DeliveryReport {
      try await sink.deliver(
        SampleBatch(
          ["pump/flow", "pump/\(9 - number)"].map { name in
            Sample(
              tag: tags.intern(name), value: .int64(Int64(number)), gatewayTime: time(number),
              sequence: UInt64(number))
          }))
    }

    /// The values of the tag that all have; the others have the same ones.
    private func numbers(in name: String) throws -> [Int] {
      try numbers(from: HistoryReader(path: folder.file(name)))
    }

    private func numbers(from reader: HistoryReader) throws -> [Int] {
      var values: [String: [Int64]] = [:]
      try reader.read(HistoryQuery(), names: tags) { batch in
        for sample in batch {
          guard case .int64(let value) = sample.value else { continue }
          let name = tags.name(of: sample.tag)
          values[name == "pump/flow" ? "all" : "each", default: []].append(value)
          #expect(name == "pump/flow" || name == "pump/\(9 - value)")
        }
      }
      #expect(values["all"] == values["each"])
      return (values["all"] ?? []).map { Int($0) }
    }

    /// So many seconds after the start of 2026.
    private func time(_ seconds: Int) -> Timestamp {
      Timestamp(nanoseconds: (1_767_225_600 + Int64(seconds)) * 1_000_000_000)
    }
  }
#endif
