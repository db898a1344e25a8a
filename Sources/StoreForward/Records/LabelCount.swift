/// How much of something a record holds: the store adds these up for records that it must give up.
public struct LabelCount: Sendable, Hashable {
  /// What is counted; its meaning is the caller's (a tag, a source).
  public var label: UInt32
  /// How many.
  public var count: UInt64

  /// A count for a label.
  public init(label: UInt32, count: UInt64) {
    self.label = label
    self.count = count
  }

  static let encodedSize = 12

  static func decode(_ bytes: UnsafeRawBufferPointer) -> [LabelCount] {
    stride(from: 0, through: bytes.count - encodedSize, by: encodedSize).map {
      LabelCount(label: bytes.load(UInt32.self, $0), count: bytes.load(UInt64.self, $0 + 4))
    }
  }
}
