internal import IndustrialModel
internal import Synchronization

/// What a running gateway shows to the outside: the counts, and the latest sample of each tag.
final class StatusBoard: Sendable {
  private struct State {
    var status = GatewayStatus()
    /// By tag number.
    var latest: [Sample?] = []
    /// Where in the batch at hand a tag was last, plus one, by tag number; zero between batches.
    var places: [Int] = []
    var tags: [Int] = []
    /// Sinks that are no longer there, by their places in the status.
    var removedSinks: Set<Int> = []
  }

  private let state = Mutex(State())
  private let beats = Atomic<UInt64>(0)

  /// The lane does something, if it is only trying the disk again.
  func beat() { beats.add(1, ordering: .relaxed) }

  var heartbeat: UInt64 { beats.load(ordering: .relaxed) }

  var status: GatewayStatus {
    state.withLock { state in
      guard !state.removedSinks.isEmpty else { return state.status }
      var status = state.status
      status.sinks = status.sinks.indices.filter { !state.removedSinks.contains($0) }
        .map { status.sinks[$0] }
      return status
    }
  }

  /// A place for the counts of a sink.
  func addSink(_ name: String) -> Int {
    state.withLock { state in
      state.status.sinks.append((name, GatewayStatus.SinkCounts()))
      return state.status.sinks.count - 1
    }
  }

  /// The sink is no longer there; its counts are not shown any more.
  func removeSink(_ place: Int) { state.withLock { _ = $0.removedSinks.insert(place) } }

  /// Forgets the latest samples of tags that are no longer there: nobody may take them for living ones.
  func forget(in tags: TagRegistry, where isGone: (String) -> Bool) {
    let names = tags.names
    state.withLock { state in
      for index in state.latest.indices where index < names.count && isGone(names[index]) {
        state.latest[index] = nil
      }
    }
  }

  /// The latest sample of each tag that has one, by tag number.
  var latest: [Sample] { state.withLock { $0.latest.compactMap(\.self) } }

  func acquired(_ samples: SampleBatch, suppressed: Int, folded: Int) {
    state.withLock { state in
      state.status.acquired += UInt64(samples.count + suppressed + folded)
      state.status.suppressed += UInt64(suppressed)
      state.status.folded += UInt64(folded)
      for (index, record) in samples.records.enumerated() {
        let tag = Int(record.tag.rawValue)
        while state.latest.count <= tag {
          state.latest.append(nil)
          state.places.append(0)
        }
        if state.places[tag] == 0 { state.tags.append(tag) }
        state.places[tag] = index + 1
      }
      for tag in state.tags {
        state.latest[tag] = samples[state.places[tag] - 1]
        state.places[tag] = 0
      }
      state.tags.removeAll(keepingCapacity: true)
    }
  }

  func set(tooLate: UInt64) { state.withLock { $0.status.tooLate = tooLate } }

  func shed(_ count: Int) { state.withLock { $0.status.shed += UInt64(count) } }

  func stored(_ count: Int) { state.withLock { $0.status.stored += UInt64(count) } }

  func change(sink: Int, _ change: (inout GatewayStatus.SinkCounts) -> Void) {
    state.withLock { change(&$0.status.sinks[sink].counts) }
  }
}
