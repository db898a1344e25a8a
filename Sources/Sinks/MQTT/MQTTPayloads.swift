internal import IndustrialModel

/// Writes what a message holds.
struct MQTTPayloads {
  private let kind: MQTTSinkOptions.Payload
  private var formatter: SampleFormatter

  init(_ kind: MQTTSinkOptions.Payload, tags: TagRegistry) {
    self.kind = kind
    formatter = SampleFormatter(kind == .influx ? .influx : .jsonl, tags: tags)
  }

  /// The payload of the samples at some indices: lines without the last line end, or one value.
  mutating func payload(of batch: SampleBatch, _ indices: ArraySlice<Int>) -> [UInt8] {
    var text: [UInt8] = []
    guard kind == .value else {
      formatter.append(batch, indices, to: &text)
      if text.last == UInt8(ascii: "\n") { text.removeLast() }
      return text
    }
    for index in indices where batch.records[index].hasUsableValue {
      let record = batch.records[index]
      switch record.kind {
      case .string: text.append(contentsOf: batch.bytes(of: record))
      case .bytes: text.append(hex: batch.bytes(of: record))
      default: record.appendScalar(to: &text)
      }
    }
    return text
  }
}
