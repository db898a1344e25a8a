internal import CDecodeKernels

/// How the columns of a section are computed; all ways give the same bits.
enum ColumnKernel: CaseIterable {
  case portable
  case avx2
  case avx512

  /// The fastest that this processor has.
  static let best: ColumnKernel = allCases.last { $0.isPresent } ?? .portable

  var isPresent: Bool {
    switch self {
    case .portable: true
    case .avx2: dk_has_avx2() != 0
    case .avx512: dk_has_vectors() != 0
    }
  }

  /// Writes the values of signals, one column behind the other. `words` begins a block of columns, `rowCount` words each.
  func decode(
    _ signals: UnsafePointer<dk_signal>, _ signalCount: Int, _ words: UnsafePointer<UInt64>,
    _ rowCount: Int, _ values: UnsafeMutablePointer<Double>
  ) {
    switch self {
    case .avx512: dk_decode_columns(signals, Int64(signalCount), words, Int64(rowCount), values)
    case .avx2: dk_decode_columns_avx2(signals, Int64(signalCount), words, Int64(rowCount), values)
    case .portable:
      for index in 0..<signalCount {
        WordColumn(signals[index], words, rowCount).decode(rowCount, values + index * rowCount)
      }
    }
  }
}

/// How one signal's bits stand in columns of words: the same shifts for every row.
struct WordColumn {
  private struct Place {
    var low: UnsafePointer<UInt64>
    var high: UnsafePointer<UInt64>
    /// Of a signal that ends in the next word: how far the parts move.
    var shift: UInt8 = 0
    var left: UInt8 = 0
    var right: UInt8
    var kind: UInt8
    var isBigEndian: UInt8
    var isSplit: UInt8 = 0
    var factor: Double
    var addend: Double
  }

  private var column: Place

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
    let low = words + word * rowCount
    column = Place(
      low: low, high: low, right: signal.right, kind: signal.kind,
      isBigEndian: signal.isBigEndian, factor: signal.factor, addend: signal.addend)
    if shift + bitCount <= 64 {
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
  func decode(_ count: Int, _ values: UnsafeMutablePointer<Double>) {
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
