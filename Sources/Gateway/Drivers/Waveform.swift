internal import Glibc

/// The values of a simulated tag, one after the other.
struct Waveform: Sendable {
  private let tag: SimulatedTag
  private var level = 0.5
  private var random: UInt64

  /// - Parameter seed: What makes two walks different.
  init(_ tag: SimulatedTag, seed: UInt64) {
    self.tag = tag
    random = seed
  }

  /// The value so long after the start.
  mutating func value(at elapsed: Duration) -> Double {
    let phase = (elapsed / tag.period).truncatingRemainder(dividingBy: 1)
    let level =
      switch tag.shape {
      case .sine: 0.5 + 0.5 * sin(2 * Double.pi * phase)
      case .ramp: phase
      case .square: phase < 0.5 ? 0.0 : 1.0
      case .walk: step()
      }
    return tag.minimum + (tag.maximum - tag.minimum) * level
  }

  private mutating func step() -> Double {
    // SplitMix64.
    random &+= 0x9E37_79B9_7F4A_7C15
    var bits = random
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    level += (Double(bits >> 11) / Double(1 << 53) - 0.5) / 25
    if level < 0 { level = -level }
    if level > 1 { level = 2 - level }
    return level
  }
}
