import DBC
import Foundation
import Testing

/// Everything a database says, line by line, through its public face and without its writer.
func inventory(_ database: Database) -> [String] {
  var lines: [String] = ["version \(database.version)", "comment \(database.comment ?? "-")"]
  for node in database.nodes {
    lines.append("node \(node.name) \(node.comment ?? "-") \(node.attributes)")
  }
  for table in database.valueTables { lines.append("table \(table)") }
  for message in database.messages {
    lines.append(
      "message \(message.name) \(message.shortName) \(String(describing: message.identifier)) "
        + "\(message.byteCount) \(message.senders) \(message.comment ?? "-") \(message.frameFormat)"
    )
    lines.append("\(message.attributes)")
    for group in message.signalGroups {
      lines.append("group \(group.name) \(group.repetitions) \(group.signals.map(\.name))")
    }
    for signal in message.signals {
      lines.append(
        "signal \(signal.name) \(signal.shortName) \(signal.startBit) \(signal.bitCount) "
          + "\(signal.byteOrder) \(signal.isSigned) \(signal.valueType) \(signal.factor) "
          + "\(signal.offset) \(signal.minimum) \(signal.maximum) \(signal.unit)")
      lines.append(
        "\(signal.receivers) \(signal.comment ?? "-") \(signal.choices) \(signal.isMultiplexor) "
          + "\(signal.isMultiplexed) \(signal.multiplexor?.name ?? "-") \(signal.selectorRanges) "
          + "\(signal.isDecodable) \(signal.attributes) \(signal.signalType?.name ?? "-")")
    }
  }
  for variable in database.environmentVariables {
    lines.append(
      "variable \(variable.name) \(variable.valueKind) \(variable.minimum) \(variable.maximum) "
        + "\(variable.unit) \(variable.initialValue) \(variable.number) \(variable.nodes) "
        + "\(variable.choices) \(variable.comment ?? "-") \(variable.attributes)")
  }
  for definition in database.attributeDefinitions {
    lines.append(
      "definition \(definition.name) \(definition.scope) \(definition.type) \(definition.minimum) "
        + "\(definition.maximum) \(definition.labels) \(String(describing: definition.defaultValue))"
    )
  }
  lines.append("\(database.attributes)")
  for relation in database.relationAttributes {
    lines.append(
      "relation \(relation.name) \(relation.scope) \(relation.node.name) "
        + "\(relation.signal?.name ?? "-") \(relation.message?.name ?? "-") "
        + "\(relation.environmentVariable?.name ?? "-") \(String(describing: relation.value))")
  }
  for type in database.signalTypes {
    lines.append("type \(type.name) \(type.bitCount) \(type.factor) \(type.valueTableName ?? "-")")
  }
  return lines
}

@Suite struct RoundTripTests {
  static func check(_ database: Database, _ context: Comment) throws {
    let again = try Database(parsing: database.description)
    #expect(again == database, context)
    let before = inventory(database)
    let after = inventory(again)
    #expect(before.count == after.count, context)
    for (left, right) in zip(before, after) where left != right {
      Issue.record("\(context): \(left) became \(right)")
    }
  }

  @Test func writtenTextParsesToAnEqualDatabase() throws {
    try Self.check(Database(parsing: plantText + manyKindsText + allStatementsText), "own text")
  }

  @Test func differentDatabasesDiffer() throws {
    let database = try Database(parsing: plantText)
    #expect(try Database(parsing: plantText.replacing("0.25", with: "0.5")) != database)
    #expect(try Database(parsing: plantText.replacing("fault", with: "Fault")) != database)
    #expect(try Database(parsing: plantText.replacing("\n\n", with: "\r\n\r\n")) == database)
  }

  @Test func oldEncodingsComeBack() throws {
    let text = "VERSION \"\"\nBU_: A\nBO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \"°C – €\" A\n"
    let database = try Database(parsing: text)
    let bytes = database.text(encodedAs: .windows1252)
    #expect(bytes.contains(0x80) && bytes.contains(0xB0) && bytes.contains(0x96))
    let again = try Database(parsing: bytes)
    #expect(again.messages[0].signals[0].unit == "°C – €")
    #expect(again == database)
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"), arguments: Corpus.files)
  func corpusRoundTrips(file: String) throws {
    try Self.check(Database(parsing: Corpus.bytes(file)), "\(file)")
  }
}

/// One of every statement that `plantText` lacks.
let allStatementsText = #"""

  BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX
   SG_ Loose : 0|8@1+ (1,0) [0|0] "" Vector__XXX

  BO_ 2566787838 Group: 8 Valve
   SG_ Level_with_a_name_cut_at_32_char : 0|8@1+ (0.4,0) [0|100] "%" Panel

  BO_TX_BU_ 291 : Pump,Valve;
  EV_ Setpoint: 1 [0|100] "bar" 12.5 3 DUMMY_NODE_VECTOR3 Panel,Pump;
  EV_ Blob: 0 [0|0] "" 0 4 DUMMY_NODE_VECTOR0 Vector__XXX;
  EV_ Text: 0 [0|0] "" 0 5 DUMMY_NODE_VECTOR8001 Vector__XXX;
  ENVVAR_DATA_ Blob: 12;
  SGTYPE_ Percent : 8@1+ (0.4,0) [0|100] "%" 0, OnOff;
  SIG_TYPE_REF_ 2566787838 Level_with_a_name_cut_at_32_char : Percent;
  SIG_GROUP_ 291 Motion 1 : Speed Torque;
  CM_ BU_ Pump "The pump; with a semicolon
  and a second line";
  CM_ BO_ 291 "Status";
  CM_ EV_ Setpoint "Wanted";
  BA_DEF_ "Project" STRING ;
  BA_DEF_ BU_ "Address" HEX 0 255;
  BA_DEF_ SG_ "Weight" FLOAT -1.5 1.5;
  BA_DEF_ EV_ "Kind" ENUM "one","two";
  BA_DEF_ SG_ "SystemSignalLongSymbol" STRING ;
  BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
  BA_DEF_REL_ BU_SG_REL_ "Timeout" INT 0 1000;
  BA_DEF_REL_ BU_BO_REL_ "Owner" STRING ;
  BA_DEF_REL_ BU_EV_REL_ "Use" INT 0 1;
  BA_DEF_DEF_ "Project" "none";
  BA_DEF_DEF_ "Kind" "one";
  BA_DEF_DEF_REL_ "Timeout" 10;
  BA_ "Project" "Water";
  BA_ "Address" BU_ Pump 17;
  BA_ "Weight" SG_ 291 Speed 0.5;
  BA_ "Kind" EV_ Setpoint 1;
  BA_ "SystemSignalLongSymbol" SG_ 2566787838 Level_with_a_name_cut_at_32_char "Level_with_a_name_cut_at_32_characters";
  BA_ "VFrameFormat" BO_ 2566787838 3;
  BA_REL_ "Timeout" BU_SG_REL_ Panel SG_ 291 Speed 20;
  BA_REL_ "Owner" BU_BO_REL_ Pump 291 "Pump";
  BA_REL_ "Use" BU_EV_REL_ Panel Setpoint 1;
  VAL_ Setpoint 1 "one" 0 "zero" ;
  CAT_DEF_ 1 "kept; as text" ;
  """#
