#if Gateway
  import Foundation
  import IndustrialModel
  import Synchronization
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("A gateway writes down who did what to it", .timeLimit(.minutes(15)))
  struct GatewayAuditTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func yaml(every: String = "1ms", more: String = "") -> String {
      """
      schema: iiot/1
      gateway: {id: g, data: \(folder.file("data"))}
      buses: {made-up: {driver: simulator}}
      devices:
        sim:
          bus: made-up
          every: \(every)
          tags: {s: {shape: walk}}
      sinks: {out: {type: file, path: \(folder.file("out.jsonl")), format: jsonl}}
      \(more)
      """
    }

    private struct Line: Decodable {
      var n: Int
      var who: String
      var what: String
      var of: String
      var before: String?
      var after: String?
    }

    private func lines() throws -> [Line] {
      try String(contentsOf: URL(filePath: folder.file("data/audit.jsonl")), encoding: .utf8)
        .split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test(
      "start, reload, refusal and stop, with what was before and after; samples carry the version")
    func wholeLife() async throws {
      let path = folder.file("gateway.yaml")
      try yaml().write(toFile: path, atomically: true, encoding: .utf8)
      let heads = Mutex<[AuditHead]>([])
      let gateway = try await GatewayRuntime(GatewayConfiguration(contentsOf: path)) { event in
        guard event.source == "audit", let text = event.message.split(separator: " ").last,
          let head = AuditHead(String(text))
        else { return }
        heads.withLock { $0.append(head) }
      }
      #expect(gateway.configurationVersion.number == 1)
      var reloads = 0
      try await run(gateway) { gateway in
        guard gateway.latest.first?.configurationVersion == UInt32(reloads + 1) else {
          return false
        }
        reloads += 1
        switch reloads {
        case 1:
          try yaml(every: "2ms").write(toFile: path, atomically: true, encoding: .utf8)
          try await gateway.reload(contentsOf: path, by: "anna (uid 1000)")
        case 2:
          try yaml(more: "sinkz: {}").write(toFile: path, atomically: true, encoding: .utf8)
          await #expect(throws: ConfigurationError.self) {
            try await gateway.reload(contentsOf: path, by: "ben (uid 1001)")
          }
          #expect(gateway.configurationVersion.number == 2)
          try yaml(every: "2ms", more: "# said").write(
            toFile: path, atomically: true, encoding: .utf8)
          try await gateway.reload(contentsOf: path)
          // The same again is no change.
          try await gateway.reload(contentsOf: path)
        default: return true
        }
        return false
      }
      let lines = try lines()
      #expect(lines.map(\.what) == ["start", "reload", "refuse", "reload", "stop"])
      #expect(lines[1].who == "anna (uid 1000)" && lines[2].who == "ben (uid 1001)")
      #expect(lines[0].who == LocalUser.current)
      #expect(lines[1].before?.hasSuffix("\n7:     every: 1ms") == true, "\(lines[1])")
      #expect(lines[1].after?.hasSuffix("\n7:     every: 2ms") == true, "\(lines[1])")
      #expect(lines[1].before?.hasPrefix("version 1 (sha256 ") == true)
      #expect(lines[2].after?.contains("did you mean 'sinks'") == true, "\(lines[2])")
      #expect(lines[3].after?.hasSuffix("# said") == true)
      #expect(lines[4].before?.hasPrefix("version 3 ") == true)
      let sums = try await Tool(
        "/usr/bin/sha256sum", (1...3).map { folder.file("data/configurations/\($0).yaml") }
      ).output.split(separator: "\n").map { String($0.prefix(64)) }
      #expect(lines[1].before?.contains(sums[0]) == true)
      #expect(lines[1].after?.contains(sums[1]) == true)
      #expect(lines[4].before?.contains(sums[2]) == true)

      let check = try AuditCheck(contentsOf: folder.file("data/audit.jsonl"))
      #expect(check.findings.isEmpty && check.entries == 5 && check.isAnchored)
      #expect(heads.withLock { $0.count } == 5 && heads.withLock { $0.last } == check.head)

      // A restart with the same file is the same version, and goes on with the trail.
      let again = try await GatewayRuntime(GatewayConfiguration(contentsOf: path))
      #expect(again.configurationVersion == gateway.configurationVersion)
      try await run(again) { $0.status.stored > 0 }
      #expect(try AuditCheck(contentsOf: folder.file("data/audit.jsonl")).entries == 7)
    }

    @Test("an edit is told when the gateway starts, and stands in the trail from then on")
    func edited() async throws {
      let path = folder.file("data/audit.jsonl")
      for _ in 0..<2 {
        let gateway = try await GatewayRuntime(GatewayConfiguration(yaml: yaml()))
        try await run(gateway) { $0.status.stored > 0 }
      }
      try folder.text(of: "data/audit.jsonl").replacing("gateway g", with: "gateway h")
        .write(toFile: path, atomically: true, encoding: .utf8)
      let events = Mutex<[GatewayEvent]>([])
      let gateway = try await GatewayRuntime(GatewayConfiguration(yaml: yaml())) { event in
        events.withLock { $0.append(event) }
      }
      try await run(gateway) { $0.status.stored > 0 }
      #expect(
        events.withLock { $0.contains { $0.level == .error && $0.source == "audit" } })
      #expect(try lines().map(\.what).contains("doubt"))
      // The lines, and the one that tells of them.
      #expect(try AuditCheck(contentsOf: path).findings.count == 5)
    }

    @Test("a trail that can't be written to is told, and the gateway works")
    func noTrail() async throws {
      var configuration = try GatewayConfiguration(yaml: yaml())
      configuration.audit.file = folder.file("nowhere/audit.jsonl")
      let events = Mutex<[GatewayEvent]>([])
      let gateway = try await GatewayRuntime(configuration) { event in
        events.withLock { $0.append(event) }
      }
      try await run(gateway) { $0.status.stored > 0 }
      #expect(
        events.withLock { $0.filter { $0.level == .error && $0.source == "audit" }.count } == 1)
    }

    @Test("a key of the configuration, a trail and an anchor elsewhere")
    func elsewhere() async throws {
      try "a key\n".write(toFile: folder.file("key"), atomically: true, encoding: .utf8)
      let text = yaml().replacing(
        "id: g,",
        with: "id: g, audit: {file: \(folder.file("trail")), anchor: \(folder.file("head")), "
          + "key: \"${file:\(folder.file("key"))}\"},")
      let gateway = try await GatewayRuntime(GatewayConfiguration(yaml: text))
      try await run(gateway) { $0.status.stored > 0 }
      let check = try AuditCheck(
        contentsOf: folder.file("trail"), keyFile: folder.file("key"),
        anchorFile: folder.file("head"))
      #expect(check.findings.isEmpty && check.entries == 2 && check.isAnchored)
      #expect(!FileManager.default.fileExists(atPath: folder.file("data/audit.key")))
    }

    /// Keys with line ends within them, and one that is no text.
    static let keys: [[UInt8]] = [
      Array("a key\r\nof two lines\n".utf8), [0x80, 0x0A, 0xFF, 0x41, 0x0D, 0xC3, 0x00, 0x0A],
    ]

    @Test("any bytes are a key, and their file verifies the trail", arguments: keys)
    func anyKey(bytes: [UInt8]) async throws {
      let check = try await checked(withKey: bytes)
      #expect(check.findings.isEmpty && check.entries == 2 && check.isAnchored)
    }

    @Test("what was signed before with the text of such a key still holds", arguments: keys)
    func earlierKey(bytes: [UInt8]) async throws {
      try FileManager.default.createDirectory(
        atPath: folder.file("data"), withIntermediateDirectories: true)
      var text = String(decoding: bytes, as: UTF8.self)
      while text.last?.isNewline == true { text.removeLast() }
      let before = try AuditTrail.open(
        folder.file("data/audit.jsonl"), anchor: folder.file("data/audit.head"),
        key: Array(text.utf8))
      for _ in 0..<2 { _ = try await before.trail.append(AuditEntry(.start, of: "g", by: "anna")) }
      let check = try await checked(withKey: bytes)
      #expect(check.findings.isEmpty && check.entries == 4)
      #expect(try lines().map(\.what) == ["start", "start", "start", "stop"])
      // Another key has signed none of it.
      try Data("another key".utf8).write(to: URL(filePath: folder.file("key")))
      let other = try AuditCheck(
        contentsOf: folder.file("data/audit.jsonl"), keyFile: folder.file("key"))
      #expect(other.findings.count == 4)
    }

    /// Starts and ends a gateway whose key is in a file of its own, and checks its trail.
    private func checked(withKey bytes: [UInt8]) async throws -> AuditCheck {
      try Data(bytes).write(to: URL(filePath: folder.file("key")))
      let text = yaml().replacing(
        "id: g,", with: "id: g, audit: {key: \"${file:\(folder.file("key"))}\"},")
      let gateway = try await GatewayRuntime(GatewayConfiguration(yaml: text))
      try await run(gateway) { $0.status.stored > 0 }
      return try AuditCheck(
        contentsOf: folder.file("data/audit.jsonl"), keyFile: folder.file("key"))
    }

    @Test("a line ends where its feed is, whatever editor wrote it", arguments: ["\n", "\r\n"])
    func lineEnds(end: String) {
      let old = ["schema: iiot/1", "every: 1s", "unit: 1"].joined(separator: end)
      let changes = LineChanges(from: old, to: old.replacing("1s", with: "2s"))
      #expect(changes.removed.map { $0.filter { !$0.isNewline } } == ["2: every: 1s"])
      #expect(changes.added.count == 1)
    }

    @Test("the lines that differ, as another program finds them", arguments: 0..<40)
    func changes(seed: UInt64) async throws {
      var generator = SeededGenerator(seed: seed)
      func text() -> [String] {
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in
          String(Int.random(in: 0...3, using: &generator))
        }
      }
      let (old, new) = (text(), text())
      let changes = LineChanges(
        from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
      for (name, lines) in [("old", old), ("new", new)] {
        try lines.map { $0 + "\n" }.joined().write(
          toFile: folder.file(name), atomically: true, encoding: .utf8)
      }
      let diff = try await Tool(
        "/usr/bin/env",
        ["diff", "--minimal", folder.file("old"), folder.file("new")]
      ).output.split(separator: "\n")
      // Which of several equal lines differ is a choice; how many do is not. An empty text has one empty line here.
      if !old.isEmpty, !new.isEmpty {
        #expect(changes.removed.count == diff.count { $0.hasPrefix("<") }, "seed \(seed)")
        #expect(changes.added.count == diff.count { $0.hasPrefix(">") }, "seed \(seed)")
      }
      let removed = Set(changes.removed.compactMap { Int($0.prefix { $0 != ":" }) })
      let added = Set(changes.added.compactMap { Int($0.prefix { $0 != ":" }) })
      let (left, right) = (old.isEmpty ? [""] : old, new.isEmpty ? [""] : new)
      #expect(
        left.indices.filter { !removed.contains($0 + 1) }.map { left[$0] }
          == right.indices.filter { !added.contains($0 + 1) }.map { right[$0] })
    }
  }
#endif
