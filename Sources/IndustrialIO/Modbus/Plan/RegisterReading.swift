public import IndustrialModel

/// A value in a device and the tag that it becomes.
public struct RegisterReading: Sendable, Hashable {
  /// The tag of its samples.
  public var tag: TagID
  /// The device on the wire, 0 to 255.
  public var unit: UInt8
  /// Where its first register or bit stands.
  public var place: RegisterAddress
  /// What the registers mean; for a table of bits always `bool`.
  public var type: RegisterType
  /// The order of its bytes.
  public var order: ByteOrder
  /// The engineering value is `scale * number + offset`; with 1 and 0 whole numbers stay whole.
  public var scale: Double
  /// What is added after scaling.
  public var offset: Double

  /// A reading; by default the bare register.
  public init(
    tag: TagID, unit: UInt8, place: RegisterAddress, type: RegisterType = .uint16,
    order: ByteOrder = .abcd, scale: Double = 1, offset: Double = 0
  ) {
    self.tag = tag
    self.unit = unit
    self.place = place
    self.type = place.table.isBits ? .bool : type
    self.order = order
    self.scale = scale
    self.offset = offset
  }

  /// The value that stands in the words of a block (`ReadResult.registers(ofBlock:)`), so many places behind its first; none
  /// where the words end before.
  package func value(at offset: Int, in words: ArraySlice<UInt16>) -> Value {
    if place.table.isBits {
      let index = words.startIndex + (offset >> 4)
      guard words.indices.contains(index) else { return .none }
      return .bool(words[index] >> UInt16(offset & 15) & 1 == 1)
    }
    let value = type.decode(words.dropFirst(offset), order: order)
    guard scale != 1 || self.offset != 0, let number = value.doubleValue else { return value }
    return .double(scale * number + self.offset)
  }

  /// One reading for each register or bit of a block, with the tags `unitU/TABLE/ADDRESS`.
  public static func places(of block: RegisterBlock, tags: TagRegistry) -> [RegisterReading] {
    (0..<max(0, min(block.count, 65536 - Int(block.address)))).map { index in
      let place = RegisterAddress(
        block.table, block.address + UInt16(truncatingIfNeeded: index))
      return RegisterReading(
        tag: tags.intern("unit\(block.unit)/\(place)"), unit: block.unit, place: place)
    }
  }
}
