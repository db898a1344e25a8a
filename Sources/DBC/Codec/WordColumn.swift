internal import CDecodeKernels

/// How one signal's bits stand in columns of words: the same shifts for every row.
struct WordColumn {
  private var column = dk_column()

  /// `words` begins a block of columns, each `rowCount` words long. The signal must lie within them.
  init(_ signal: dk_signal, _ words: UnsafePointer<UInt64>, _ rowCount: Int) {
    let bitCount = Int(signal.bitCount)
    // The position of the first bit: least significant first in Intel order, most significant first in Motorola order.
    let inWindow: Int
    if signal.isBigEndian != 0 || signal.nineBits > 0 {
      inWindow = Int(signal.left)
    } else {
      inWindow = Int(signal.right) - Int(signal.left)
    }
    let first = Int(signal.offset) * 8 + inWindow
    let word = first >> 6
    let shift = first & 63
    column.low = words + word * rowCount
    column.right = signal.right
    column.kind = signal.kind
    column.isBigEndian = signal.isBigEndian
    column.factor = signal.factor
    column.addend = signal.addend
    if shift + bitCount <= 64 {
      column.high = column.low
      column.left = UInt8(
        truncatingIfNeeded: signal.isBigEndian != 0 ? shift : 64 - shift - bitCount)
    } else {
      column.isSplit = 1
      column.high = words + (word + 1) * rowCount
      column.shift = UInt8(truncatingIfNeeded: shift)
    }
  }

  /// The bits of the signal in a row, at the upper end of the word.
  @inline(__always)
  func aligned(_ row: Int) -> UInt64 {
    let isBigEndian = column.isBigEndian != 0
    let low = isBigEndian ? column.low[row].bigEndian : column.low[row].littleEndian
    if column.isSplit == 0 { return low &<< UInt64(column.left) }
    let high = isBigEndian ? column.high[row].bigEndian : column.high[row].littleEndian
    let shift = UInt64(column.shift)
    if isBigEndian { return low &<< shift | high &>> (64 &- shift) }
    return (low &>> shift | high &<< (64 &- shift)) &<< UInt64(column.right)
  }

  /// The bits of the signal in a row, the sign not extended.
  @inline(__always)
  func bits(_ row: Int) -> UInt64 { aligned(row) &>> UInt64(column.right) }

  /// Writes the values of all rows.
  func decode(_ count: Int, _ values: UnsafeMutablePointer<Double>, vectors: Bool) {
    if vectors, Int(column.kind) != DK_FLOAT16 {
      withUnsafePointer(to: column) { dk_decode_column($0, Int64(count), values) }
      return
    }
    let right = UInt64(column.right)
    let factor = column.factor
    let addend = column.addend
    switch Int(column.kind) {
    case DK_UNSIGNED where column.isSplit == 0 && column.isBigEndian == 0:
      let left = UInt64(column.left)
      for row in 0..<count {
        let bits = (column.low[row].littleEndian &<< left) &>> right
        values[row] = Double(Int64(bitPattern: bits)) * factor + addend
      }
    case DK_UNSIGNED:
      for row in 0..<count {
        values[row] = Double(Int64(bitPattern: aligned(row) &>> right)) * factor + addend
      }
    case DK_SIGNED:
      for row in 0..<count {
        values[row] =
          Double(Int64(bitPattern: aligned(row)) &>> Int64(column.right)) * factor + addend
      }
    case DK_UNSIGNED64:
      for row in 0..<count { values[row] = Double(aligned(row)) * factor + addend }
    case DK_FLOAT64:
      for row in 0..<count { values[row] = Double(bitPattern: aligned(row)) * factor + addend }
    case DK_FLOAT32:
      for row in 0..<count {
        let bits = UInt32(truncatingIfNeeded: aligned(row) &>> right)
        values[row] = Double(Float(bitPattern: bits)) * factor + addend
      }
    default:
      for row in 0..<count {
        let bits = UInt16(truncatingIfNeeded: aligned(row) &>> right)
        values[row] = double(halfBits: bits) * factor + addend
      }
    }
  }
}
