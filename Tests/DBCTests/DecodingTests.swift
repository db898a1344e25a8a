import DBC
import Testing

/// A plant on a bus, with one of everything that changes how a frame decodes.
let plantText = """
  VERSION "1.2"

  NS_ :
  \tCM_
  \tBA_

  BS_:

  BU_: Pump Valve Panel

  VAL_TABLE_ OnOff 1 "on" 0 "off" ;

  BO_ 291 PumpStatus: 8 Pump
   SG_ Speed : 0|16@1+ (0.25,0) [0|16383.75] "1/min" Panel,Valve
   SG_ Torque : 23|12@0- (0.5,-10) [-1034|1013.5] "N.m" Panel
   SG_ State : 32|3@1+ (1,0) [0|7] "" Panel
   SG_ Temperature : 40|8@1+ (1,-40) [-40|215] "Cel" Vector__XXX

  BO_ 2566844926 Axes: 8 Valve
   SG_ Selector M : 0|8@1+ (1,0) [0|255] "" Panel
   SG_ Position m0 : 8|16@1- (0.1,0) [-3276.8|3276.7] "mm" Panel
   SG_ Force m1M : 8|8@1+ (1,0) [0|255] "kN" Panel
   SG_ Fine m3 : 16|8@1+ (1,0) [0|255] "" Panel
   SG_ Common : 56|8@1+ (1,0) [0|255] "" Panel

  BO_ 512 Ratios: 16 Panel
   SG_ Single : 0|32@1- (1,0) [0|0] "" Pump
   SG_ Double : 127|64@1- (1,0) [0|0] "" Pump
   SG_ Wide : 60|64@1+ (1,0) [0|0] "" Pump

  CM_ "A small plant.";
  CM_ SG_ 291 Speed "Shaft \\"A\\"";
  BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
  BA_DEF_DEF_ "GenMsgCycleTime" 100;
  BA_ "GenMsgCycleTime" BO_ 291 20;
  VAL_ 291 State 2 "fault" 1 "running" 0 "stopped" ;
  SIG_VALTYPE_ 512 Single : 1;
  SG_MUL_VAL_ 2566844926 Fine Force 3-5, 9-9;
  """

@Suite struct DecodingTests {
  let database: Database

  init() throws { database = try Database(parsing: plantText) }

  func identifier(_ value: UInt32) throws -> CANIdentifier {
    try #require(CANIdentifier(standard: value))
  }

  @Test func bothByteOrdersScaleAndLabel() throws {
    let decoded = try database.decoder().decode(
      identifier(291), [0xA0, 0x0F, 0xFF, 0x60, 0x02, 0x00, 0xAA, 0xAA])
    #expect(decoded.signals.map(\.name) == ["Speed", "Torque", "State", "Temperature"])
    #expect(decoded["Speed"]?.value == 1000)
    #expect(decoded["Speed"]?.raw == .integer(4000))
    #expect(decoded["Speed"]?.unit == "1/min")
    #expect(decoded["Torque"]?.raw == .integer(-10))
    #expect(decoded["Torque"]?.value == -15)
    #expect(decoded["State"]?.choice == "fault")
    #expect(decoded["Temperature"]?.value == -40)
    #expect(decoded["Temperature"]?.choice == nil)
  }

  @Test func shortPayloadsGiveWhatFits() throws {
    let decoded = try database.decoder().decode(identifier(291), [1, 0, 0, 0])
    #expect(decoded.signals.map(\.name) == ["Speed", "Torque"])
    #expect(try database.decoder().decode(identifier(291), []).signals.isEmpty)
  }

  @Test func selectorsOpenTheirBranches() throws {
    let axes = try #require(CANIdentifier(extended: 2_566_844_926 & 0x1FFF_FFFF))
    let decoder = database.decoder()
    func names(_ payload: CANPayload) throws -> [String] {
      try decoder.decode(axes, payload).signals.map(\.name)
    }
    #expect(try names([0, 1, 2, 3, 4, 5, 6, 7]) == ["Selector", "Position", "Common"])
    #expect(try names([1, 2, 0, 0, 0, 0, 0, 0]) == ["Selector", "Force", "Common"])
    #expect(try names([1, 4, 0, 0, 0, 0, 0, 0]) == ["Selector", "Force", "Fine", "Common"])
    #expect(try names([1, 9, 0, 0, 0, 0, 0, 0]) == ["Selector", "Force", "Fine", "Common"])
    #expect(try names([7, 9, 0, 0, 0, 0, 0, 0]) == ["Selector", "Common"])
  }

  @Test func floatsAndNineByteSignals() throws {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes.replaceSubrange(0..<4, with: [0x00, 0x00, 0xC0, 0x3F])
    bytes[7] = 0xF0
    bytes[15] = 0x0F
    let payload = try #require(CANPayload(bytes))
    let decoded = try database.decoder().decode(identifier(512), payload)
    #expect(decoded["Single"]?.value == 1.5)
    #expect(decoded["Wide"]?.raw == .unsigned(0xF000_0000_0000_000F))
  }

  @Test func unknownIdentifiersAreErrors() throws {
    #expect(throws: DBCError.self) { try database.decoder().decode(identifier(1), []) }
    let extended = try #require(CANIdentifier(extended: 291))
    #expect(throws: DBCError.self) { try database.decoder().decode(extended, []) }
  }

  @Test func modelTellsWhatTheFileSays() throws {
    #expect(database.version == "1.2")
    #expect(database.comment == "A small plant.")
    #expect(database.nodes.map(\.name) == ["Pump", "Valve", "Panel"])
    #expect(database.valueTables.first?.choices.map(\.label) == ["on", "off"])
    let pump = try #require(database.message(named: "PumpStatus"))
    #expect(pump.identifier?.value == 291)
    #expect(pump.sender == "Pump")
    #expect(pump.attribute("GenMsgCycleTime") == .integer(20))
    let axes = try #require(database.message(named: "Axes"))
    #expect(axes.identifier?.isExtended == true)
    #expect(axes.attribute("GenMsgCycleTime") == .integer(100))
    let speed = try #require(pump.signal(named: "Speed"))
    #expect(speed.comment == "Shaft \"A\"")
    #expect(speed.receivers == ["Panel", "Valve"])
    #expect(speed.range == 0...16383.75)
    let fine = try #require(axes.signal(named: "Fine"))
    #expect(fine.multiplexor?.name == "Force")
    #expect(fine.selectorRanges == [3...5, 9...9])
  }
}
