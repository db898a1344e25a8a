import DBC
import Testing

@Suite struct J1939Tests {
  static let text = """
    VERSION ""
    BU_: Engine
    BO_ 2364540158 EEC1: 8 Engine
     SG_ EngineSpeed : 24|16@1+ (0.125,0) [0|8031.875] "rpm" Vector__XXX
     SG_ TorqueMode : 0|4@1+ (1,0) [0|15] "" Vector__XXX
     SG_ Mode2 : 4|2@1+ (1,0) [0|3] "" Vector__XXX
    BO_ 2566844672 TSC1: 8 Engine
     SG_ Requested : 8|16@1+ (0.125,0) [0|8031.875] "rpm" Vector__XXX
    BO_ 2632908318 Long: 14 Engine
     SG_ Last : 104|8@1+ (1,0) [0|255] "" Vector__XXX
    BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
    BA_DEF_ SG_ "SPN" INT 0 524287;
    BA_DEF_DEF_ "VFrameFormat" "J1939PG";
    BA_ "SPN" SG_ 2364540158 EngineSpeed 190;
    """

  let database: Database

  init() throws { database = try Database(parsing: Self.text) }

  func identifier(_ value: UInt32) throws -> CANIdentifier {
    try #require(CANIdentifier(extended: value))
  }

  @Test func groupsAreFoundWhoeverSends() throws {
    let decoder = database.decoder()
    #expect(decoder.message(try identifier(0x0CF0_0400))?.name == "EEC1")
    #expect(decoder.message(try identifier(0x18F0_0433))?.name == "EEC1")
    #expect(decoder.message(try identifier(0x18F0_0533)) == nil)
    // The data page is part of the number.
    #expect(decoder.message(try identifier(0x0DF0_0400)) == nil)
    #expect(database.decoder(j1939: .never).message(try identifier(0x18F0_0433)) == nil)
    #expect(ParameterGroupNumber(try identifier(0x18F0_0433))?.value == 61444)
    #expect(database.message(named: "EEC1")?.signals.first?.suspectParameterNumber == 190)
  }

  @Test func destinationsAreNoPartOfAddressedGroups() throws {
    let stored = try #require(database.message(named: "TSC1")?.identifier)
    let group = try #require(ParameterGroupNumber(stored))
    let decoder = database.decoder()
    let other = try identifier((stored.value & 0x03FF_0000) | 0x0C00_2A17)
    #expect(group.isAddressed == (stored.value >> 16 & 0xFF < 240))
    #expect((decoder.message(other)?.name == "TSC1") == group.isAddressed)
  }

  @Test func reservedRawValuesAreNoValues() throws {
    let decoder = database.decoder()
    let frame = try identifier(0x0CF0_0400)
    func status(_ payload: CANPayload, _ name: String) throws -> SignalStatus? {
      try decoder.decode(frame, payload)[name]?.status
    }
    let valid: CANPayload = [0xCE, 0, 0, 0xFF, 0xFA, 0, 0, 0]
    #expect(try status(valid, "EngineSpeed") == .valid)
    #expect(try status([0, 0, 0, 0x00, 0xFF, 0, 0, 0], "EngineSpeed") == .notAvailable)
    #expect(try status([0, 0, 0, 0x12, 0xFE, 0, 0, 0], "EngineSpeed") == .error)
    #expect(try status([0x0F, 0, 0, 0, 0, 0, 0, 0], "TorqueMode") == .notAvailable)
    #expect(try status([0x30, 0, 0, 0, 0, 0, 0, 0], "Mode2") == .notAvailable)
    #expect(try status([0x20, 0, 0, 0, 0, 0, 0, 0], "Mode2") == .error)
    #expect(try status([0x10, 0, 0, 0, 0, 0, 0, 0], "Mode2") == .valid)
    var slots = decoder.makeSlots()
    let speed = try #require(
      database.message(named: "EEC1")?.signal(named: "EngineSpeed").flatMap(decoder.slot(of:)))
    decoder.decode(
      CANFrameBatch([CANFrame(identifier: frame, payload: [0, 0, 0, 0xFF, 0xFF, 0, 0, 0])]),
      into: &slots)
    #expect(slots.values[speed].isNaN)
    let columns = decoder.decodeColumns(
      CANFrameBatch([
        CANFrame(identifier: frame, payload: valid),
        CANFrame(identifier: frame, payload: [0, 0, 0, 0xFF, 0xFF, 0, 0, 0]),
      ]))
    #expect(columns[speed].map { $0.value == nil } == [false, true])
  }

  /// The columns of branches that open behind a signal with reserved values, in its message and in the next.
  @Test func columnsOfBranchesHaveARowAFrame() throws {
    let database = try Database(
      parsing: """
        BO_ 2364540158 Group: 8 A
         SG_ M M : 0|8@1+ (1,0) [0|0] "" A
         SG_ S m0 : 8|8@1- (1,0) [0|0] "" A
        BO_ 1 Plain: 8 A
         SG_ N M : 0|8@1+ (1,0) [0|0] "" A
         SG_ T m0 : 8|8@1+ (1,0) [0|0] "" A

        """)
    let decoder = database.decoder(j1939: .allExtended)
    let group = try identifier(0x0CF0_0400)
    let columns = decoder.decodeColumns(
      CANFrameBatch([
        CANFrame(identifier: group, payload: [0, 0xFE, 0, 0, 0, 0, 0, 0]),
        CANFrame(identifier: CANIdentifier(truncating: 1), payload: [0, 7, 0, 0, 0, 0, 0, 0]),
      ]))
    for (message, signal, value) in [("Group", "S", -2.0), ("Plain", "T", 7.0)] {
      let found = try #require(database.message(named: message)?.signal(named: signal))
      let slot = try #require(decoder.slot(of: found))
      #expect(columns[slot].map(\.value) == [value] && columns[slot].isAllValid, "\(signal)")
    }
  }

  @Test func messagesMayBeLongerThanAFrame() throws {
    let message = try #require(database.message(named: "Long"))
    let bytes = [UInt8](repeating: 0, count: 13) + [42]
    #expect(database.decoder().decode(message, bytes: bytes)["Last"]?.value == 42)
  }
}
