/// SplitMix64: the same seed gives the same plant on every machine.
struct PlantRandom: RandomNumberGenerator, Sendable, Equatable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from -1 up to 1; those near 0 are more likely (the mean of three).
  mutating func noise() -> Double {
    var sum = 0.0
    for _ in 0..<3 { sum += Double(next() >> 11) * 0x1p-53 }
    return sum * (2.0 / 3) - 1
  }

  /// True once in so many times on average.
  mutating func once(in count: Double) -> Bool { Double(next() >> 11) * 0x1p-53 * count < 1 }
}
