internal import IndustrialModel

/// Fills a template with samples. Keep one for many batches: it keeps its memory.
struct HTTPTemplateWriter {
  private let template: HTTPTemplate
  private let gateway: [UInt8]
  private let tags: TagRegistry
  private var names: [String] = []
  private var scratch: [UInt8] = []

  /// What a place is filled with.
  private enum Filling {
    case text
    /// Numbers and truths, which stand without quotes.
    case bare
    case none
  }

  init(_ template: HTTPTemplate, gateway: String, tags: TagRegistry) {
    self.template = template
    self.gateway = Array(gateway.utf8)
    self.tags = tags
  }

  /// Appends the body for the samples at some indices.
  mutating func append(
    _ batch: SampleBatch, _ indices: ArraySlice<Int>, to text: inout [UInt8]
  ) {
    guard let envelope = template.envelope else {
      return appendSamples(batch, indices, to: &text)
    }
    for part in envelope.parts {
      switch part {
      case .literal(let bytes): text.append(contentsOf: bytes)
      case .place(.samples, _): appendSamples(batch, indices, to: &text)
      case .place(let place, let isQuoted):
        scratch.removeAll(keepingCapacity: true)
        let filling = fill(place, batch, indices)
        append(filling, isQuoted, to: &text)
      }
    }
  }

  private mutating func appendSamples(
    _ batch: SampleBatch, _ indices: ArraySlice<Int>, to text: inout [UInt8]
  ) {
    for index in indices {
      if index != indices.first { text.append(template.escaping.separator) }
      for part in template.sample.parts {
        switch part {
        case .literal(let bytes): text.append(contentsOf: bytes)
        case .place(let place, let isQuoted):
          scratch.removeAll(keepingCapacity: true)
          let filling = fill(place, batch.records[index], of: batch)
          append(filling, isQuoted, to: &text)
        }
      }
    }
  }

  /// Puts what is in `scratch` where a place is.
  private func append(_ filling: Filling, _ isQuoted: Bool, to text: inout [UInt8]) {
    let isJSONValue = template.escaping == .json && !isQuoted
    switch filling {
    case .none: if isJSONValue { text.append("null" as StaticString) }
    case .bare where template.escaping == .form:
      // A plus sign is a blank there: 1e+20.
      template.escaping.append(scratch, to: &text)
    case .bare: text.append(contentsOf: scratch)
    case .text:
      if isJSONValue { text.append(UInt8(ascii: "\"")) }
      template.escaping.append(scratch, to: &text)
      if isJSONValue { text.append(UInt8(ascii: "\"")) }
    }
  }

  private mutating func fill(
    _ place: HTTPTemplate.EnvelopePlace, _ batch: SampleBatch,
    _ indices: ArraySlice<Int>
  ) -> Filling {
    switch place {
    case .gateway:
      scratch += gateway
      return .text
    case .count: scratch.append(decimal: UInt64(indices.count))
    case .first: scratch.append(decimal: indices.first.map { batch.records[$0].sequence } ?? 0)
    case .last: scratch.append(decimal: indices.last.map { batch.records[$0].sequence } ?? 0)
    case .samples: return .none
    }
    return .bare
  }

  private mutating func fill(
    _ place: HTTPTemplate.SamplePlace, _ record: SampleBatch.Record, of batch: SampleBatch
  ) -> Filling {
    switch place {
    case .gateway: scratch += gateway
    case .device: scratch.append(TagPath(name(of: record.tag)).device)
    case .tag: scratch.append(TagPath(name(of: record.tag)).tag)
    case .path: scratch.append(self.name(of: record.tag))
    case .quality: scratch.append(record.quality.severity)
    case .status: scratch.append(record.quality.description)
    case .sampleClass: scratch.append(record.sampleClass.name)
    case .time: record.gatewayTime.write(to: &scratch)
    case .sourceTime:
      guard let time = record.sourceTime else { return .none }
      time.write(to: &scratch)
    case .reason:
      guard let reason = record.reason else { return .none }
      scratch.append(reason)
    case .seq:
      scratch.append(decimal: record.sequence)
      return .bare
    case .timeMilliseconds:
      scratch.append(decimal: record.time.nanoseconds / 1_000_000)
      return .bare
    case .timeNanoseconds:
      scratch.append(decimal: record.time.nanoseconds)
      return .bare
    case .value: return fillValue(record, of: batch)
    }
    return .text
  }

  private mutating func fillValue(_ record: SampleBatch.Record, of batch: SampleBatch) -> Filling {
    guard record.hasUsableValue else { return .none }
    switch record.kind {
    case .string: scratch.append(contentsOf: batch.bytes(of: record))
    case .bytes: scratch.append(hex: batch.bytes(of: record))
    default:
      record.appendScalar(to: &scratch)
      return .bare
    }
    return .text
  }

  private mutating func name(of tag: TagID) -> String {
    let number = Int(tag.rawValue)
    if number >= names.count { names = tags.names }
    // A number without a name can only come from a mix-up of registries.
    return number < names.count ? names[number] : "?/\(number)"
  }
}
