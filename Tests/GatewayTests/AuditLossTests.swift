import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite(
  "An audit trail that others move, delete or change goes on, and says so",
  .timeLimit(.minutes(15)))
struct AuditLossTests {
  let folder: TemporaryFolder
  let key = Array("0123456789abcdef".utf8)
  let events = Events()

  init() throws { folder = try TemporaryFolder() }

  final class Events: Sendable {
    private let list = Mutex<[GatewayEvent]>([])

    var all: [GatewayEvent] { list.withLock { $0 } }
    func add(_ event: GatewayEvent) { list.withLock { $0.append(event) } }
  }

  private func open() throws -> AuditTrail.Opening {
    try AuditTrail.open(
      folder.file("trail"), anchor: folder.file("anchor"), key: key,
      report: { [events] in events.add($0) })
  }

  @discardableResult
  private func append(_ count: Int, to trail: AuditTrail) async throws -> AuditHead {
    var head: AuditHead?
    for number in 0..<count {
      head = try await trail.append(
        AuditEntry(.reload, of: "configuration", by: "anna (uid \(number))", after: "x"))
    }
    return try #require(head)
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(filePath: folder.file(name))))
  }

  private func what(_ name: String) throws -> [String] {
    struct Line: Decodable { var what: String }
    return try folder.text(of: name).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).what
    }
  }

  private var anchor: AuditHead {
    get throws {
      try #require(AuditHead(folder.text(of: "anchor").trimmingCharacters(in: .newlines)))
    }
  }

  @Test("moved: the new file says behind which entry it goes on, and both together are whole")
  func moved() async throws {
    let trail = try open().trail
    let before = try await append(3, to: trail)
    try FileManager.default.moveItem(atPath: folder.file("trail"), toPath: folder.file("old"))
    let head = try await append(2, to: trail)
    #expect(head.number == 6)
    #expect(try what("old") == ["reload", "reload", "reload"])
    #expect(try what("trail") == ["resume", "reload", "reload"])
    #expect(events.all.map(\.level) == [.error])
    #expect(events.all.first?.message.contains("'\(folder.file("trail"))'") == true)

    let heads = [before, head, try anchor]
    // Alone it is not whole, and nothing was cut off.
    let check = AuditCheck(try bytes("trail"), key: key, anchors: heads)
    #expect(check.findings.map(\.line) == [1])
    #expect(check.findings.first?.message.contains("entry 4 goes on behind a file") == true)
    #expect(check.findings.first?.message.contains("\(before)") == true)
    #expect(check.entries == 3 && check.head == head)
    let whole = AuditCheck(try bytes("old") + bytes("trail"), key: key, anchors: heads)
    #expect(whole.findings.isEmpty && whole.entries == 6)
    // What is cut off is told as ever, before and behind the place.
    let lines = try bytes("trail").split(separator: UInt8(ascii: "\n")).map { Array($0) + [10] }
    #expect(
      AuditCheck(lines[0] + lines[1], key: key, anchors: heads).findings.map(\.message).last
        == "what came up to entry 6 was cut off")
    let short = try bytes("old").split(separator: UInt8(ascii: "\n")).dropLast()
    let parts = try short.map { Array($0) + [10] } + [bytes("trail")]
    let gap = AuditCheck(Array(parts.joined()), key: key, anchors: heads)
    #expect(gap.findings.map(\.line) == [3])
    #expect(gap.doubts.count == 1)
  }

  @Test("the next start has no doubt of it, also when it comes right behind that")
  func startsAgain() async throws {
    let trail = try open().trail
    let before = try await append(3, to: trail)
    try FileManager.default.moveItem(atPath: folder.file("trail"), toPath: folder.file("old"))
    let head = try await append(1, to: trail)
    let opening = try open()
    #expect(opening.findings.isEmpty && opening.unfinished == 0)
    #expect(try await append(1, to: opening.trail).number == head.number + 1)
    // A kill between the new file and the anchor; an earlier version wrote one line.
    for first in ["first 1\n", ""] {
      try folder.write("\(before)\n\(first)", to: "anchor")
      #expect(try open().findings.isEmpty)
    }
    // Nobody takes the anchor away unseen.
    try FileManager.default.removeItem(atPath: folder.file("anchor"))
    #expect(try open().findings.count == 1)
    // It goes on behind the second file as behind the first.
    let again = try open().trail
    try FileManager.default.moveItem(atPath: folder.file("trail"), toPath: folder.file("later"))
    let last = try await append(1, to: again)
    let all = try bytes("old") + bytes("later") + bytes("trail")
    let check = AuditCheck(all, key: key, anchors: [before, head, last])
    #expect(check.findings.isEmpty && check.head == last)
    // Who puts the one before in front of it takes nothing away.
    let both = try folder.text(of: "later") + folder.text(of: "trail")
    try folder.write(both, to: "trail")
    #expect(try open().findings.isEmpty)
  }

  @Test("deleted, or emptied in its place: what is gone stays visible", arguments: [true, false])
  func deleted(isEmptied: Bool) async throws {
    let trail = try open().trail
    let before = try await append(3, to: trail)
    if isEmptied {
      truncate(folder.file("trail"), 0)
    } else {
      try FileManager.default.removeItem(atPath: folder.file("trail"))
    }
    let head = try await append(1, to: trail)
    #expect(try what("trail") == ["resume", "reload"])
    #expect(events.all.map(\.level) == [.error])
    let check = AuditCheck(try bytes("trail"), key: key, anchors: [before, head])
    #expect(check.findings.map(\.line) == [1])
    // Without the line that says it, the others do not hold.
    let rest = try bytes("trail").split(separator: UInt8(ascii: "\n"))[1]
    #expect(AuditCheck(Array(rest) + [10], key: key, anchors: [head]).doubts.count == 1)
    // Who has not the key writes none that holds.
    let forged = try AuditTrail.open(
      folder.file("forged"), anchor: folder.file("none"), key: Array("another".utf8)
    ).trail
    _ = try await forged.append(
      AuditEntry(.resume, of: AuditLine.trail, by: "eve", before: "\(before)"))
    #expect(AuditCheck(try bytes("forged"), key: key, anchors: [before]).doubts.count == 2)
  }

  @Test("another file in its place is looked at as at a start")
  func replaced() async throws {
    let trail = try open().trail
    try await append(3, to: trail)
    // The same again, as an editor leaves it.
    let whole = try bytes("trail")
    try Data(whole).write(to: URL(filePath: folder.file("copy")))
    rename(folder.file("copy"), folder.file("trail"))
    try await append(1, to: trail)
    #expect(events.all.map(\.level) == [.warning])
    #expect(AuditCheck(try bytes("trail"), key: key, anchors: [try anchor]).findings.isEmpty)
    // An edit.
    let text = try folder.text(of: "trail").replacing("uid 1", with: "uid 7")
    try folder.write(text, to: "copy")
    rename(folder.file("copy"), folder.file("trail"))
    try await append(1, to: trail)
    #expect(events.all.map(\.level) == [.warning, .error])
    #expect(try what("trail").suffix(2) == ["doubt", "reload"])
    // A line that others wrote to it.
    try folder.write(folder.text(of: "trail") + "mine\n", to: "trail")
    try await append(1, to: trail)
    #expect(events.all.map(\.level) == [.warning, .error, .error])
    let check = AuditCheck(try bytes("trail"), key: key, anchors: [try anchor])
    // What was changed, and what tells of it.
    #expect(check.findings.map(\.line) == [2, 5, 7, 8])
  }

  @Test(
    "cut, or put back as it was before: what is gone stays visible",
    arguments: [(5, false), (1, false), (3, true)])
  func cut(lines count: Int, isRenamed: Bool) async throws {
    let trail = try open().trail
    let before = try await append(6, to: trail)
    let lines = try folder.text(of: "trail").split(separator: "\n").prefix(count)
    let rest = lines.map { "\($0)\n" }.joined()
    if isRenamed {
      try folder.write(rest, to: "copy")
      rename(folder.file("copy"), folder.file("trail"))
    } else {
      // In its place.
      truncate(folder.file("trail"), off_t(rest.utf8.count))
    }
    let head = try await append(2, to: trail)
    #expect(head.number == 9 && events.all.map(\.level) == [.error])
    for anchors in [[], [head], [before, head]] {
      let check = AuditCheck(try bytes("trail"), key: key, anchors: anchors)
      #expect(check.findings.map(\.line) == [count + 1], "\(check.findings)")
      #expect(check.doubts.count == 1)
    }
    // The next start tells it again, and that is seen too.
    let opening = try open()
    #expect(opening.findings.count == 1)
  }

  /// A trail whose second line is a `resume`, because others cut it while a gateway ran. Its anchor says where the file began.
  private func cutBeforeResume() async throws -> (trail: AuditTrail, head: AuditHead) {
    let trail = try open().trail
    try await append(6, to: trail)
    let line = try #require(folder.text(of: "trail").split(separator: "\n").first)
    truncate(folder.file("trail"), off_t(line.utf8.count + 1))
    let head = try await append(2, to: trail)
    #expect(try what("trail") == ["reload", "resume", "reload", "reload"])
    #expect(try folder.text(of: "anchor") == "\(head)\nfirst 1\n")
    // And now all before the `resume`.
    let rest = try folder.text(of: "trail").split(separator: "\n").dropFirst()
    try folder.write(rest.map { "\($0)\n" }.joined(), to: "copy")
    rename(folder.file("copy"), folder.file("trail"))
    return (trail, head)
  }

  @Test("what stood before a resume is cut while no gateway runs: the next start doubts it, once")
  func cutBeforeStart() async throws {
    let (_, head) = try await cutBeforeResume()
    let message = "the file began with entry 1: what stood in it before entry 7 was cut off"
    let opening = try open()
    #expect(opening.findings.map(\.description) == ["line 1: \(message)"])
    try folder.write(String(decoding: key, as: UTF8.self), to: "key")
    let check = try AuditCheck(
      contentsOf: folder.file("trail"), keyFile: folder.file("key"),
      anchorFile: folder.file("anchor"))
    #expect(check.findings.count == 2 && check.findings.last?.message == message)
    // Where an earlier version anchored it, nothing is known of that.
    try folder.write("\(head)\n", to: "anchor")
    #expect(try open().findings.isEmpty)
    let last = try await append(1, to: opening.trail)
    #expect(try folder.text(of: "anchor") == "\(last)\nfirst 7\n")
    #expect(try open().findings.isEmpty)
  }

  @Test("what stood before a resume is cut while a gateway runs: the next entry is a doubt")
  func cutBeforeEntry() async throws {
    let (trail, _) = try await cutBeforeResume()
    try await append(1, to: trail)
    #expect(try what("trail") == ["resume", "reload", "reload", "doubt", "reload"])
    #expect(events.all.map(\.level) == [.error, .error])
    #expect(events.all.last?.message.contains("before entry 7 was cut off") == true)
    // Told, and anchored as it is now.
    #expect(try open().findings.isEmpty)
  }

  @Test("an anchor of one line is read, and what later versions may add is passed over")
  func anchorFiles() async throws {
    let head = try await append(2, to: open().trail)
    let files: [(text: String, first: UInt64?)] = [
      ("\(head)", nil), ("\(head)\n", nil), ("\(head)\nfirst 3\n", 3),
      ("\(head)\nmore\nfirst 3\nmore\n", 3), ("\(head)\nfirst x\n", nil),
    ]
    for (text, first) in files {
      #expect(AuditAnchor(file: Array(text.utf8)) == AuditAnchor(head: head, first: first))
    }
    #expect(AuditAnchor(file: Array("first 3\n\(head)\n".utf8)) == nil)
    // As `--head` takes it, from a script that reads it out of the file.
    #expect(try AuditHead(folder.text(of: "anchor")) == head)
  }

  @Test("without a folder nothing is written, and it goes on when there is one again")
  func noFolder() async throws {
    let place = folder.file("logs")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let trail = try AuditTrail.open(
      "\(place)/trail", anchor: folder.file("anchor"), key: key,
      report: { [events] in events.add($0) }
    ).trail
    let before = try await append(2, to: trail)
    try FileManager.default.moveItem(atPath: place, toPath: folder.file("old"))
    await #expect(throws: (any Error).self) { try await append(1, to: trail) }
    #expect(try anchor == before)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let head = try await append(1, to: trail)
    #expect(events.all.map(\.level) == [.error])
    let whole = AuditCheck(try bytes("old/trail") + bytes("logs/trail"), key: key, anchors: [head])
    #expect(whole.findings.isEmpty && whole.entries == 4)
  }

  #if Gateway
    @Test("a running gateway tells it with the next entry")
    func running() async throws {
      let configuration = GatewayConfiguration.simulated(in: folder, tags: [.init(name: "s")])
      let gateway = try await GatewayRuntime(configuration, events: { [events] in events.add($0) })
      try await run(gateway) { gateway in
        guard gateway.status.stored > 0 else { return false }
        try FileManager.default.moveItem(
          atPath: folder.file("data/audit.jsonl"), toPath: folder.file("old.jsonl"))
        return true
      }
      #expect(try what("old.jsonl") == ["start"])
      #expect(try what("data/audit.jsonl") == ["resume", "stop"])
      #expect(events.all.contains { $0.level == .error && $0.source == "audit" })
      let check = try AuditCheck(contentsOf: folder.file("data/audit.jsonl"))
      #expect(check.findings.map(\.line) == [1] && check.isAnchored)
      let again = try await GatewayRuntime(configuration)
      try await run(again) { $0.status.stored > 0 }
      #expect(try what("data/audit.jsonl") == ["resume", "stop", "start", "stop"])
    }
  #endif
}
