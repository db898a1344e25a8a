import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite("The audit trail shows every edit", .timeLimit(.minutes(15)))
struct AuditTests {
  let folder: TemporaryFolder
  let key = Array("0123456789abcdef".utf8)

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> AuditTrail.Opening {
    try AuditTrail.open(folder.file("trail"), anchor: folder.file("anchor"), key: key)
  }

  private var bytes: [UInt8] {
    get throws { try [UInt8](Data(contentsOf: URL(filePath: folder.file("trail")))) }
  }

  private var anchor: AuditHead {
    get throws {
      try #require(AuditHead(folder.text(of: "anchor").trimmingCharacters(in: .newlines)))
    }
  }

  @discardableResult
  private func fill(_ count: Int = 5) async throws -> AuditHead {
    let trail = try open().trail
    var head: AuditHead?
    for number in 0..<count {
      head = try await trail.append(
        AuditEntry(
          number % 2 == 0 ? .reload : .refuse, of: "configuration",
          by: "anna \"the\" (uid \(number))",
          before: number == 0 ? nil : "a: \(number)\nb: Füllstand\u{7}",
          after: "{}\",\"code\":\"x"))
    }
    return try #require(head)
  }

  @Test("another program gets the same codes from key and lines")
  func otherProgram() async throws {
    let head = try await fill(20)
    let script = """
      import hashlib, hmac, json, sys
      previous, number = bytes(32), 0
      for line in open(sys.argv[1], "rb"):
          number += 1
          entry = json.loads(line)
          body = line[:line.rindex(b',"code":"')]
          previous = hmac.new(sys.argv[2].encode(), previous + body, hashlib.sha256).digest()
          assert entry["code"] == previous.hex() and entry["n"] == number, number
          assert entry["what"] in ("reload", "refuse") and "anna" in entry["who"]
      print(f"{number}:{previous.hex()}")
      """
    let run = try await Tool(
      "/usr/bin/env",
      ["python3", "-c", script, folder.file("trail"), String(decoding: key, as: UTF8.self)])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "\(head)\n")
    #expect(try anchor == head)
  }

  @Test("a trail goes on after a restart, and is whole")
  func goesOn() async throws {
    try await fill(3)
    #expect(try open().findings.isEmpty)
    let head = try await fill(2)
    #expect(head.number == 5)
    let check = try AuditCheck(bytes, key: key, anchors: [anchor])
    #expect(check.findings.isEmpty && check.entries == 5 && check.head == head)
  }

  @Test("once the key of now was used, nothing is signed with an earlier one")
  func earlierKeys() async throws {
    try await fill(2)
    let present = Array("another key".utf8)
    func append(with key: [UInt8]) async throws {
      let opening = try AuditTrail.open(
        folder.file("trail"), anchor: folder.file("anchor"), key: key)
      _ = try await opening.trail.append(
        AuditEntry(.reload, of: "configuration", by: "anna", before: nil, after: nil))
    }
    try await append(with: present)
    #expect(try AuditCheck(bytes, keys: [present, key], anchors: []).findings.isEmpty)
    try await append(with: key)
    #expect(try AuditCheck(bytes, keys: [present, key], anchors: []).findings.map(\.line) == [4])
  }

  static let largeNumbers: [UInt64] = [
    .max, .max - 1, .max - 2, 1 << 63, (1 << 63) - 1, (1 << 63) - 2,
  ]

  @Test(
    "a last line with a number behind which there is little room, or none, keeps nobody from going on",
    arguments: largeNumbers)
  func largestNumber(number: UInt64) async throws {
    try await fill(1)
    let line = #"{"n":\#(number),"time":"x","code":"\#(String(repeating: "0", count: 64))"}"#
    try Data(bytes + Array("\(line)\n".utf8)).write(to: URL(filePath: folder.file("trail")))
    let isTooLarge = number > Int64.max
    var last = isTooLarge ? 1 : number
    let finding =
      isTooLarge
      ? "line 2: this is no entry"
      : "line 2: entry \(number) was changed, or what stood before it, or the key is another one"
    // What was written behind it is found again at the next start.
    for _ in 0..<2 {
      let opening = try open()
      #expect(opening.findings.map(\.description) == [finding])
      for _ in 0..<3 {
        let head = try await opening.trail.append(
          AuditEntry(.reload, of: "configuration", by: "anna", before: nil, after: nil))
        last += 1
        #expect(head.number == last)
      }
    }
    #expect(AuditCheck(try bytes, key: key, anchors: [try anchor]).findings.count == 1)
  }

  @Test("behind the largest number nothing is written, and nothing traps")
  func noNumberLeft() async throws {
    var lines: [UInt8] = []
    var previous = AuditCode.origin
    for number in [1, UInt64.max - 1] {
      let (line, code) = AuditLine.bytes(
        of: AuditEntry(.reload, of: "configuration", by: "anna"), number: number, after: previous,
        key: key)
      lines += line
      previous = code
    }
    try Data(lines).write(to: URL(filePath: folder.file("trail")))
    let trail = try open().trail
    let entry = AuditEntry(.reload, of: "configuration", by: "anna")
    #expect(try await trail.append(entry).number == .max)
    for _ in 0..<2 {
      await #expect(throws: (any Error).self) { _ = try await trail.append(entry) }
    }
  }

  @Test("each byte that is changed, in any place")
  func eachByte() async throws {
    try await fill()
    let whole = try bytes
    let anchor = try anchor
    for position in whole.indices {
      for mask: UInt8 in [1, 0x20, 0x80] {
        var damaged = whole
        damaged[position] ^= mask
        let check = AuditCheck(damaged, key: key, anchors: [anchor])
        #expect(!check.findings.isEmpty, "byte \(position) with \(mask)")
      }
    }
  }

  @Test("lines that are taken out, doubled, exchanged or cut off")
  func lines() async throws {
    try await fill()
    let lines = try bytes.split(separator: UInt8(ascii: "\n"))
    let anchor = try anchor
    func findings(_ lines: [ArraySlice<UInt8>]) -> [AuditCheck.Finding] {
      AuditCheck(Array(lines.map { $0 + [10] }.joined()), key: key, anchors: [anchor]).findings
    }
    #expect(findings(lines).isEmpty)
    for index in lines.indices {
      var without = lines
      without.remove(at: index)
      #expect(!findings(without).isEmpty)
      #expect(!findings(Array(lines[...index] + lines[index...])).isEmpty)
      guard index > 0 else { continue }
      var exchanged = lines
      exchanged.swapAt(index, index - 1)
      #expect(!findings(exchanged).isEmpty)
      let cut = findings(Array(lines[..<index]))
      #expect(cut.map(\.message) == ["what came up to entry 5 was cut off"])
    }
    #expect(findings([]).map(\.message) == ["what came up to entry 5 was cut off"])
  }

  @Test("a trail that was written anew with another key, or with the same and other words")
  func forged() async throws {
    let head = try await fill()
    let other = AuditCheck(try bytes, key: Array("another".utf8))
    #expect(other.findings.count == 5)
    try FileManager.default.removeItem(atPath: folder.file("trail"))
    try FileManager.default.removeItem(atPath: folder.file("anchor"))
    let trail = try open().trail
    for _ in 0..<6 { _ = try await trail.append(AuditEntry(.start, of: "a/b", by: "eve")) }
    // Only what was kept elsewhere tells.
    #expect(AuditCheck(try bytes, key: key).findings.isEmpty)
    #expect(
      AuditCheck(try bytes, key: key, anchors: [head]).findings.map(\.message)
        == ["entry 5 is not the one that was anchored"])
  }

  @Test(
    "what a crash leaves of a line is taken out, and the trail goes on", arguments: [1, 40, 200])
  func torn(length: Int) async throws {
    try await fill(3)
    let whole = try bytes
    try Data(whole + whole.prefix(length)).write(to: URL(filePath: folder.file("trail")))
    #expect(!AuditCheck(try bytes, key: key).findings.isEmpty)
    let opening = try open()
    #expect(opening.unfinished == length && opening.findings.isEmpty)
    #expect(try bytes == whole)
    let head = try await fill(1)
    #expect(head.number == 4)
    #expect(AuditCheck(try bytes, key: key, anchors: [head]).findings.isEmpty)
  }

  @Test("random bytes are no trail and no trap")
  func noise() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...300, using: &generator)
      let bytes = (0..<count).map { _ in
        Array("{\"n\":1,}code0a\n".utf8).randomElement(using: &generator) ?? 0
      }
      _ = AuditCheck(bytes, key: key)
    }
  }

  @Test("a key is made once, for its owner alone")
  func keys() throws {
    let path = folder.file("audit.key")
    let key = try AuditKey.load(path)
    #expect(key.count == 64)
    #expect(try AuditKey.load(path) == key)
    #expect(!AuditKey.isExposed(path))
    chmod(path, 0o644)
    #expect(AuditKey.isExposed(path))
  }
}
