// Every number on disk is little-endian. The caller has proved the bounds.
extension UnsafeRawBufferPointer {
  @inline(__always)
  func load<Number: FixedWidthInteger>(_ type: Number.Type, _ offset: Int) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

extension UnsafeRawPointer {
  @inline(__always)
  func load<Number: FixedWidthInteger>(_ type: Number.Type, _ offset: Int) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  func store<Number: FixedWidthInteger>(_ value: Number, _ offset: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self)
  }
}

/// `count` rounded up to a multiple of eight.
@inline(__always)
func padded(_ count: Int) -> Int { (count &+ 7) & ~7 }
