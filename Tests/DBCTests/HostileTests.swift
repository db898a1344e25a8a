import DBC
import Foundation
import TestSupport
import Testing

/// Texts made to take long or much: whatever they say, time and memory stay in proportion to their length.
@Suite struct HostileTests {
  /// A megabyte each in long runs (IIOT_SOAK=1), else an eighth.
  static let share = Soak.isOn ? 1 : 8

  /// Where every statement cost as much as the text, none would end within minutes.
  static let texts: [(name: String, text: String)] = [
    ("empty lines", "BO_ x\n" + String(repeating: "\n", count: 1_000_000 / share)),
    ("open comments", String(repeating: "/*\nBS_:\n", count: 130_000 / share)),
    ("open statements", String(repeating: "FILTER\n", count: 140_000 / share)),
    ("open texts", String(repeating: "FILTER \\\"\n", count: 100_000 / share)),
    ("one line", "BO_ 1 A: 8 B\n" + String(repeating: "CM_ x;", count: 160_000 / share)),
    (
      "statements that fail late",
      String(repeating: "BA_DEF_ \"a\" ENUM \"b\",\n", count: 40_000 / share)
    ),
    ("labels of a table", sharedTable),
    ("one name", "BU_: " + String(repeating: "a", count: 1_000_000 / share)),
    ("digits", "BO_ " + String(repeating: "9", count: 1_000_000 / share) + " A: 8 B"),
    ("nested selectors", chain),
    ("signals of thousands of bytes", wideSignals),
  ]

  /// 3000 signals refer to a table of 40 000 labels, which none of them can have.
  static let sharedTable: String = {
    var text = "VAL_TABLE_ T"
    for value in 0..<(40_000 / share) { text += " \(value) \"\"" }
    text += " ;\n"
    for message in 0..<100 {
      text += "BO_ \(message) M\(message): 8 A\n"
      for signal in 0..<30 { text += " SG_ S\(signal) : \(signal)|1@1+ (1,0) [0|0] \"\" A\n" }
    }
    for message in 0..<100 { for signal in 0..<30 { text += "VAL_ \(message) S\(signal) T ;\n" } }
    return text
  }()

  /// Each claims every byte of the longest message.
  static let wideSignals: String = {
    var text = "BO_ 1 M: 8192 A\n"
    for index in 0..<(20_000 / share) {
      text += " SG_ W\(index) : 0|65535@1+ (1,0) [0|0] \"\" A\n"
    }
    return text
  }()

  /// 4000 branches whose ranges all overlap.
  static let chain: String = {
    var text = "BO_ 1 M: 8 A\n SG_ X M : 0|16@1+ (1,0) [0|0] \"\" A\n"
    for index in 0..<4000 { text += " SG_ Y\(index) m0 : 16|8@1+ (1,0) [0|0] \"\" A\n" }
    for index in 0..<4000 { text += "SG_MUL_VAL_ 1 Y\(index) X \(index)-65535;\n" }
    return text
  }()

  @Test(.timeLimit(.minutes(15)), arguments: texts.indices)
  func endsInTime(place: Int) throws {
    let bytes = Array("VERSION \"\"\n\(Self.texts[place].text)\n".utf8)
    let database = try Database(parsing: bytes)
    #expect(database.findings.count <= 20_001)
    #expect(database.description.utf8.count < 20 * bytes.count)
    let decoder = database.decoder()
    var frames: [CANFrame] = []
    for value in 0..<50 {
      frames.append(
        CANFrame(
          identifier: CANIdentifier(truncating: 1),
          payload: [UInt8(value * 5), UInt8(value), 3, 4, 5, 6, 7, 8]))
    }
    let columns = decoder.decodeColumns(CANFrameBatch(frames))
    #expect(columns.counts.unmatched + columns.counts.frames == 50)
  }

  @Test func theFindingsThatAreLeftOutAreCounted() throws {
    let text = "VERSION \"\"\n" + String(repeating: "BO_ x\n", count: 30_000)
    let findings = try Database(parsing: text).findings
    #expect(findings.count == 20_001)
    #expect(findings.last?.rule == .findingsLimit && findings.last?.severity == .error)
    #expect(throws: DBCError.self) { try Database(parsing: text, mode: .strict) }
  }

  @Test func keptStatementsKeepTheirEscapes() throws {
    let database = try Database(
      parsing: "VERSION \"\"\nFILTER \"a \\\" b\" 1;\nBO_ 1 M: 8 A\n")
    #expect(database.description.contains("FILTER \"a \\\" b\" 1;"))
    #expect(try Database(parsing: database.description) == database)
  }

  @Test func aLabelForInfinityIsAFinding() throws {
    let database = try Database(
      parsing: """
        BO_ 1 M: 8 A
         SG_ S : 0|8@1+ (1,0) [0|0] "" A
        VAL_ 1 S 1e999 "much" ;
        VAL_ 1 S 1 "one" ;

        """)
    #expect(database.findings.contains { $0.rule == .numberOutOfRange })
    #expect(database.message(named: "M")?.signals.first?.choices.map(\.label) == ["one"])
  }
}
