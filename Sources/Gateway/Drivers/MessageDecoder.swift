internal import IndustrialModel
internal import MQTT

/// Takes values out of the messages of a broker, and knows what each tag had last.
struct MessageDecoder: WireDecoder, Sendable {
  private struct Entry {
    var sample: Sample
    /// Whether the tag was told to be bad since.
    var isSilent = false
  }

  private var sampler: MQTTSampler
  private var entries: [Entry] = []
  /// The place in `entries` by tag number, -1 for none.
  private var places: [Int] = []

  /// Messages of which a tag could not be made.
  var refused: UInt64 { sampler.refused }
  /// The last of them, and why.
  var lastRefusal: String? { sampler.lastRefusal }

  init(_ sampler: MQTTSampler) { self.sampler = sampler }

  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments {
    switch event {
    case .messages(let messages):
      var samples = SampleBatch()
      sampler.append(messages, at: time.gateway, monotonic: time.monotonic, to: &samples)
      for sample in samples { keep(sample) }
      return Moments(samples: samples, grouping: .byTime, time: time)
    case .lost: return silence(at: time)
    case .back: return lastUsable(at: time)
    default: return Moments(at: time)
    }
  }

  private mutating func keep(_ sample: Sample) {
    let number = Int(sample.tag.rawValue)
    let missing = number - places.count + 1
    if missing > 0 { places += [Int](repeating: -1, count: missing) }
    if places[number] >= 0 {
      entries[places[number]] = Entry(sample: sample)
    } else {
      places[number] = entries.count
      entries.append(Entry(sample: sample))
    }
  }

  private func isKept(_ tag: TagID) -> Bool {
    let number = Int(tag.rawValue)
    return number < places.count && places[number] >= 0
  }

  /// A sample of bad quality for each tag that has not had one, also for those that never had a value.
  private mutating func silence(at time: WireTime) -> Moments {
    for tag in sampler.sampledTags where !isKept(tag) {
      keep(Sample(tag: tag, value: .none, quality: .badWaitingForInitialData))
    }
    return change(at: time, where: { !$0.isSilent }) { entry in
      entry.isSilent = true
      return (.none, .badNoCommunication)
    }
  }

  /// The last values of the tags that are told to be bad, as old ones.
  private mutating func lastUsable(at time: WireTime) -> Moments {
    change(at: time, where: \.isSilent) { entry in
      entry.isSilent = false
      let last = entry.sample
      return (last.value, last.quality.isGood ? .uncertainLastUsableValue : last.quality)
    }
  }

  private mutating func change(
    at time: WireTime, where isMeant: (Entry) -> Bool,
    _ change: (inout Entry) -> (Value, Quality)
  ) -> Moments {
    var samples = SampleBatch()
    for index in entries.indices where isMeant(entries[index]) {
      let (value, quality) = change(&entries[index])
      samples.append(
        Sample(
          tag: entries[index].sample.tag, value: value, quality: quality,
          gatewayTime: time.gateway, monotonicTime: time.monotonic))
    }
    return Moments(samples: samples, grouping: .whole, time: time)
  }
}
