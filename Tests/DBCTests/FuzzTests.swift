import DBC
import Foundation
import TestSupport
import Testing

/// Damaged text: no trap, no hang, and whatever is loaded can be decoded, encoded and written.
///
/// A short run by mutation; `scripts/fuzz` is the long one, guided by coverage and watched by the address sanitizer.
@Suite struct FuzzTests {
  static let seedText = plantText + manyKindsText.prefix(3000) + allStatementsText

  static func exercise(_ bytes: [UInt8]) {
    guard let database = try? Database(parsing: bytes) else { return }
    let decoder = database.decoder()
    let encoder = database.encoder()
    let data = Array(bytes.prefix(64))
    var frames: [CANFrame] = []
    for message in database.messages.prefix(8) {
      let decoded = decoder.decode(message, bytes: data)
      let inputs = Dictionary(
        decoded.signals.map { ($0.name, SignalInput.raw($0.raw)) }, uniquingKeysWith: { $1 })
      _ = try? encoder.encode(message.name, inputs)
      if let identifier = message.identifier, let payload = CANPayload(data) {
        frames.append(CANFrame(identifier: identifier, payload: payload))
      }
    }
    let batch = CANFrameBatch(frames)
    var slots = decoder.makeSlots()
    decoder.decode(batch, into: &slots)
    _ = decoder.decodeColumns(batch)
    _ = database.description
  }

  static func mutate(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      guard !bytes.isEmpty else { return bytes }
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.remove(at: place)
      case 3:
        let digits = ["0", "-1", "64", "65", "4294967296", "18446744073709551615", "1e400"]
        bytes.insert(
          contentsOf: Array((digits.randomElement(using: &generator) ?? "").utf8), at: place)
      case 4:
        let words = [
          "SG_", "BO_ 291 X: 8 Y\n", "\"", ";", "M", "m0", ":", "SG_MUL_VAL_ 291 ", "\n",
        ]
        bytes.insert(
          contentsOf: Array((words.randomElement(using: &generator) ?? "").utf8), at: place)
      case 5:
        let end = min(bytes.count, place + Int.random(in: 1...200, using: &generator))
        bytes.removeSubrange(place..<end)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...200, using: &generator))
        bytes.insert(
          contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
      }
    }
    return bytes
  }

  @Test func mutatedTextIsHarmless() {
    let environment = ProcessInfo.processInfo.environment
    let rounds = Soak.cases(300, full: 100_000)
    let seed = environment["IIOT_SEED"].flatMap { UInt64($0) } ?? 20_261_121
    print("seed \(seed) (IIOT_SEED)")
    var generator = SeededGenerator(seed: seed)
    let start = Array(Self.seedText.utf8)
    var current = start
    for round in 0..<rounds {
      // From the sound text, or further from where the last one got.
      current = Self.mutate(round % 4 == 0 ? start : current, using: &generator)
      Self.exercise(current)
    }
  }

  @Test func hugeNumbersCostNothing() throws {
    for text in [
      "BO_ 1 M: 4294967295 A\n SG_ S : 65535|65535@1+ (1,0) [0|0] \"\" A",
      "BO_ 1 M: 8 A\n SG_ X M : 0|64@1+ (1,0) [0|0] \"\" A\n SG_ Y m18446744073709551615 : 0|8@1+ (1,0) [0|0] \"\" A\nSG_MUL_VAL_ 1 Y X 0-18446744073709551615;",
      "SIG_GROUP_ 1 G 4294967295 : ;", "ENVVAR_DATA_ E: 4294967295;",
      "BO_ 1 M: 8 A\n"
        + (0..<300).map { " SG_ S\($0) m\($0)M : 0|8@1+ (1,0) [0|0] \"\" A\n" }.joined()
        + (1..<300).map { "SG_MUL_VAL_ 1 S\($0) S\($0 - 1) 0-255;\n" }.joined(),
      String(repeating: "(", count: 100_000), String(repeating: "\"", count: 100_001),
      String(repeating: "BO_ ", count: 50_000), String(repeating: "CM_ \"\n", count: 20_000),
    ] {
      Self.exercise(Array("VERSION \"\"\n\(text)".utf8))
    }
  }
}
