internal import Synchronization

/// The readers of `GatewaySamples`, so that the gateway's end waits for them.
final class Observers: Sendable {
  /// How far one reader is.
  final class Place: Sendable {
    private let next: Atomic<UInt64>
    init(_ next: UInt64) { self.next = Atomic(next) }
    /// The number of the record that it wants next; it is done with those before.
    var wanted: UInt64 { next.load(ordering: .relaxed) }
    func wants(_ sequence: UInt64) { next.store(sequence, ordering: .relaxed) }
  }

  private struct Weak: Sendable { weak var place: Place? }

  private let places = Mutex<[Weak]>([])
  private let finished = Atomic(false)

  /// Whether nothing more will be stored.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// One more reader, for as long as the place lives.
  func add(from sequence: UInt64) -> Place {
    let place = Place(sequence)
    places.withLock {
      $0.removeAll { $0.place == nil }
      $0.append(Weak(place: place))
    }
    return place
  }

  /// Says that there is nothing from `end` on, and waits until all readers have what is before, but not longer than `grace`.
  func finish(before end: UInt64, grace: Duration) async {
    finished.store(true, ordering: .releasing)
    let deadline = ContinuousClock.now + grace
    while ContinuousClock.now < deadline {
      let isBehind = places.withLock { $0.contains { $0.place.map { $0.wanted < end } ?? false } }
      guard isBehind else { return }
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }
}
