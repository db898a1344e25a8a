/// One frame, decoded.
public struct DecodedMessage: Sendable {
  /// The message that the frame is.
  public let message: Message
  /// The signals that are active and present in the frame, in the order of the file.
  public let signals: [DecodedSignal]

  /// The signal of this name, long or short, if the frame has it.
  public subscript(name: String) -> DecodedSignal? {
    signals.first { $0.signal.name == name || $0.signal.shortName == name }
  }
}

/// What the raw value of a signal says about itself.
public enum SignalStatus: UInt8, Sendable, Hashable {
  /// It is a value.
  case valid
  /// The sender has no value (J1939: all bits of the uppermost byte 1).
  case notAvailable
  /// The sender knows that it is wrong (J1939: uppermost byte 0xFE).
  case error
}

/// The value of one signal in a frame.
public struct DecodedSignal: Sendable {
  /// The signal.
  public let signal: Signal
  /// The number in the frame.
  public let raw: RawValue
  /// The physical value: raw times factor plus offset, each step rounded to the nearest Double.
  public let value: Double
  /// Whether J1939 reserves the raw value for "not available" or "error"; the value then means nothing.
  public let status: SignalStatus

  /// The name of the signal.
  public var name: String { signal.name }

  /// The unit of the value, often empty.
  public var unit: String { signal.unit }

  /// The label of the raw value, if it has one.
  public var choice: String? { signal.choice(raw) }
}
