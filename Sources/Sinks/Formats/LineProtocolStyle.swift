internal import IndustrialModel

/// InfluxDB line protocol: the device is the measurement, the tag the field, so that each tag keeps a
/// field type of its own. What is not good carries the StatusCode in a field `TAG.status`; a bad or not finite value
/// has only that field.
struct LineProtocolStyle: SampleStyle, LineSyntax {
  var header: [UInt8] { [] }

  var lines: (any LineSyntax)? { self }

  func scan(_ text: ArraySlice<UInt8>) -> LineScan { LineProtocolScanner.scan(text) }

  func prefix(forTag name: String) -> [UInt8] {
    let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var text: [UInt8] = []
    text.append(measurement: parts.count == 2 && !parts[0].isEmpty ? parts[0] : "tag")
    text.append(UInt8(ascii: " "))
    text.append(fieldKey: parts.count == 2 ? parts[1] : parts[0])
    return text
  }

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: UnsafeBufferPointer<UInt8>,
    to text: inout [UInt8]
  ) {
    text.append(contentsOf: prefix)
    var status = record.quality.rawValue
    if record.hasUsableValue {
      text.append(UInt8(ascii: "="))
      appendValue(of: record, batch: batch, to: &text)
      if !record.quality.isGood {
        text.append(UInt8(ascii: ","))
        // The field key again, which is what the prefix ends with.
        text.append(contentsOf: fieldKey(in: prefix))
      }
    } else if record.quality.isGood {
      status = Quality.badOutOfRange.rawValue
    }
    if !record.hasUsableValue || !record.quality.isGood {
      text.append(".status=" as StaticString)
      text.append(decimal: status)
      text.append(UInt8(ascii: "i"))
    }
    text.append(UInt8(ascii: " "))
    text.append(decimal: (record.sourceTime ?? record.gatewayTime).nanoseconds)
    text.append(UInt8(ascii: "\n"))
  }

  private func appendValue(
    of record: SampleBatch.Record, batch: SampleBatch, to text: inout [UInt8]
  ) {
    switch record.kind {
    case .none: break
    case .bool: text.append(record.bits != 0 ? "true" : "false" as StaticString)
    case .int64:
      text.append(decimal: Int64(bitPattern: record.bits))
      text.append(UInt8(ascii: "i"))
    case .uint64:
      text.append(decimal: record.bits)
      // Unsigned fields are newer than InfluxDB 1; signed ones hold all but the largest numbers.
      text.append(record.bits <= UInt64(Int64.max) ? UInt8(ascii: "i") : UInt8(ascii: "u"))
    case .double: text.append(shortest: Double(bitPattern: record.bits))
    case .string: text.append(fieldString: batch.bytes(of: record))
    case .bytes:
      text.append(UInt8(ascii: "\""))
      text.append(hex: batch.bytes(of: record))
      text.append(UInt8(ascii: "\""))
    }
  }

  /// The part of a prefix behind its first blank that is not escaped.
  private func fieldKey(
    in prefix: UnsafeBufferPointer<UInt8>
  ) -> Slice<UnsafeBufferPointer<UInt8>> {
    var isEscaped = false
    for (index, byte) in prefix.enumerated() {
      if byte == UInt8(ascii: " "), !isEscaped { return prefix[(index + 1)...] }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    }
    return prefix[...]
  }
}

extension [UInt8] {
  fileprivate mutating func append(measurement name: Substring) {
    for byte in name.utf8 {
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") { append(UInt8(ascii: "\\")) }
      append(nameByte: byte)
    }
  }

  fileprivate mutating func append(fieldKey name: Substring) {
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "="): append(UInt8(ascii: "\\"))
      default: break
      }
      append(nameByte: byte)
    }
  }

  /// Line protocol can't carry line ends in names, nor a backslash before a delimiter: both become `_`.
  private mutating func append(nameByte byte: UInt8) {
    append(byte < 0x20 || byte == UInt8(ascii: "\\") ? UInt8(ascii: "_") : byte)
  }

  fileprivate mutating func append(fieldString text: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}
