/// A contender made ready to run: a closure here, or a child process that waits for its turn.
enum Runner {
  case inProcess(Body)
  case child(PeerProcess)

  init(_ contender: Contender) throws {
    switch contender.work {
    case .inProcess(let body): self = .inProcess(body)
    case .program(let source, let arguments):
      self = .child(try PeerProcess(source: source, arguments: arguments))
    }
  }

  /// Runs so many iterations; the time they took, and the number made of their results.
  func run(_ iterations: Int) async throws -> (seconds: Double, check: UInt64) {
    switch self {
    case .inProcess(let body):
      let clock = ContinuousClock()
      let start = clock.now
      let check = try await body(iterations)
      let elapsed = start.duration(to: clock.now)
      return (elapsed / .seconds(1), check)
    case .child(let peer): return try peer.run(iterations)
    }
  }

  /// How many iterations take about so long.
  func iterations(lasting seconds: Double) async throws -> Int {
    var count = 1
    while true {
      let elapsed = try await run(count).seconds
      if elapsed >= seconds { return count }
      if elapsed >= seconds / 8 {
        return Swift.max(1, Int(Double(count) * seconds / elapsed))
      }
      count *= 2
    }
  }

  func stop() {
    if case .child(let peer) = self { peer.stop() }
  }
}
