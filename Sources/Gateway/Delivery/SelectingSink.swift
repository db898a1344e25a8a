internal import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

/// A sink that does not get all tags. What it does not get counts as delivered: it has all that is for it.
final class SelectingSink: Sink {
  private let sink: any Sink
  private let tags: TagRegistry
  private let withheld: WithheldTags
  /// By tag number.
  private let isWanted = Mutex<[Bool]>([])

  /// - Parameter withheld: Paths of tags, or beginnings of some with a `*` at their end.
  init(_ sink: any Sink, withheld: [String], tags: TagRegistry) {
    self.sink = sink
    self.tags = tags
    self.withheld = WithheldTags(withheld)
  }

  func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    let places = places(in: batch)
    guard places.count < batch.count else { return try await sink.deliver(batch) }
    guard !places.isEmpty else { return DeliveryReport() }
    var selected = SampleBatch()
    for place in places { selected.append(batch.records[place], of: batch) }
    var report = try await sink.deliver(selected)
    for index in report.rejections.indices {
      let place = report.rejections[index].index
      if places.indices.contains(place) { report.rejections[index].index = places[place] }
    }
    return report
  }

  /// Whether a tag is for this sink, by its number; of all tags that were in a batch.
  var wanted: [Bool] { isWanted.withLock { $0 } }

  func close() async { await sink.close() }

  private func places(in batch: SampleBatch) -> [Int] {
    isWanted.withLock { isWanted in
      batch.records.indices.filter { index in
        let number = Int(batch.records[index].tag.rawValue)
        if number >= isWanted.count {
          isWanted += tags.names[isWanted.count...].map { !withheld.contains($0) }
        }
        // A number without a name can only come from a mix-up of registries.
        return number >= isWanted.count || isWanted[number]
      }
    }
  }
}

extension GatewayConfiguration {
  /// Opens a sink, which gets the tags that are for it.
  func openSink(
    _ sink: Destination, buffer: StoreIdentity, tags: TagRegistry
  ) throws(SinkError) -> any Sink {
    let opened = try sink.makeSink(gateway: id, buffer: buffer, tags: tags)
    guard let withheld = withheld[sink.name] else { return opened }
    return SelectingSink(opened, withheld: withheld, tags: tags)
  }
}
