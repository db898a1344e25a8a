internal import IndustrialModel

/// The JSON lines that scripts build on (docs/json-lines.md).
struct JSONLinesStyle: SampleStyle {
  var header: [UInt8] { [] }

  var lines: (any LineSyntax)? { PlainLines(beginning: #"{"time":""#) }

  func prefix(forTag name: String) -> [UInt8] {
    var text: [UInt8] = []
    text.append(#"","tag":"# as StaticString)
    text.append(json: name)
    text.append(#","value":"# as StaticString)
    return text
  }

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: UnsafeBufferPointer<UInt8>,
    to text: inout [UInt8]
  ) {
    text.append(#"{"time":""# as StaticString)
    record.gatewayTime.write(to: &text)
    text.append(contentsOf: prefix)
    record.appendJSON(of: batch, to: &text)
    text.append(#","quality":""# as StaticString)
    text.append(record.quality.severity)
    text.append(#"","status":""# as StaticString)
    text.append(record.quality.description)
    text.append(#"","class":""# as StaticString)
    text.append(record.sampleClass.name)
    text.append(#"","seq":"# as StaticString)
    text.append(decimal: record.sequence)
    if let sourceTime = record.sourceTime {
      text.append(#","source_time":""# as StaticString)
      sourceTime.write(to: &text)
      text.append(UInt8(ascii: "\""))
    }
    if let reason = record.reason {
      text.append(#","reason":"# as StaticString)
      text.append(json: reason)
    }
    text.append("}\n" as StaticString)
  }
}

extension SampleBatch.Record {
  /// Appends the value as JSON; `null` where there is none that a reader may use.
  func appendJSON(of batch: SampleBatch, to text: inout [UInt8]) {
    guard hasUsableValue else { return text.append("null" as StaticString) }
    switch kind {
    case .string: text.append(json: batch.bytes(of: self))
    case .bytes:
      text.append(UInt8(ascii: "\""))
      text.append(hex: batch.bytes(of: self))
      text.append(UInt8(ascii: "\""))
    default: appendScalar(to: &text)
    }
  }
}
