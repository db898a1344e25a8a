internal import IndustrialModel

/// Aligned columns for people. Nothing to build on.
struct TableStyle: SampleStyle {
  private static let tagWidth = 40
  private static let valueWidth = 14

  var header: [UInt8] {
    var text: [UInt8] = []
    text.append("TIME (UTC)      " as StaticString)
    text.append(padded: Array("TAG".utf8), to: Self.tagWidth)
    text.append(leading: Array("VALUE".utf8), to: Self.valueWidth)
    text.append("  QUALITY\n" as StaticString)
    return text
  }

  var lines: (any LineSyntax)? { nil }

  func prefix(forTag name: String) -> [UInt8] {
    var text: [UInt8] = []
    // Control characters in a name from outside must not reach the terminal.
    text.append(
      padded: name.utf8.replacingControls(with: UInt8(ascii: "?")), to: Self.tagWidth)
    return text
  }

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: UnsafeBufferPointer<UInt8>,
    to text: inout [UInt8]
  ) {
    var time: [UInt8] = []
    record.gatewayTime.write(to: &time)
    text.append(contentsOf: time[11..<23])
    text.append("    " as StaticString)
    text.append(contentsOf: prefix)
    var value: [UInt8] = []
    if record.hasUsableValue {
      switch record.kind {
      case .string:
        value += batch.bytes(of: record).replacingControls(with: UInt8(ascii: "?"))
      case .bytes: value.append(hex: batch.bytes(of: record))
      case .double: value.append(shortest: Self.rounded(Double(bitPattern: record.bits)))
      default: record.appendScalar(to: &value)
      }
    } else {
      value.append("-" as StaticString)
    }
    text.append(leading: value, to: Self.valueWidth)
    text.append("  " as StaticString)
    text.append(record.quality.severity)
    if let reason = record.reason {
      text.append(": " as StaticString)
      text.append(reason)
    }
    text.append(UInt8(ascii: "\n"))
  }

  /// Six significant digits: more would only be noise to the eye. The other formats are exact.
  private static func rounded(_ value: Double) -> Double {
    guard value != 0, value.magnitude < 1e15, value.magnitude > 1e-9 else { return value }
    var unit = 1.0
    while value.magnitude * unit < 100_000 { unit *= 10 }
    return (value * unit).rounded() / unit
  }
}

extension [UInt8] {
  fileprivate mutating func append(padded text: [UInt8], to width: Int) {
    append(contentsOf: text)
    append(contentsOf: repeatElement(UInt8(ascii: " "), count: Swift.max(1, width - text.count)))
  }

  fileprivate mutating func append(leading text: [UInt8], to width: Int) {
    append(contentsOf: repeatElement(UInt8(ascii: " "), count: Swift.max(0, width - text.count)))
    append(contentsOf: text)
  }
}
