internal import IndustrialModel

/// Has the samples of a batch written, and finds those that the server refuses for their content.
struct RefusalSearch {
  private let batch: SampleBatch
  private let tags: TagRegistry
  /// What was refused so far.
  private(set) var report = DeliveryReport()

  init(_ batch: SampleBatch, tags: TagRegistry) {
    self.batch = batch
    self.tags = tags
  }

  /// Has the samples at some indices written. Those of a tag whose type is in conflict are known by the server's words; what
  /// is refused otherwise is cut in half until the culprits stand alone.
  ///
  /// - Parameter write: Gives the server's words where it refuses one of the samples, and nil where it has them all.
  mutating func deliver(
    _ indices: ArraySlice<Int>, by write: (ArraySlice<Int>) throws(SinkError) -> String?
  ) throws(SinkError) {
    var rest = indices
    while let first = rest.first, let reason = try write(rest) {
      if rest.count == 1 {
        report.rejections.append(.init(index: first, reason: reason))
        return
      }
      let refused = inConflict(rest, reason)
      if refused.isEmpty {
        let middle = rest.startIndex + rest.count / 2
        try deliver(rest[..<middle], by: write)
        rest = rest[middle...]
      } else {
        report.rejections += refused.map { .init(index: $0, reason: reason) }
        let known = Set(refused)
        rest = rest.filter { !known.contains($0) }[...]
      }
    }
  }

  /// Which samples a server means that finds fields of another type.
  private func inConflict(_ indices: ArraySlice<Int>, _ reason: String) -> [Int] {
    guard let conflict = FieldTypeConflict(in: reason) else { return [] }
    let names = tags.names
    return indices.filter { index in
      let tag = Int(batch.records[index].tag.rawValue)
      return tag < names.count && conflict.concerns(batch.records[index], tag: names[tag])
    }
  }
}
