internal import CANCore

/// When the receivers of long messages have told their senders to wait or to go on, by channel and by who told it.
///
/// A sender that waits for flow control may wait for a second, and for another one after each frame that tells it to wait (N_Bs,
/// ISO 15765-2, section 9.7); the time for its next frame counts from the frame that lets it go on. Which sender is meant shows only where
/// the identifier holds both addresses. Elsewhere a frame counts for each other sender of its channel, at a block's end or not,
/// as the size of its blocks is then unknown too: a message that is waited for too long is harmless, since its frames are numbered;
/// one that is given up too early is lost.
///
/// Nothing is done with the messages under way when such a frame comes, however many they are: it is looked up when one of them is late.
struct ISOTPFlowControl: Sendable {
  /// Frames of one identifier, each within the timeout of the one before.
  private struct Run {
    var first: Int64
    var last: Int64
  }

  private var runs: [UInt16: [CANIdentifier: Run]] = [:]

  /// Takes note of a frame that tells a sender to wait or to go on.
  mutating func note(
    _ identifier: CANIdentifier, channel: UInt16, at time: Int64, timeout: Int64
  ) {
    var run = runs[channel]?[identifier] ?? Run(first: time, last: time)
    if Self.isWithin(timeout, from: run.last, to: time) {
      run.last = max(run.last, time)
    } else {
      run = Run(first: time, last: time)
    }
    runs[channel, default: [:]][identifier] = run
  }

  /// From when on the next frame of a sender is waited for, the latest having come at `time`.
  func start(
    of sender: CANIdentifier, channel: UInt16, since time: Int64, timeout: Int64
  ) -> Int64 {
    guard let nodes = runs[channel] else { return time }
    if let receiver = Self.counterpart(of: sender) {
      return nodes[receiver].map { Self.start($0, since: time, timeout: timeout) } ?? time
    }
    var start = time
    // What has an identifier with both addresses is for nobody else.
    for (node, run) in nodes where node != sender && Self.counterpart(of: node) == nil {
      start = max(start, Self.start(run, since: time, timeout: timeout))
    }
    return start
  }

  private static func start(_ run: Run, since time: Int64, timeout: Int64) -> Int64 {
    // The first frame that came behind `time` came soon enough: it is the run's first, or stands within it.
    guard run.first <= time || isWithin(timeout, from: time, to: run.first) else { return time }
    return max(time, run.last)
  }

  /// The identifier of the other direction, where the identifier itself tells: normal fixed and mixed addressing with 29 bits, physical (18DAttss
  /// and 18CEttss), where target and source change places. Else nil.
  static func counterpart(of identifier: CANIdentifier) -> CANIdentifier? {
    let value = identifier.value
    // What stands between the priority and the two addresses.
    let format = value >> 16 & 0x3FF
    guard identifier.isExtended, format == 0xDA || format == 0xCE else { return nil }
    let addresses = (value & 0xFF) << 8 | value >> 8 & 0xFF
    return CANIdentifier(truncating: value & 0x1FFF_0000 | addresses | CANIdentifier.extendedFlag)
  }

  static func isWithin(_ timeout: Int64, from start: Int64, to end: Int64) -> Bool {
    let (gap, overflow) = end.subtractingReportingOverflow(start)
    return !overflow && gap.magnitude <= timeout.magnitude
  }
}
