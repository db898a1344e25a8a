internal import Synchronization

/// The readers of `GatewaySamples`, so that the gateway's end waits for them.
final class Observers: Sendable {
  /// How far one reader is.
  final class Place: Sendable {
    private let next: Mutex<[UInt64]>
    init(_ next: [UInt64]) { self.next = Mutex(next) }
    /// The numbers of the records that it wants next, by lane; it is done with those before.
    var wanted: [UInt64] { next.withLock { $0 } }
    func wants(_ sequence: UInt64, in lane: BufferLane) {
      next.withLock { $0[lane.rawValue] = sequence }
    }
  }

  private struct Weak: Sendable { weak var place: Place? }

  private let places = Mutex<[Weak]>([])
  private let finished = Atomic(false)

  /// Whether nothing more will be stored.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// One more reader, for as long as the place lives.
  func add(from sequences: [UInt64]) -> Place {
    let place = Place(sequences)
    places.withLock {
      $0.removeAll { $0.place == nil }
      $0.append(Weak(place: place))
    }
    return place
  }

  /// Says that nothing more will be stored, and waits until all readers have what there is, but not longer than `grace`.
  func finish(_ buffer: GatewayBuffer, grace: Duration) async {
    finished.store(true, ordering: .releasing)
    buffer.bell.ring()
    let ends = buffer.nextSequences
    let deadline = ContinuousClock.now + grace
    while ContinuousClock.now < deadline {
      let isBehind = places.withLock { places in
        places.contains { zip($0.place?.wanted ?? ends, ends).contains { $0 < $1 } }
      }
      guard isBehind else { return }
      do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
    }
  }
}
