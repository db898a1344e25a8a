internal import IndustrialModel

/// The numbers of records that are dealt with: all up to one, and some beyond.
struct PlaceSet: Equatable, Sendable {
  private(set) var through: UInt64 = 0
  /// In order, not touching.
  private(set) var beyond: [ClosedRange<UInt64>] = []

  init(through: UInt64 = 0, beyond: [ClosedRange<UInt64>] = []) {
    self.through = through
    for range in beyond { insert(range) }
  }

  func contains(_ number: UInt64) -> Bool {
    number <= through || beyond.contains { $0.contains(number) }
  }

  /// Whether one of these numbers is in it.
  func intersects(_ numbers: ClosedRange<UInt64>) -> Bool {
    numbers.lowerBound <= through || beyond.contains { $0.overlaps(numbers) }
  }

  /// How many of these numbers are not in it.
  func missing(in numbers: ClosedRange<UInt64>) -> UInt64 {
    guard numbers.upperBound > through else { return 0 }
    let first = max(numbers.lowerBound, through &+ 1)
    var count = numbers.upperBound - first &+ 1
    for range in beyond where range.overlaps(first...numbers.upperBound) {
      count -= min(range.upperBound, numbers.upperBound) - max(range.lowerBound, first) &+ 1
    }
    return count
  }

  mutating func insert(through number: UInt64) {
    through = max(through, number)
    absorb()
  }

  mutating func insert(_ numbers: ClosedRange<UInt64>) {
    guard numbers.upperBound > through else { return }
    var merged = numbers
    beyond.removeAll { other in
      let touches =
        other.lowerBound <= merged.upperBound &+ 1 && merged.lowerBound <= other.upperBound &+ 1
      if touches {
        merged =
          min(merged.lowerBound, other.lowerBound)...max(merged.upperBound, other.upperBound)
      }
      return touches
    }
    beyond.insert(
      merged, at: beyond.firstIndex { $0.lowerBound > merged.lowerBound } ?? beyond.count)
    absorb()
  }

  private mutating func absorb() {
    while let first = beyond.first, first.lowerBound <= through &+ 1 {
      through = max(through, first.upperBound)
      beyond.removeFirst()
    }
  }

  func write(to bytes: inout [UInt8]) {
    bytes.appendVarint(through)
    bytes.appendVarint(beyond.count)
    for range in beyond {
      bytes.appendVarint(range.lowerBound)
      bytes.appendVarint(range.upperBound - range.lowerBound)
    }
  }

  init?(_ reader: inout VarintReader) {
    guard let through = reader.next(), let count = reader.nextLength() else { return nil }
    self.init(through: through)
    for _ in 0..<count {
      guard let first = reader.next(), let length = reader.next(), length <= .max - first else {
        return nil
      }
      insert(first...(first + length))
    }
  }
}
