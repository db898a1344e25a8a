import CANCore
import DBC
import DBCGenerator
import Foundation
import TestSupport
import Testing

/// `plant.dbc` beside this file is made into Swift by the plug-in while the tests are built; what came of it must agree
/// with the decoder that has the same file at run time. A database with mistakes makes the plug-in print warnings in every build,
/// so what is made of it lies beside as `Unsound.swift`, which must be what the generator says today.
@Suite struct GeneratedCodeTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
  static let unsoundFile =
    folder.deletingLastPathComponent().appending(path: "Fixtures/dbc-generated/unsound.dbc")
  static let database = read(folder.appending(path: "plant.dbc"))
  static let unsound = read(unsoundFile)

  static func read(_ file: URL) -> Database {
    guard let bytes = try? Data(contentsOf: file),
      let database = try? Database(parsing: Array(bytes))
    else { preconditionFailure("\(file.path) can't be read") }
    return database
  }

  /// The database that has a message, and the message.
  static func find(_ name: String) throws -> (Database, Message) {
    if let message = database.message(named: name) { return (database, message) }
    return (unsound, try #require(unsound.message(named: name)))
  }

  @Test func unsoundSourceIsWhatTheGeneratorMakes() throws {
    let file = Self.folder.appending(path: "Unsound.swift")
    var options = SwiftSource.Options()
    options.origin = "unsound.dbc"
    let text = SwiftSource(Self.unsound, named: "Unsound", options: options).text
    if ProcessInfo.processInfo.environment["IIOT_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    #expect(try Data(contentsOf: file) == Data(text.utf8), "IIOT_UPDATE_GOLDEN=1 writes it anew")
  }

  /// A generated message as its stored properties, in the order of the file's signals.
  struct Generated {
    var properties: [(name: String, value: Any?)]
    var payload: CANPayload

    init(_ message: Any, _ payload: CANPayload) {
      properties = Mirror(reflecting: message).children.map { child in
        let mirror = Mirror(reflecting: child.value)
        let value: Any? =
          mirror.displayStyle == .optional ? mirror.children.first?.value : .some(child.value)
        return (child.label ?? "", value)
      }
      self.payload = payload
    }
  }

  static let decoders: [(name: String, decode: @Sendable (CANPayload) -> Generated?)] = [
    ("PUMP_STATE", { Plant.PumpState(payload: $0).map { Generated($0, $0.payload) } }),
    ("Drive", { Plant.Drive(payload: $0).map { Generated($0, $0.payload) } }),
    ("Select", { Plant.Select(payload: $0).map { Generated($0, $0.payload) } }),
    ("Nested", { Plant.Nested(payload: $0).map { Generated($0, $0.payload) } }),
    ("Nothing", { Plant.Nothing(payload: $0).map { Generated($0, $0.payload) } }),
    ("Locals", { Plant.Locals(payload: $0).map { Generated($0, $0.payload) } }),
    ("Widest", { Plant.Widest(payload: $0).map { Generated($0, $0.payload) } }),
    ("Double", { Unsound.Double_(payload: $0).map { Generated($0, $0.payload) } }),
    ("Overlap", { Unsound.Overlap(payload: $0).map { Generated($0, $0.payload) } }),
    ("Outside", { Unsound.Outside(payload: $0).map { Generated($0, $0.payload) } }),
    ("Edge", { Unsound.Edge(payload: $0).map { Generated($0, $0.payload) } }),
    ("Chosen", { Unsound.Chosen(payload: $0).map { Generated($0, $0.payload) } }),
    ("Chooses", { Unsound.Chooses(payload: $0).map { Generated($0, $0.payload) } }),
    ("EEC1", { Plant.EEC1(payload: $0).map { Generated($0, $0.payload) } }),
  ]

  static func number(_ value: Any) -> Double? {
    switch value {
    case let value as Double: value
    case let value as Int: Double(value)
    case let value as Int64: Double(value)
    case let value as UInt64: Double(value)
    case let value as Bool: value ? 1 : 0
    default: nil
    }
  }

  static func payload(_ generator: inout SeededGenerator, _ count: Int) -> CANPayload {
    var payload = CANPayload()
    // Ends of ranges are worth more than chance gives them.
    let style = Int.random(in: 0..<6, using: &generator)
    for _ in 0..<count {
      payload.append(style == 0 ? 0xFF : style == 1 ? 0 : .random(in: 0...255, using: &generator))
    }
    return payload
  }

  @Test(arguments: 0..<decoders.count)
  func decodesAsTheDatabaseDoes(place: Int) throws {
    let (name, decode) = Self.decoders[place]
    let (database, message) = try Self.find(name)
    let decoder = database.decoder()
    let seed = UInt64(20_261_121 + place)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for round in 0..<3000 {
      let count = round % 3 == 0 ? Int.random(in: 0...64, using: &generator) : message.byteCount
      let payload = Self.payload(&generator, count)
      let expected = decoder.decode(message, payload)
      guard let generated = decode(payload) else {
        // Nil only when a signal that is always there has no bytes.
        let needed = message.signals.filter {
          !$0.isMultiplexed && !$0.name.hasPrefix("Beyond")
        }
        #expect(needed.contains { expected[$0.name] == nil }, "\(name) \(payload)")
        continue
      }
      try #require(generated.properties.count == message.signals.count)
      for (signal, property) in zip(message.signals, generated.properties) {
        let own = property.value.flatMap(Self.number)
        let reading = expected.signals.first { $0.signal.index == signal.index }
        let value = reading.flatMap { $0.status == .valid ? $0.value : nil }
        let isSame =
          own?.bitPattern == value?.bitPattern || (own?.isNaN == true && value?.isNaN == true)
        #expect(
          isSame, "\(name).\(signal.name) of \(payload): \(own ?? .nan), not \(value ?? .nan)")
      }
    }
  }

  @Test(arguments: 0..<decoders.count)
  func encodingIsTheInverse(place: Int) throws {
    let (name, decode) = Self.decoders[place]
    let (database, message) = try Self.find(name)
    let decoder = database.decoder()
    var generator = SeededGenerator(seed: UInt64(77 + place))
    for _ in 0..<2000 {
      let payload = Self.payload(&generator, message.byteCount)
      let generated = try #require(decode(payload))
      #expect(generated.payload.count == message.byteCount)
      let before = decoder.decode(message, payload)
      let after = decoder.decode(message, generated.payload)
      #expect(before.signals.map(\.name) == after.signals.map(\.name))
      for (old, new) in zip(before.signals, after.signals) {
        guard old.status == .valid else {
          #expect(new.status != .valid, "\(name).\(old.name)")
          continue
        }
        // A Double has 53 bits: of longer scaled numbers the nearest comes back.
        if old.value.isNaN {
          #expect(new.value.isNaN, "\(name).\(old.name)")
        } else if old.signal.bitCount > 53, old.signal.factor != 1 {
          let isNear = abs(old.value - new.value) <= old.value.magnitude * 0x1p-51
          #expect(old.value == new.value || isNear, "\(name).\(old.name)")
        } else {
          #expect(old.raw == new.raw, "\(name).\(old.name) of \(payload)")
        }
      }
    }
  }

  /// Signals that begin or end behind byte 64 are nil in every frame: reading them is reading nothing.
  @Test func whatNoFrameCanHaveIsNil() throws {
    let full = try #require(CANPayload([UInt8](repeating: 1, count: 64)))
    let outside = try #require(Unsound.Outside(payload: full))
    #expect(outside.near == 1 && outside.beyondAll == nil && outside.beyondSwapped == nil)
    let edge = try #require(Unsound.Edge(payload: full))
    #expect(edge.first == 1 && edge.last == 1 && edge.beyondHalf == nil)
    let chosen = try #require(Unsound.Chosen(payload: full))
    #expect(chosen.beyondChoice == nil && chosen.under == nil)
    let chooses = try #require(Unsound.Chooses(payload: full))
    #expect(chooses.which == 1 && chooses.here == 1 && chooses.beyondToo == nil)
    let frame = CANFrame(identifier: Unsound.Edge.identifier, payload: full)
    guard case .edge? = Unsound.Message(frame) else {
      Issue.record("not found")
      return
    }
  }

  @Test func startValuesAreThoseOfTheFile() {
    let state = Plant.PumpState()
    #expect(state.flowRate == 0)
    #expect(state.modeRaw == 2 && state.mode == .on2 && state.n1st == -3)
    #expect(Plant.Select().a == nil)
    #expect(Plant.EEC1().payload == [0x0F, 0, 0xFF, 0xFF, 0xFF, 3, 0, 0])
  }

  @Test func labelsAreCases() {
    var state = Plant.PumpState()
    state.mode = .n3PhaseTest
    #expect(state.modeRaw == 3 && state.mode.description == "3 phase \"test\"")
    state.modeRaw = 7
    #expect(state.mode == .other(7) && state.mode.description == "7")
    state.flowRateChoice = .belowZero
    #expect(state.flowRate == -40.1 && state.flowRateChoice == .belowZero)
    #expect(state.payload[1] == 0xFF && state.payload[2] == 0xFF)
    var select = Plant.Select()
    select.which = 1
    select.b = .minusOne
    #expect(select.bRaw == -1 && select.payload == [1, 0xFF, 0, 0, 0, 0, 0, 0])
  }

  /// Signals with the names of the variables that the generated code works with.
  @Test func propertiesAreNotTakenForVariables() {
    var locals = Plant.Locals()
    locals.w0 = 1
    locals.b0 = 2.5
    locals.r0 = 3
    locals.r1 = -4
    #expect(locals.payload == [1, 5, 3, 0xFC, 0, 0, 0, 0])
    locals.w0 = 2
    locals.s0 = 0x1234
    #expect(locals.payload == [2, 5, 0x34, 0x12, 0, 0, 0, 0])
  }

  @Test func theGreatestNumbersHaveLabels() {
    var widest = Plant.Widest()
    widest.long = .last
    #expect(widest.longRaw == .max && widest.long == .last)
    widest.long = .first
    #expect(widest.longRaw == 0)
  }

  @Test func valuesThatDoNotFitBecomeTheNearest() throws {
    var state = Plant.PumpState()
    state.modeRaw = 99
    state.default_ = -1000
    state.rpmLimit = .infinity
    state.flowRate = -.infinity
    state.n1st = .nan
    let again = try #require(Plant.PumpState(payload: state.payload))
    #expect(again.modeRaw == 7 && again.default_ == -128 && again.rpmLimit == 16383.75)
    #expect(again.flowRate == -32768 * 0.1 + -40 && again.n1st == -3)
  }

  @Test func framesFindTheirMessage() throws {
    let state = Plant.PumpState()
    let frame = CANFrame(identifier: Plant.PumpState.identifier, payload: state.payload)
    guard case .pumpState(let found)? = Plant.Message(frame) else {
      Issue.record("not found")
      return
    }
    #expect(found == state)
    // Another source and priority of the same parameter group.
    let group = CANFrame(
      identifier: CANIdentifier(truncating: 0x98F0_0411), payload: Plant.EEC1().payload)
    guard case .eec1? = Plant.Message(group) else {
      Issue.record("no group")
      return
    }
    #expect(Plant.Message(CANFrame(identifier: CANIdentifier(truncating: 0x7FF))) == nil)
    #expect(
      Plant.Message(CANFrame(identifier: Plant.PumpState.identifier, flags: .remote)) == nil)
    #expect(Plant.Message(CANFrame(identifier: Plant.PumpState.identifier, payload: [1])) == nil)
  }
}
