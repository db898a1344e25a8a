import DBC
import Testing

/// What the parser makes of odd and broken text.
@Suite struct ParsingTests {
  static func database(_ body: String) throws -> Database {
    try Database(parsing: "VERSION \"\"\nBU_: A\n" + body + "\n")
  }

  static func rules(_ body: String) throws -> [Rule] { try database(body).findings.map(\.rule) }

  @Test(arguments: [
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@2+ (1,0) [0|0] \"\" A", 4, 14, Rule.syntax),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@1* (1,0) [0|0] \"\" A", 4, 15, .syntax),
    ("BO_ 1 M: 8 A\n SG_ S x0 : 0|8@1+ (1,0) [0|0] \"\" A", 4, 8, .syntax),
    ("BO_ 1 M: 8 A\n SG_ S : 0|0@1+ (1,0) [0|0] \"\" A", 4, 12, .signalLength),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8589934592@1+ (1,0) [0|0] \"\" A", 4, 12, .numberOutOfRange),
    ("BO_ 1 M: 99999999999999999999999 A", 3, 10, .numberOutOfRange),
    ("BO_ 100000000000000000000000 M: 8 A", 3, 5, .numberOutOfRange),
    ("BO_ 1 M: -8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"\" A", 3, 10, .syntax),
    ("BO_ 4096 M: 8 A", 3, 5, .identifierRange),
    ("BO_ 3758096384 M: 8 A", 3, 5, .identifierRange),
    ("BO_ 1 M: 8 A\nBO_ 1 N: 8 A", 4, 7, .duplicateIdentifier),
    ("BO_ 1 M: 8 A\nBO_ 2 M: 8 A", 4, 7, .duplicateMessage),
    (" SG_ S : 0|8@1+ (1,0) [0|0] \"\" A", 3, 2, .signalWithoutMessage),
    ("CM_ \"never ends", 3, 5, .unterminatedString),
    ("CM_ BU_ A \"x\"\nVAL_TABLE_ T 1 \"x\";", 4, 1, .missingSemicolon),
    ("WHAT_ 1 2 3;", 3, 1, .unknownStatement),
    ("CM_ BO_ 9 \"x\";", 3, 9, .unknownMessage),
    ("CM_ BU_ B \"x\";", 3, 9, .unknownNode),
    ("CM_ EV_ E \"x\";", 3, 9, .unknownEnvironmentVariable),
    ("BA_ \"X\" 1;", 3, 6, .unknownAttribute),
    ("BA_DEF_ \"X\" INT 0 5;\nBA_ \"X\" 9;", 4, 6, .attributeRange),
    ("BA_DEF_ \"X\" STRING ;\nBA_ \"X\" 9;", 4, 6, .attributeType),
    ("BA_DEF_ \"X\" BOOL False True;", 3, 13, .attributeTypeUnknown),
    ("BU_: A", 3, 6, .duplicateNode),
    ("VAL_TABLE_ T 1 \"a\" 1 \"b\" ;", 3, 22, .duplicateValue),
    ("SGTYPE_VAL_ x ;", 3, 1, .opaqueStatement),
    ("// hello", 3, 1, .foreignComment),
    ("BO_ 1 M: 8 A\n SG_ S : 60|8@1+ (1,0) [0|0] \"\" A", 4, 6, .signalOutsideMessage),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (0,0) [0|0] \"\" A", 4, 6, .zeroFactor),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1e999,0) [0|0] \"\" A", 4, 18, .numberOutOfRange),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1,nan) [0|0] \"\" A", 4, 18, .numberOutOfRange),
    ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1,0) [9|0] \"\" A", 4, 6, .rangeInverted),
    ("BO_ 1 M: 16 A\n SG_ S : 0|65@1+ (1,0) [0|0] \"\" A", 4, 6, .signalTooLong),
    ("BO_ 1 M: 8 A\n SG_ S m1 : 0|8@1+ (1,0) [0|0] \"\" A", 4, 6, .multiplexorMissing),
    ("BO_ 1 M: 8 B", 3, 12, .unknownNode),
    ("BO_ 1 9M: 8 A", 3, 7, .identifierFormat),
  ])
  func oddityIsFoundAtItsPlace(body: String, line: Int, column: Int, rule: Rule) throws {
    let findings = try Self.database(body).findings
    let finding = try #require(findings.first { $0.rule == rule }, "\(findings)")
    #expect(finding.line == line && finding.column == column, "\(finding)")
    #expect(!finding.message.isEmpty)
  }

  @Test func soundStatementsSurviveBrokenOnes() throws {
    let database = try Self.database(
      """
      BO_ 1 First: 8 A
       SG_ Good : 0|8@1+ (1,0) [0|0] "" A
       SG_ Bad : zero|8@1+ (1,0) [0|0] "" A
       SG_ Fine : 8|8@1+ (1,0) [0|0] "" A
      CM_ SG_ 1 "no name";
      VAL_ 1 Good 1 "on" 2 off ; BA_DEF_ "X" INT 0 5;
      BO_ x Second: 8 A
       SG_ Lost : 0|8@1+ (1,0) [0|0] "" A
      BO_ 3 Third: 8 A
       SG_ Good : 0|8@1+ (1,0) [0|0] "" A
      """)
    #expect(database.messages.map(\.name) == ["First", "Third"])
    #expect(database.messages[0].signals.map(\.name) == ["Good", "Fine"])
    #expect(database.messages[1].signals.map(\.name) == ["Good"])
    #expect(database.attributeDefinitions.map(\.name) == ["X"])
    #expect(database.findings.count { $0.severity == .error } == 4)
  }

  @Test func statementsComeInAnyOrderAndShape() throws {
    let database = try Database(
      parsing:
        "VAL_ 1 S 1 \"on\";CM_ SG_ 1 S \"x\";\r\n\tBO_ 1 M:8 A\r\n\tSG_ S:0|8@1+(.5,1.)[0|0]\"\"A,B\r\nBU_:A B"
    )
    let signal = try #require(database.messages.first?.signals.first)
    #expect(signal.choices.map(\.label) == ["on"])
    #expect(signal.comment == "x")
    #expect(signal.receivers == ["A", "B"])
    #expect(signal.factor == 0.5 && signal.offset == 1)
    #expect(!database.findings.contains { $0.severity == .error })
  }

  @Test func overlapIsAFindingOnlyWhenBothCanBeActive() throws {
    #expect(
      try Self.rules(
        """
        BO_ 1 M: 8 A
         SG_ Mux M : 0|8@1+ (1,0) [0|0] "" A
         SG_ X m0 : 8|8@1+ (1,0) [0|0] "" A
         SG_ Y m1 : 12|8@1+ (1,0) [0|0] "" A
        """
      ).isEmpty)
    #expect(
      try Self.rules(
        """
        BO_ 1 M: 8 A
         SG_ X : 7|12@0+ (1,0) [0|0] "" A
         SG_ Y : 12|8@1+ (1,0) [0|0] "" A
        """
      ) == [.signalOverlap])
    // What is never decoded shares no bits.
    #expect(
      try Self.rules(
        """
        BO_ 1 M: 20 A
         SG_ X : 0|65@1+ (1,0) [0|0] "" A
         SG_ Y : 0|70@1+ (1,0) [0|0] "" A
         SG_ Z : 0|8@1+ (1,0) [0|0] "" A
        """
      ) == [.signalTooLong, .signalTooLong])
  }

  @Test func selectorCyclesEnd() throws {
    let database = try Self.database(
      """
      BO_ 1 M: 8 A
       SG_ X m1M : 0|8@1+ (1,0) [0|0] "" A
       SG_ Y m1M : 8|8@1+ (1,0) [0|0] "" A
      SG_MUL_VAL_ 1 X Y 1-1;
      SG_MUL_VAL_ 1 Y X 1-1;
      """)
    #expect(database.findings.map(\.rule) == [.multiplexorCycle])
    let identifier = try #require(CANIdentifier(standard: 1))
    #expect(try database.decoder().decode(identifier, [1, 1]).signals.isEmpty)
  }

  /// Two messages of one identifier: the second one's signal must not be tied to the first one's multiplexor.
  @Test func selectorsStayWithinTheirMessage() throws {
    let database = try Self.database(
      """
      BO_ 1 M: 8 A
       SG_ Mux M : 0|8@1+ (1,0) [0|0] "" A
      BO_ 1 N: 8 A
       SG_ X m1 : 8|8@1+ (1,0) [0|0] "" A
      SG_MUL_VAL_ 1 X Mux 1-1;
      """)
    #expect(database.findings.contains { $0.rule == .multiplexorUnknown })
    _ = database.decoder()
  }

  @Test func rangesOfSelectorsAreNotListed() throws {
    let database = try Self.database(
      """
      BO_ 1 M: 8 A
       SG_ Mux M : 0|32@1+ (1,0) [0|0] "" A
       SG_ X m0 : 32|8@1+ (1,0) [0|0] "" A
      SG_MUL_VAL_ 1 X Mux 5-4294967295;
      """)
    let identifier = try #require(CANIdentifier(standard: 1))
    let decoder = database.decoder()
    #expect(try decoder.decode(identifier, [255, 255, 255, 255, 7]).signals.count == 2)
    #expect(try decoder.decode(identifier, [4, 0, 0, 0, 7]).signals.count == 1)
  }

  @Test func strictParsingThrowsWithAllFindings() throws {
    let text = "VERSION \"\"\nBO_ 1 M: 8 A\n SG_ S : 0|0@1+ (1,0) [0|0] \"\" A\nWHAT_;\n"
    let error = #expect(throws: DBCError.self) { try Database(parsing: text, mode: .strict) }
    #expect(error?.code == .findings)
    #expect(error?.line == 3)
    #expect(error?.findings.count { $0.severity == .error } == 2)
  }

  @Test func whatIsNoDatabaseIsRefused() {
    for text in ["", "hello\nworld\n", "{\"a\": 1}", "\u{0}\u{0}\u{0}"] {
      let error = #expect(throws: DBCError.self) { try Database(parsing: text) }
      #expect(error?.code == .notADatabase)
    }
    let error = #expect(throws: DBCError.self) { try Database(contentsOf: "/nowhere/x.dbc") }
    #expect(error?.code == .unreadable)
    #expect(error?.errno == 2)
    #expect(error?.path == "/nowhere/x.dbc")
  }

  @Test func numbersAreExact() throws {
    for text in [
      "0.1", "1e-05", "3.0517578125E-005", "1.7976931348623157e308", "123456789012345678901234567",
      "-0.30000000000000004", "4.9e-324", "9007199254740993", "1E+10", "+7",
    ] {
      let database = try Self.database("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (\(text),0) [0|0] \"\" A")
      #expect(database.messages[0].signals[0].factor == Double(text), "\(text)")
    }
  }

  @Test func textIsUTF8OrWindows1252() throws {
    var bytes = Array("VERSION \"".utf8)
    bytes += [0xB0, 0x80]
    bytes += Array("\"\nCM_ \"°\";".utf8)
    let database = try Database(parsing: bytes)
    #expect(database.version == "°€")
    #expect(database.comment == "°")
    #expect(try Database(parsing: bytes, encoding: .latin1).version == "°\u{80}")
  }
}
