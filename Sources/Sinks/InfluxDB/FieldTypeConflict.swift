internal import IndustrialModel

/// What InfluxDB says when a field has another type already: it has then taken all other points of the request.
///
/// `field type conflict: input field "flow" on measurement "pump" is type float, already exists as type integer`
struct FieldTypeConflict: Equatable {
  var field: String
  var measurement: String
  var type: String

  init?(in message: String) {
    // The server's JSON escapes the quotes.
    let text = message.replacing("\\\"", with: "\"")
    guard
      let field = Self.word(in: text, between: "input field \"", and: "\" on measurement \""),
      let measurement = Self.word(in: text, between: "\" on measurement \"", and: "\" is type "),
      let type = Self.word(in: text, between: "\" is type ", and: ", already exists")
    else { return nil }
    (self.field, self.measurement, self.type) = (field, measurement, type)
  }

  private static func word(
    in text: String, between start: String, and end: String
  ) -> String? {
    guard let head = text.firstRange(of: start),
      let tail = text[head.upperBound...].firstRange(of: end)
    else { return nil }
    return String(text[head.upperBound..<tail.lowerBound])
  }

  /// Whether a sample of a tag is one of those that were refused.
  func concerns(_ record: SampleBatch.Record, tag: String) -> Bool {
    let parts = tag.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.count == 2 ? parts[1] : parts[0]
    guard parts.count == 2 ? parts[0] == measurement : measurement == "tag" else { return false }
    if field == "\(name).status" { return !record.hasUsableValue || !record.quality.isGood }
    guard field == name, record.hasUsableValue else { return false }
    switch record.kind {
    case .bool: return type == "boolean"
    case .int64: return type == "integer"
    case .uint64: return type == (record.bits <= UInt64(Int64.max) ? "integer" : "unsigned")
    case .double: return type == "float"
    case .string, .bytes: return type == "string"
    case .none: return false
    }
  }
}
