internal import CANCore

/// Turns batches into the bytes of a log format.
protocol CANLogEncoder: Sendable {
  /// Frames whose time the format can't hold; they were written at the nearest time that it can.
  var shiftedTimes: Int { get }

  /// Appends the frames.
  mutating func append(_ batch: CANFrameBatch, to bytes: inout [UInt8])

  /// Appends what ends the log.
  mutating func finish(to bytes: inout [UInt8])

  /// What must stand at the beginning of the file, now that all is known; nil when nothing changes there.
  func finalHead() -> [UInt8]?
}

extension CANLogEncoder {
  var shiftedTimes: Int { 0 }
  mutating func finish(to bytes: inout [UInt8]) {}
  func finalHead() -> [UInt8]? { nil }
}

/// candump's log file behind the common face.
struct CandumpEncoder: CANLogEncoder {
  var writer = CandumpWriter()
  private(set) var shiftedTimes = 0

  mutating func append(_ batch: CANFrameBatch, to bytes: inout [UInt8]) {
    for header in batch.headers where header.time < 0 { shiftedTimes += 1 }
    writer.append(batch, to: &bytes)
  }
}

/// Numbers as the text formats have them.
enum LogText {
  static let upper = Array("0123456789ABCDEF".utf8)
  static let lower = Array("0123456789abcdef".utf8)

  static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// So many decimal digits, with leading zeros.
  static func append(_ value: UInt64, digits: Int, to bytes: inout [UInt8]) {
    let end = bytes.count + digits
    for _ in 0..<digits { bytes.append(ASCII.zero) }
    var rest = value
    var index = end - 1
    while rest > 0, index >= end - digits {
      bytes[index] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      index -= 1
    }
  }

  /// As many decimal digits as it takes, right-aligned in a column of `width`.
  static func append(_ value: UInt64, width: Int = 1, to bytes: inout [UInt8]) {
    var digits = 1
    var limit: UInt64 = 10
    while value >= limit, digits < 20 {
      digits += 1
      let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
      if overflow { break }
      limit = next
    }
    for _ in 0..<max(0, width - digits) { bytes.append(ASCII.space) }
    append(value, digits: digits, to: &bytes)
  }

  /// Upper-case hexadecimal without leading zeros, or with so many digits.
  static func append(hex value: UInt32, digits: Int? = nil, to bytes: inout [UInt8]) {
    let count = digits ?? max(1, (35 - value.leadingZeroBitCount) / 4)
    for index in (0..<count).reversed() {
      bytes.append(upper[Int(value >> UInt32(index * 4)) & 15])
    }
  }
}
