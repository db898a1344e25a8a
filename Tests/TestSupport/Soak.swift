import Foundation

/// The long variants of tests, for `scripts/soak`: IIOT_SOAK is set.
public enum Soak {
  /// Whether long variants are asked for.
  public static let isOn = ProcessInfo.processInfo.environment["IIOT_SOAK"] != nil

  /// How many random cases a test tries: `usual`, or in a long run `full`. In a debug build, where each takes some ten times as long,
  /// a tenth of that: what is random is worth most where most of it is tried.
  public static func cases<Count: BinaryInteger>(_ usual: Count, full: Count) -> Count {
    guard isOn else { return usual }
    #if DEBUG
      return full / 10
    #else
      return full
    #endif
  }
}
