internal import IndustrialModel

/// One way to read registers as a number, and how near it comes to what is expected.
public struct RegisterGuess: Sendable, Hashable {
  /// The type.
  public var type: RegisterType
  /// The order of the bytes.
  public var order: ByteOrder
  /// What the number must be multiplied by: a power of ten from 0.0001 to 1000.
  public var scale: Double
  /// The value, scaled.
  public var value: Double
  /// How far it is from the expected value, as a share of that (or of 1 when that is smaller).
  public var deviation: Double

  /// All ways to read the first registers of `registers` as a number, best first.
  ///
  /// Deviations that differ by less than a thousandth count as equal; then the plainer way is better: no scale before one, the
  /// usual byte order before others, fewer registers before more.
  public static func rank(_ registers: [UInt16], expecting expected: Double) -> [RegisterGuess] {
    let types: [RegisterType] = [
      .uint16, .int16, .uint32, .int32, .float32, .uint64, .int64, .float64, .float16, .bcd16,
      .bcd32,
    ]
    var guesses: [(guess: RegisterGuess, effort: Int)] = []
    for (typeRank, type) in types.enumerated() where type.registerCount <= registers.count {
      let orders =
        type.registerCount == 4
        ? ByteOrder.of64Bits : type.registerCount == 2 ? ByteOrder.of32Bits : [.abcd, .badc]
      for (orderRank, order) in orders.enumerated() {
        guard let number = type.decode(registers, order: order).doubleValue, number.isFinite else {
          continue
        }
        for (scaleRank, scale) in [1, 0.1, 0.01, 10, 0.001, 100, 0.0001, 1000].enumerated() {
          let value = number * scale
          let deviation = abs(value - expected) / max(1, abs(expected))
          guard deviation.isFinite else { continue }
          guesses.append(
            (
              RegisterGuess(
                type: type, order: order, scale: scale, value: value, deviation: deviation),
              scaleRank * 100 + orderRank * 12 + typeRank
            ))
        }
      }
    }
    return guesses.sorted { left, right in
      let (a, b) = (
        (left.guess.deviation * 1000).rounded(.down), (right.guess.deviation * 1000).rounded(.down)
      )
      return a != b ? a < b : left.effort < right.effort
    }.map(\.guess)
  }
}
