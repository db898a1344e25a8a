internal import IndustrialModel

/// A part of the buffer with a store of its own: a flood in one lane takes no room from another, and sinks get the lanes by
/// urgency. In the order of urgency.
enum BufferLane: Int, Sendable, CaseIterable {
  /// Alarms and events.
  case events
  /// Measured values.
  case telemetry
  /// Texts for people.
  case log

  /// The lane of a class.
  init(_ sampleClass: SampleClass) {
    switch sampleClass {
    case .alarm, .event: self = .events
    case .telemetry: self = .telemetry
    case .log: self = .log
    }
  }

  /// The folder of its store, below the gateway's.
  var folder: String {
    switch self {
    case .events: "buffer-events"
    case .telemetry: "buffer"
    case .log: "buffer-log"
    }
  }

  /// No lane is smaller: two of the smallest files that there are.
  private static let smallest = 2 << 16

  /// How the room of a buffer is divided: an eighth for events and alarms, a sixteenth for logs, where there are such, and
  /// the rest for telemetry, which has two files at least.
  static func capacity(
    of lane: BufferLane, in buffer: GatewayConfiguration.Buffer, with lanes: [BufferLane]
  ) -> Int {
    let spare = max(0, buffer.capacity - 2 * buffer.segment)
    func share(_ lane: BufferLane) -> Int {
      switch lane {
      case .events: max(smallest, min(buffer.capacity / 8, spare / 3 * 2))
      case .log: max(smallest, min(buffer.capacity / 16, spare / 3))
      case .telemetry: 0
      }
    }
    guard lane == .telemetry else { return share(lane) }
    // Where nothing may be shed, none of it can be taken back later.
    let lanes = buffer.whenFull == .wait ? allCases : lanes
    return max(2 * buffer.segment, buffer.capacity - lanes.reduce(0) { $0 + share($1) })
  }
}
