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
}
