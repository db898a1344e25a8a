import Synchronization

/// How long single calls took, of all rounds.
final class Latencies: Sendable {
  private let all = Mutex<[Duration]>([])

  func add(_ measured: [Duration]) { all.withLock { $0 += measured } }

  /// The median and the 99th percentile.
  var summary: String {
    all.withLock {
      guard !$0.isEmpty else { return "no call" }
      let sorted = $0.sorted()
      let (half, most) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
      return """
        one append: p50 \(microseconds(half)) us, p99 \(microseconds(most)) us, \
        \((most / half * 100).rounded() / 100) x
        """
    }
  }

  private func microseconds(_ duration: Duration) -> Int { Int(duration / .microseconds(1)) }
}
