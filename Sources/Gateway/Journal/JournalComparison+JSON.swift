internal import IndustrialModel

extension JournalComparison.Tag {
  /// One JSON object without a line end (docs/json-lines.md).
  public var jsonLine: String {
    OrderedJSON.object([
      ("tag", .string(name)), ("old", .integer(oldCount)), ("new", .integer(newCount)),
      ("different", .integer(differing)),
      ("largest", largestDifference.map { .literal("\($0)") } ?? .null),
      ("first", first.map(\.json) ?? .null),
    ]).line
  }
}

extension JournalComparison.Tag.Example {
  fileprivate var json: OrderedJSON {
    .object([
      ("time", .string("\(time)")), ("old", old.map(\.json) ?? .null),
      ("new", new.map(\.json) ?? .null),
    ])
  }
}

extension JournalComparison {
  /// One JSON object without a line end: what both configurations cost a second (docs/json-lines.md).
  public var jsonLine: String {
    OrderedJSON.object([
      ("seconds", .literal("\(span / .seconds(1))")), ("old", json(old)), ("new", json(new)),
    ]).line
  }

  /// So many samples a second.
  public func sampleRate(_ load: Load) -> Double { rate(load.samples) }

  /// So many bytes a second.
  public func byteRate(_ load: Load) -> Double { rate(load.bytes) }

  private func rate(_ count: Int) -> Double {
    span > .zero ? Double(count) / (span / .seconds(1)) : 0
  }

  private func json(_ load: Load) -> OrderedJSON {
    .object([
      ("samples", .integer(load.samples)), ("samples_per_s", .literal("\(sampleRate(load))")),
      ("bytes_per_s", .literal("\(byteRate(load))")),
      ("requests_per_s", .literal("\(load.requestRate)")),
    ])
  }
}
