/// A piece of the source text: bytes that are decoded only when somebody asks.
struct TextRange: Equatable {
  var offset: UInt32
  var count: UInt32

  init(offset: Int, count: Int) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.count = UInt32(truncatingIfNeeded: count)
  }

  /// No text at all, which is not the same as an empty one.
  static let none = TextRange(offset: 0xFFFF_FFFF, count: 0)

  var isNone: Bool { offset == 0xFFFF_FFFF }
  var start: Int { Int(offset) }
  var end: Int { Int(offset) + Int(count) }
}
