import DBC
import TestSupport
import Testing

@Suite struct EncodingTests {
  let database: Database
  let encoder: FrameEncoder

  init() throws {
    database = try Database(parsing: plantText)
    encoder = database.encoder()
  }

  @Test func valuesAndLabelsBecomeBits() throws {
    let frame = try encoder.encode(
      "PumpStatus", ["Speed": 1000, "Torque": -15, "State": "fault", "Temperature": 20])
    #expect(frame.identifier == CANIdentifier(standard: 291))
    #expect(frame.payload == [0xA0, 0x0F, 0xFF, 0x60, 0x02, 60, 0, 0])
  }

  @Test func selectorsFollowFromTheSignals() throws {
    let frame = try encoder.encode("Axes", ["Fine": 7])
    #expect(frame.payload == [1, 3, 7, 0, 0, 0, 0, 0])
    #expect(frame.identifier.isExtended)
  }

  @Test func longFramesAreFD() throws {
    let frame = try encoder.encode("Ratios", ["Single": 1.5])
    #expect(frame.flags == .fd)
    #expect(frame.payload.count == 16)
    #expect(frame.dataLengthCode == 10)
  }

  @Test(
    arguments: [
      ("Nothing", ["Speed": 1], DBCError.Code.unknownMessage),
      ("PumpStatus", ["Sped": 1], .unknownSignal),
      ("PumpStatus", ["Speed": 16384], .valueOutOfRange),
      ("PumpStatus", ["Speed": -1], .valueOutOfRange),
      ("PumpStatus", ["Speed": .value(.nan)], .valueOutOfRange),
      ("PumpStatus", ["Speed": .raw(.integer(65536))], .valueOutOfRange),
      ("PumpStatus", ["State": "unheard of"], .unknownChoice),
      ("Axes", ["Position": 1, "Force": 1], .inactiveSignal),
      ("Axes", ["Selector": 1, "Position": 1], .inactiveSignal),
    ] as [(String, [String: SignalInput], DBCError.Code)])
  func mistakesAreErrors(
    message: String, values: [String: SignalInput], code: DBCError.Code
  ) throws {
    let error = #expect(throws: DBCError.self) { try encoder.encode(message, values) }
    #expect(error?.code == code)
    #expect(error?.description.isEmpty == false)
  }

  /// Random payloads: what decodes encodes to the same bits, but for those that belong to no active signal.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func encodingInvertsDecoding(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let decoder = database.decoder()
    for message in database.messages {
      for _ in 0..<200 {
        let bytes = (0..<message.byteCount).map { _ in
          UInt8.random(in: .min ... .max, using: &generator)
        }
        let first = decoder.decode(message, bytes: bytes)
        let inputs = Dictionary(
          uniqueKeysWithValues: first.signals.map { ($0.name, SignalInput.raw($0.raw)) })
        let encoded = try encoder.encodeBytes(message.name, inputs)
        let second = decoder.decode(message, bytes: encoded)
        #expect(first.signals.map(\.name) == second.signals.map(\.name), "seed \(seed)")
        for (left, right) in zip(first.signals, second.signals) {
          let isSame =
            left.raw == right.raw || (left.raw.double.isNaN && right.raw.double.isNaN)
          #expect(isSame, "seed \(seed), \(message.name).\(left.name)")
        }
      }
    }
  }
}

extension EncodingTests {
  /// The values that a frame decodes to encode to the same frame.
  @Test(arguments: [4, 5] as [UInt64])
  func slotsEncodeToTheFramesTheyCameFrom(seed: UInt64) throws {
    let database = try Database(parsing: plantText)
    let decoder = database.decoder()
    let encoder = database.encoder()
    #expect(encoder.slotCount == decoder.slotCount)
    for frame in BatchDecodingTests.traffic(database, 300, seed)
    where frame.flags.isDisjoint(with: [.remote, .error]) {
      guard let message = decoder.message(frame.identifier), message.name != "Ratios",
        frame.payload.count >= message.byteCount
      else { continue }
      var slots = decoder.makeSlots()
      decoder.decode(CANFrameBatch([frame]), into: &slots)
      let values = slots.values.map { $0.isNaN ? 0 : $0 }
      let payload = try encoder.encode(message, values: values)
      var again = decoder.makeSlots()
      decoder.decode(
        CANFrameBatch([CANFrame(identifier: frame.identifier, payload: payload)]), into: &again)
      for (left, right) in zip(slots.values, again.values) {
        #expect(left == right || (left.isNaN && right.isNaN), "seed \(seed)")
      }
    }
  }

  /// Values by slot and by name take different ways into the same payload, in every database that there is.
  @Test(arguments: ["plant"] + Corpus.files)
  func slotsAndNamesEncodeAlike(file: String) throws {
    let text = file == "plant" ? Array(plantText.utf8) : try Corpus.bytes(file)
    let database = try Database(parsing: text)
    let seed: UInt64 = 6
    var generator = SeededGenerator(seed: seed)
    let decoder = database.decoder()
    var options = FrameEncoder.Options()
    options.checksRange = false
    let encoder = database.encoder(options)
    var names: Set<String> = []
    for message in database.messages
    where message.byteCount <= 64 && names.insert(message.name).inserted {
      for _ in 0..<3 {
        let bytes = (0..<message.byteCount).map { _ in
          UInt8.random(in: .min ... .max, using: &generator)
        }
        let decoded = decoder.decode(message, bytes: bytes).signals
        var values = [Double](repeating: 0, count: encoder.slotCount)
        var inputs: [String: SignalInput] = [:]
        for signal in decoded where signal.value.isFinite {
          guard let slot = encoder.slot(of: signal.signal) else { continue }
          values[slot] = signal.value
          inputs[signal.name] = .value(signal.value)
        }
        // What is active and not given is zero here, and its start value there.
        guard inputs.count == decoded.count,
          let byName = try? encoder.encodeBytes(message.name, inputs)
        else { continue }
        let bySlot = try encoder.encode(message, values: values)
        #expect(Array(bySlot) == byName, "seed \(seed), \(message.name)")
      }
    }
  }

  static let wideText = """
    BU_: A
    BO_ 1 Wide: 16 A
     SG_ Serial : 0|64@1+ (1,0) [0|0] "" A
     SG_ Balance : 64|64@1- (1,-5) [0|0] "" A
    BO_ 2 Level: 1 A
     SG_ Level : 0|8@1+ (0.4,0) [0|100] "%" A
    VAL_ 2 Level 255 "not available" 254 "error" ;
    """

  /// Whole numbers beyond 2^53 keep their digits.
  @Test(
    arguments: [
      ("Serial", 12_345_678_901_234_567, 12_345_678_901_234_567),
      ("Serial", 0x20_0000_0000_0001, 0x20_0000_0000_0001),
      ("Serial", .whole(.unsigned(.max)), .max),
      ("Serial", .whole(.integer(7)), 7),
      ("Balance", 0x40_0000_0000_0001, 0x40_0000_0000_0006),
      ("Balance", .whole(.integer(.min)), 0x8000_0000_0000_0005),
    ] as [(String, SignalInput, UInt64)])
  func longNumbersKeepTheirDigits(name: String, input: SignalInput, bits: UInt64) throws {
    let database = try Database(parsing: Self.wideText)
    let frame = try database.encoder().encode("Wide", [name: input])
    #expect(frame.payload.word(name == "Serial" ? 0 : 1) == bits)
  }

  @Test func longNumbersThatDoNotFitAreErrors() throws {
    let encoder = try Database(parsing: Self.wideText).encoder()
    for (name, input) in [
      ("Serial", .whole(.integer(-0x20_0000_0000_0001))), ("Balance", .whole(.unsigned(.max))),
      ("Balance", .whole(.integer(.max))), ("Level", .whole(.integer(0x20_0000_0000_0001))),
    ] as [(String, SignalInput)] {
      let error = #expect(throws: DBCError.self) {
        try encoder.encode(name == "Level" ? "Level" : "Wide", [name: input])
      }
      #expect(error?.code == .valueOutOfRange)
    }
  }

  /// A selector that the bits of its multiplexor can't hold would be written as another one.
  @Test func whatNoSelectorReachesIsAnError() throws {
    let encoder = try Database(
      parsing: """
        BO_ 1 M: 4 A
         SG_ Mux M : 0|8@1+ (1,0) [0|0] "" A
         SG_ S m300 : 8|8@1+ (1,0) [0|0] "" A
         SG_ T m300 : 16|8@1+ (1,0) [0|0] "" A
        SG_MUL_VAL_ 1 T Mux 300-300, 7-9;

        """
    ).encoder()
    let error = #expect(throws: DBCError.self) { try encoder.encode("M", ["S": 5]) }
    #expect(error?.code == .inactiveSignal)
    #expect(try encoder.encode("M", ["T": 5]).payload == [7, 0, 5, 0])
  }

  private static let rangesText = """
    BU_: A
    BO_ 1 Flat: 4 A
     SG_ Mux M : 0|8@1+ (1,0) [0|0] "" A
     SG_ Low m0 : 8|8@1+ (1,0) [0|0] "" A
     SG_ Middle m2 : 16|8@1+ (1,0) [0|0] "" A
     SG_ High m9 : 24|4@1+ (1,0) [0|0] "" A
     SG_ Comb m0 : 28|4@1+ (1,0) [0|0] "" A
    BO_ 2 Nested: 4 A
     SG_ Outer M : 0|8@1+ (1,0) [0|0] "" A
     SG_ Inner m1M : 8|8@1+ (1,0) [0|0] "" A
     SG_ Left m3 : 16|4@1+ (1,0) [0|0] "" A
     SG_ Right m5 : 20|4@1+ (1,0) [0|0] "" A
     SG_ Beside m4 : 24|8@1+ (1,0) [0|0] "" A
    SG_MUL_VAL_ 1 Low Mux 0-3;
    SG_MUL_VAL_ 1 Middle Mux 2-5;
    SG_MUL_VAL_ 1 High Mux 9-9, 5-6;
    SG_MUL_VAL_ 1 Comb Mux 7-8, 1-1, 3-5, 4-6;
    SG_MUL_VAL_ 2 Inner Outer 1-6;
    SG_MUL_VAL_ 2 Left Inner 3-5;
    SG_MUL_VAL_ 2 Right Inner 5-9;
    SG_MUL_VAL_ 2 Beside Outer 4-9;

    """

  /// Ranges may overlap: the lowest value that all of them have serves all signals.
  @Test(
    arguments: [
      ("Flat", ["Low", "Middle"], [2, 0]),
      ("Flat", ["Low"], [0, 0]),
      ("Flat", ["Middle", "High"], [5, 0]),
      ("Flat", ["Low", "Comb"], [1, 0]),
      ("Flat", ["Low", "Middle", "Comb"], [3, 0]),
      ("Flat", ["High", "Comb"], [5, 0]),
      ("Nested", ["Left"], [1, 3]),
      ("Nested", ["Left", "Right"], [1, 5]),
      ("Nested", ["Left", "Beside"], [4, 3]),
      ("Nested", ["Left", "Right", "Beside"], [4, 5]),
      ("Nested", ["Inner", "Beside"], [4, 1]),
      ("Nested", ["Inner", "Outer"], [1, 1]),
    ] as [(String, [String], [UInt8])])
  func aSelectorServesAllThatAreGiven(
    message: String, names: [String], selectors: [UInt8]
  ) throws {
    let database = try Database(parsing: Self.rangesText)
    let values = Dictionary(uniqueKeysWithValues: names.map { ($0, SignalInput.value(1)) })
    let frame = try database.encoder().encode(message, values)
    #expect(frame.payload[0] == selectors[0])
    if message == "Nested" { #expect(frame.payload[1] == selectors[1]) }
    // And so they are all there again.
    let found = try #require(database.message(named: message))
    let decoded = database.decoder().decode(found, frame.payload)
    for name in names { #expect(decoded[name]?.value == 1, "\(name)") }
  }

  @Test(
    arguments: [
      ("Flat", ["Low", "High"], "signal High is not active when Mux is 0"),
      ("Flat", ["Low", "Middle", "High"], "signal High is not active when Mux is 2"),
      ("Flat", ["Low", "Mux9"], "signal Low is not active when Mux is 9"),
      ("Nested", ["Left", "Right", "Inner"], "signal Left is not active when Inner is 1"),
    ] as [(String, [String], String)])
  func noSelectorServesWhatIsApart(message: String, names: [String], reason: String) throws {
    let encoder = try Database(parsing: Self.rangesText).encoder()
    var values: [String: SignalInput] = [:]
    for name in names {
      if name == "Mux9" { values["Mux"] = 9 } else { values[name] = 1 }
    }
    let error = #expect(throws: DBCError.self) { try encoder.encode(message, values) }
    #expect(error?.code == .inactiveSignal)
    #expect(error?.reason == reason)
  }

  /// "Not available" stands outside the declared range of many signals: what decodes as 102 % encodes again.
  @Test func whatHasALabelIsInRange() throws {
    let encoder = try Database(parsing: Self.wideText).encoder()
    #expect(try encoder.encode("Level", ["Level": 102]).payload == [255])
    #expect(try encoder.encode("Level", ["Level": "error"]).payload == [254])
    #expect(throws: DBCError.self) { try encoder.encode("Level", ["Level": 101.2]) }
  }

  @Test func slotsRefuseWhatDoesNotFit() throws {
    let message = try #require(database.message(named: "PumpStatus"))
    var values = [Double](repeating: 0, count: encoder.slotCount)
    let slot = try #require(message.signal(named: "State").flatMap { encoder.slot(of: $0) })
    for bad in [8.0, -1, .nan, .infinity] {
      values[slot] = bad
      let error = #expect(throws: DBCError.self) { try encoder.encode(message, values: values) }
      #expect(error?.code == .valueOutOfRange)
    }
    values[slot] = 7
    #expect(try encoder.encode(message, values: values).count == 8)
  }

  private static let floatText = """
    BO_ 1 F: 14 A
     SG_ Single : 0|32@1- (1,0) [0|0] "" A
     SG_ Half : 32|16@1- (0.5,0) [0|0] "" A
     SG_ Double : 48|64@1- (0.001,0) [0|0] "" A
    SIG_VALTYPE_ 1 Single : 1;
    SIG_VALTYPE_ 1 Half : 3;
    SIG_VALTYPE_ 1 Double : 2;
    """

  /// A finite value never becomes an infinite one, and what is no number is no value; raw bits are free.
  @Test(
    arguments: [
      ("Single", 3.4e38, true), ("Single", -3.5e38, false), ("Single", .infinity, true),
      ("Single", .nan, false), ("Half", 32752, true), ("Half", 32768, false),
      ("Half", -.infinity, true), ("Half", .nan, false), ("Double", 1e300, true),
      ("Double", 1e306, false), ("Double", -.infinity, true), ("Double", .nan, false),
    ] as [(String, Double, Bool)])
  func floatsHoldWhatTheyCan(name: String, value: Double, isHeld: Bool) throws {
    let database = try Database(parsing: Self.floatText)
    let encoder = database.encoder()
    let message = try #require(database.message(named: "F"))
    var values = [Double](repeating: 0, count: encoder.slotCount)
    let slot = try #require(message.signal(named: name).flatMap { encoder.slot(of: $0) })
    values[slot] = value
    if isHeld {
      let byName = try encoder.encode("F", [name: .value(value)])
      #expect(try encoder.encode(message, values: values) == byName.payload)
      let decoded = database.decoder().decode(message, byName.payload)[name]
      #expect(decoded?.value.isInfinite == value.isInfinite)
    } else {
      let error = #expect(throws: DBCError.self) { try encoder.encode("F", [name: .value(value)]) }
      #expect(error?.code == .valueOutOfRange)
      let bySlot = #expect(throws: DBCError.self) { try encoder.encode(message, values: values) }
      #expect(bySlot?.code == .valueOutOfRange)
    }
    #expect(try encoder.encode("F", [name: .raw(.float(value))]).payload.count == 14)
  }

  /// The frames of a J1939 group are classic ones: what is longer goes as several.
  @Test func aLongGroupIsNoFrame() throws {
    let encoder = try Database(
      parsing: """
        BO_ 2566834942 Long: 9 A
         SG_ Last : 64|8@1+ (1,0) [0|0] "" A
        BO_ 2566834686 Short: 8 A
         SG_ Last : 56|8@1+ (1,0) [0|0] "" A
        BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
        BA_DEF_DEF_ "VFrameFormat" "J1939PG";

        """
    ).encoder()
    let error = #expect(throws: DBCError.self) { try encoder.encode("Long", ["Last": 5]) }
    #expect(error?.code == .messageTooLong)
    #expect(try encoder.encodeBytes("Long", ["Last": 5]) == [0, 0, 0, 0, 0, 0, 0, 0, 5])
    let frame = try encoder.encode("Short", ["Last": 5])
    #expect(frame.flags == [] && frame.payload == [0, 0, 0, 0, 0, 0, 0, 5])
  }
}
