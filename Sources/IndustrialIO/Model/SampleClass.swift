/// What a sample is for, and so what may be done with it when room or bandwidth is short.
public enum SampleClass: UInt8, Sendable, Hashable, CaseIterable {
  /// A measured value, one of many; may be aggregated, and is shed first after logs.
  case telemetry = 0
  /// A change of state; never aggregated, never held back by a deadband.
  case event = 1
  /// A condition that needs an answer from somebody; the last to be shed.
  case alarm = 2
  /// Text for people; the first to be shed.
  case log = 3

  /// The name in JSON lines and configuration.
  public var name: String {
    switch self {
    case .telemetry: "telemetry"
    case .event: "event"
    case .alarm: "alarm"
    case .log: "log"
    }
  }

  /// The class of that name, or nil.
  public init?(name: some StringProtocol) {
    for candidate in Self.allCases where candidate.name == name {
      self = candidate
      return
    }
    return nil
  }
}
