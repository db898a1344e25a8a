internal import IndustrialModel

/// Comma-separated values: RFC 4180 with LF line ends.
struct CSVStyle: SampleStyle, LineSyntax {
  var header: [UInt8] {
    Array("time,tag,value,quality,status,class,seq,source_time,reason\n".utf8)
  }

  var lines: (any LineSyntax)? { self }

  func scan(_ text: ArraySlice<UInt8>) -> LineScan { CSVScanner.scan(text, header: header) }

  func prefix(forTag name: String) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: ",")]
    text.append(csv: name.utf8)
    text.append(UInt8(ascii: ","))
    return text
  }

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: UnsafeBufferPointer<UInt8>,
    to text: inout [UInt8]
  ) {
    record.gatewayTime.write(to: &text)
    text.append(contentsOf: prefix)
    if record.hasUsableValue {
      switch record.kind {
      case .string: text.append(csv: batch.bytes(of: record))
      case .bytes: text.append(hex: batch.bytes(of: record))
      default: record.appendScalar(to: &text)
      }
    }
    text.append(UInt8(ascii: ","))
    text.append(record.quality.severity)
    text.append(UInt8(ascii: ","))
    text.append(record.quality.description)
    text.append(UInt8(ascii: ","))
    text.append(record.sampleClass.name)
    text.append(UInt8(ascii: ","))
    text.append(decimal: record.sequence)
    text.append(UInt8(ascii: ","))
    record.sourceTime?.write(to: &text)
    text.append(UInt8(ascii: ","))
    if let reason = record.reason { text.append(csv: reason.utf8) }
    text.append(UInt8(ascii: "\n"))
  }
}

extension [UInt8] {
  /// Appends a CSV field, in quotes where it must be.
  package mutating func append(csv field: some Collection<UInt8>) {
    let needsQuotes = field.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
    }
    guard needsQuotes else { return append(contentsOf: field) }
    append(UInt8(ascii: "\""))
    for byte in field {
      if byte == UInt8(ascii: "\"") { append(byte) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}
