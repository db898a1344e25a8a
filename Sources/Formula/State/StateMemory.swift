/// The memory of one call: a count of samples, two times, two values and a window, 64 bits each. In the place of a window there
/// may be the times of the formula's inputs.
struct StateMemory {
  /// Where the window starts.
  static let window = 5

  private let words: UnsafeMutablePointer<UInt64>

  /// `words` must have as many words as the call's site says.
  init(_ words: UnsafeMutablePointer<UInt64>) { self.words = words }

  /// How many samples were seen.
  var count: UInt64 {
    get { words[0] }
    nonmutating set { words[0] = newValue }
  }
  /// The time of the last sample that was not late.
  var time: Int64 {
    get { Int64(bitPattern: words[1]) }
    nonmutating set { words[1] = UInt64(bitPattern: newValue) }
  }
  /// Since when a condition lasts.
  var since: Int64 {
    get { Int64(bitPattern: words[2]) }
    nonmutating set { words[2] = UInt64(bitPattern: newValue) }
  }
  /// Whether there was enough for a first result; in the place of `since`, for a function without a condition.
  var isMeasured: Bool {
    get { words[2] != 0 }
    nonmutating set { words[2] = newValue ? 1 : 0 }
  }
  var first: Double {
    get { Double(bitPattern: words[3]) }
    nonmutating set { words[3] = newValue.bitPattern }
  }
  var second: Double {
    get { Double(bitPattern: words[4]) }
    nonmutating set { words[4] = newValue.bitPattern }
  }

  /// A value of the window.
  subscript(index: Int) -> Double {
    get { Double(bitPattern: words[Self.window + index]) }
    nonmutating set { words[Self.window + index] = newValue.bitPattern }
  }

  func time(_ index: Int) -> Int64 { Int64(bitPattern: words[Self.window + index]) }

  func setTime(_ index: Int, _ time: Int64) {
    words[Self.window + index] = UInt64(bitPattern: time)
  }
}
