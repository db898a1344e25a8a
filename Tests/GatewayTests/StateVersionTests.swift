#if Gateway
  import Formula
  import Foundation
  import IndustrialModel
  import StoreForward
  import TestSupport
  import Testing

  @testable import Gateway

  /// What a version leaves in its data folder, the next one opens; what a newer one leaves, it refuses untouched.
  @Suite("The state of a version", .timeLimit(.minutes(15)))
  struct StateVersionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let fixture = URL(filePath: #filePath)
      .appending(path: "../../Fixtures/gateway/state-v1").standardized

    /// The fixture was made with this; without a source, so that nothing is added to what it has.
    private func configuration() -> GatewayConfiguration {
      var configuration = GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"), buses: [], devices: [],
        buffer: .init(capacity: 1 << 18, segment: 1 << 16),
        sinks: [
          .init(name: "all", kind: .file(path: folder.file("all.jsonl"), format: .jsonl)),
          .init(name: "late", kind: .file(path: folder.file("late.jsonl"), format: .jsonl)),
        ])
      configuration.journal = JournalOptions(capacity: JournalOptions.smallestCapacity)
      return configuration
    }

    /// The files of a state are kept packed: most of them are zeros.
    private func unpack() async throws {
      let made = try await Tool(
        "/usr/bin/env",
        ["tar", "-xzf", Self.fixture.appending(path: "data.tar.gz").path, "-C", folder.path])
      try #require(made.status == 0, "\(made.errors)")
    }

    @Test("version 1 opens: buffer, places of the sinks, ledger, memory of formulas, journal")
    func version1() async throws {
      try await unpack()
      let before = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(before.discrepancies == [])
      #expect(before.sinks.map(\.name) == ["all", "late"])
      #expect(before.counts(\.stored) == ["sim/a": 6, "sim/b": 6, "f/total": 6])
      #expect(before.sink("all")?.counts(\.delivered) == before.counts(\.stored))
      #expect(before.sink("late")?.counts(\.waiting) == before.counts(\.stored))
      var replay = try JournalReplay(folder: folder.file("data/journal"))
      var replayed = 0
      while let batch = try replay.next() { replayed += batch.count }
      #expect(replayed == 18)
      let events = EventLog()
      let gateway = try await GatewayRuntime(configuration(), events: events.add)
      #expect(gateway.memory.newestTime > 0)
      try await gateway.run(grace: .seconds(600))
      // A disk may be busy with other tests.
      let wrong = events.all.filter {
        $0.level != .info && !$0.message.contains("has not answered")
      }
      #expect(wrong.isEmpty, "\(wrong)")
      let after = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(after.discrepancies == [] && after.counts(\.stored) == before.counts(\.stored))
      #expect(after.sink("late")?.counts(\.delivered) == before.counts(\.stored))
      let late = try IndependentCounts.inLines(of: folder.file("late.jsonl"))
      #expect(Set(late.keys) == Set(1...18))
      // What `all` had does not go there again.
      #expect(try IndependentCounts.inLines(of: folder.file("all.jsonl")).isEmpty)
    }

    /// A file of a state, and how a newer version would mark it.
    struct Change: Sendable, CustomTestStringConvertible {
      var file: String
      var named: String
      var edit: @Sendable (inout [UInt8]) -> Void
      var testDescription: String { file }
    }

    static let changes = [
      Change(file: "buffer/seg-0000", named: "buffer/seg-0000") { bytes in
        bytes[8] = 2
        replace(crc32c(bytes[8..<512]), at: 4, in: &bytes)
      },
      Change(file: "buffer/cursors", named: "buffer/cursors") { slots(&$0) },
      Change(file: "buffer/ledger", named: "buffer/ledger") { slots(&$0) },
      Change(file: "journal/seg-0000", named: "journal/seg-0000") { bytes in
        bytes[8] = 2
        replace(crc32c(bytes[8..<512]), at: 4, in: &bytes)
      },
      Change(file: "ledger.0", named: "ledger.0") { ledger(&$0) },
      Change(file: "ledger.1", named: "ledger.1") { ledger(&$0) },
      Change(file: "formulas.memory", named: "formulas.memory") { bytes in
        bytes[7] = UInt8(ascii: "2")
        let check = StateBytes.hash(Array(bytes.dropLast(8)))
        withUnsafeBytes(of: check.littleEndian) {
          bytes.replaceSubrange((bytes.count - 8)..., with: $0)
        }
      },
      Change(file: "configurations/1.yaml", named: "configurations/1.yaml") { bytes in
        bytes = Array(
          String(decoding: bytes, as: UTF8.self).replacing("iiot/1", with: "iiot/2").utf8)
      },
    ]

    @Test(
      "a newer file is refused by name, and no byte of the folder is changed", arguments: changes)
    func newer(change: Change) async throws {
      try await unpack()
      let path = folder.file("data/\(change.file)")
      guard FileManager.default.fileExists(atPath: path) else {
        // One of the two files of the ledger may not have had its turn.
        try #require(change.file.hasPrefix("ledger.") || change.file == "buffer/ledger")
        return
      }
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      change.edit(&bytes)
      try Data(bytes).write(to: URL(filePath: path))
      try await refuses(naming: change.named)
    }

    @Test(
      "records of a newer version are refused: samples, accounts, the journal's", arguments: 0..<3)
    func newerRecords(which: Int) async throws {
      try await unpack()
      let place = which == 2 ? "journal" : "buffer"
      do {
        let store = try BlockingRingStore(directory: folder.file("data/\(place)"))
        var records = RecordBatch()
        switch which {
        case 0: try records.append([SampleCodec.version + 1, 0, 0], time: 1)
        case 1:
          var block: [UInt8] = []
          SampleCodec.encode(SampleBatch(), names: [], into: &block)
          var payload: [UInt8] = []
          SampleCodec.append(block, remark: [Remark.version + 1, 1, 2, 3], to: &payload)
          try records.append(payload, time: 1)
        default: try records.append([JournalCodec.mark, JournalCodec.version + 1, 0, 1], time: 1)
        }
        _ = try store.append(records)
        try store.close()
      }
      try await refuses(naming: place)
    }

    private func refuses(naming name: String) async throws {
      let before = try contents()
      let error = await #expect(throws: StoreError.self) {
        _ = try await GatewayRuntime(configuration())
      }
      #expect(error?.code == .newerFormat)
      #expect(error?.path == folder.file("data/\(name)"))
      #expect(error?.advice.isEmpty == false)
      #expect(try contents() == before)
    }

    private func contents() throws -> [String: Data] {
      let root = URL(filePath: folder.file("data"))
      var files: [String: Data] = [:]
      for case let file as URL in FileManager.default.enumerator(
        at: root, includingPropertiesForKeys: [.isRegularFileKey]) ?? .init()
      where try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
        files[file.path] = try Data(contentsOf: file)
      }
      return files
    }

    /// Makes the fixture anew, of the version that is built: IIOT_UPDATE_GOLDEN=1.
    @Test(
      "the fixture, written by this version",
      .enabled(
        if: ProcessInfo.processInfo.environment["IIOT_UPDATE_GOLDEN"] == "1",
        "IIOT_UPDATE_GOLDEN writes it"))
    func write() async throws {
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g, data: data}
        buffer: {capacity: 256KiB, segment: 64KiB}
        journal: {capacity: 1MiB}
        buses: {sim: {driver: simulator}}
        devices: {sim: {bus: sim, every: 1h, tags: {a: {shape: ramp}, b: {shape: ramp}}}}
        formulas: {f/total: {expression: "integral({sim/a})"}}
        sinks:
          all: {type: file, path: all.jsonl, format: jsonl}
          late: {type: file, path: /dev/full, format: jsonl}
        """, to: "gateway.yaml")
      for _ in 0..<6 {
        let process = try GatewayTool.run(in: folder, ["--for", "500ms"])
        #expect(try await process.ended() == 0)
      }
      // What tells of the machine that made it has no place in a fixture.
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.file("data"))
      where name.hasPrefix("audit") || name == "gateway.pid" {
        try FileManager.default.removeItem(atPath: folder.file("data/\(name)"))
      }
      try FileManager.default.createDirectory(at: Self.fixture, withIntermediateDirectories: true)
      let packed = try await Tool(
        "/usr/bin/env",
        [
          "tar", "-czf", Self.fixture.appending(path: "data.tar.gz").path, "--owner=0", "--group=0",
          "-C", folder.path, "data",
        ])
      #expect(packed.status == 0, "\(packed.errors)")
    }

    // MARK: Versions in files, as their formats say it

    private static func slots(_ bytes: inout [UInt8]) {
      for start in stride(from: 0, to: bytes.count, by: 4096)
      where bytes[start...].starts(with: Array("SFRS".utf8)) {
        let length = bytes[(start + 8)..<(start + 12)].reversed().reduce(0) { $0 << 8 | Int($1) }
        bytes[start + 12] = 2
        replace(crc32c(bytes[(start + 8)..<(start + length)]), at: start + 4, in: &bytes)
      }
    }

    private static func ledger(_ bytes: inout [UInt8]) {
      bytes[8] = 2
      bytes[bytes.count / 2 + 8] = 2
    }

    private static func replace(_ number: UInt32, at place: Int, in bytes: inout [UInt8]) {
      for index in 0..<4 { bytes[place + index] = UInt8(number >> (8 * index) & 0xFF) }
    }

    /// Bit by bit, as docs/storeforward-format.md says it; no code of the store.
    private static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      var crc = UInt32.max
      for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      }
      return ~crc
    }
  }
#endif
