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
  }

  private let state: Mutex<State>

  init(sinks: [String]) {
    var state = State()
    state.status.sinks = sinks.map { ($0, GatewayStatus.SinkCounts()) }
    self.state = Mutex(state)
  }

  var status: GatewayStatus { state.withLock { $0.status } }

  /// The latest sample of each tag that has one, by tag number.
  var latest: [Sample] { state.withLock { $0.latest.compactMap(\.self) } }

  func acquired(_ samples: SampleBatch) {
    state.withLock { state in
      state.status.acquired += UInt64(samples.count)
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

  func stored(_ count: Int) { state.withLock { $0.status.stored += UInt64(count) } }

  func change(sink: Int, _ change: (inout GatewayStatus.SinkCounts) -> Void) {
    state.withLock { change(&$0.status.sinks[sink].counts) }
  }
}
