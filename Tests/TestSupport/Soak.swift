import Foundation

/// The long variants of tests, for `scripts/soak`: IIOT_SOAK is set.
public enum Soak {
  /// Whether long variants are asked for.
  public static let isOn = ProcessInfo.processInfo.environment["IIOT_SOAK"] != nil

  /// How many random cases a test tries: `usual`, or in a long run `full`. Those of the tests that compute are for an optimised
  /// build: in a debug build each takes some ten times as long.
  public static func cases<Count>(_ usual: Count, full: Count) -> Count { isOn ? full : usual }
}
