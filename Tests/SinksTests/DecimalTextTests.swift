import Sinks
import TestSupport
import Testing

@Suite("Numbers are written as the standard library writes them")
struct DecimalTextTests {
  private func text(_ write: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    write(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "binary64: short decimals, their neighbours, and any bits", arguments: [1, 2, 3] as [UInt64])
  func doubles(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var wrong: [Double] = []
    func check(_ number: Double) {
      guard number.isFinite else { return }
      for number in [number, -number]
      where text({ $0.append(shortest: number) }) != number.description {
        wrong.append(number)
      }
    }
    for _ in 0..<20_000 {
      let digits = Double(random.next() >> UInt64.random(in: 11...63, using: &random))
      let scales: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1e12]
      let scale = scales.randomElement(using: &random) ?? 1
      check(digits / scale)
      check((digits / scale).nextUp)
      check((digits / scale).nextDown)
      check(digits * 0.1)
      check(Double(bitPattern: random.next()))
    }
    for number in [0, 1e-4, 9.9999e-5, 1e-5, 1e11, 1e15, 1e16, 123456789012345, .ulpOfOne] {
      check(number)
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }

  @Test("whole numbers of all sizes")
  func integers() {
    for number in [0, 9, 10, 99, 100, .max, .min, -1, 1_000_000_007] as [Int64] {
      #expect(text { $0.append(decimal: number) } == number.description)
    }
    #expect(text { $0.append(decimal: UInt64.max) } == UInt64.max.description)
    #expect(text { $0.append(decimal: UInt32(7)) } == "7")
  }
}
