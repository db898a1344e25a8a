/// Which lane a sink looks at first: the most urgent one, but each of the others once in eight times, so that a flood of one
/// can't keep another from the sink for ever.
struct LaneTurns {
  private var turn = 0

  /// The lanes in the order of this turn.
  var order: [BufferLane] {
    switch turn {
    case 3: [.telemetry, .events, .log]
    case 7: [.log, .events, .telemetry]
    default: [.events, .telemetry, .log]
    }
  }

  /// A batch was delivered.
  mutating func next() { turn = (turn + 1) % 8 }
}
