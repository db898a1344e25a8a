internal import IndustrialModel

/// Gives values that need no decoding to the tags of their names.
struct ValueDecoder: WireDecoder, Sendable {
  private let tags: [String: TagID]
  /// The tags of the names that came last.
  private var names: [String] = []
  private var numbers: [TagID?] = []

  /// - Parameter tags: Those that there are, by their names; values of others are passed over.
  init(_ tags: [String: TagID]) { self.tags = tags }

  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments {
    guard case .values(let values) = event else { return Moments(at: time) }
    if names != values.names {
      names = values.names
      numbers = names.map { tags[$0] }
    }
    var samples = SampleBatch()
    samples.reserveCapacity(values.entries.count)
    for entry in values.entries {
      guard numbers.indices.contains(entry.name), let tag = numbers[entry.name] else { continue }
      samples.append(
        Sample(
          tag: tag, value: entry.value, quality: entry.quality, gatewayTime: time.gateway,
          monotonicTime: time.monotonic))
    }
    return Moments(samples: samples, grouping: .whole, time: time)
  }
}
