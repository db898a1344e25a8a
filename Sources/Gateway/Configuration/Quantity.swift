/// Durations and sizes as people write them in a configuration or on a command line.
package enum Quantity {
  /// `250ms`, `1s`, `1.5h`; the unit is required. Nil for anything else, and for negative ones.
  package static func duration(_ text: some StringProtocol) -> Duration? {
    let units: [(String, Double)] = [
      ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("min", 60), ("s", 1), ("h", 3600),
      ("d", 86_400),
    ]
    guard let (number, unit) = split(text, units: units) else { return nil }
    let seconds = number * unit
    guard seconds < 1e9 else { return nil }
    return .nanoseconds(Int64((seconds * 1e9).rounded()))
  }

  /// `64MiB`, `8GiB`, `512kB`, `4096B`; the unit is required. Nil for anything else.
  package static func size(_ text: some StringProtocol) -> Int? {
    let units: [(String, Double)] = [
      ("KiB", 1024), ("kiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
      ("TiB", 1_099_511_627_776), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ]
    guard let (number, unit) = split(text, units: units), number * unit < 9e18 else { return nil }
    return Int(number * unit)
  }

  private static func split(
    _ text: some StringProtocol, units: [(String, Double)]
  ) -> (Double, Double)? {
    guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
    for (suffix, unit) in units where text.hasSuffix(suffix) {
      let digits = text.dropLast(suffix.count)
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
        let number = Double(digits)
      else { return nil }
      return (number, unit)
    }
    return nil
  }
}
