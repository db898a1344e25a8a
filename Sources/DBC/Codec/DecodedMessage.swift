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

/// The value of one signal in a frame.
public struct DecodedSignal: Sendable {
  /// The signal.
  public let signal: Signal
  /// The number in the frame.
  public let raw: RawValue
  /// The physical value: raw times factor plus offset, each step rounded to the nearest Double.
  public let value: Double

  /// The name of the signal.
  public var name: String { signal.name }

  /// The unit of the value, often empty.
  public var unit: String { signal.unit }

  /// The label of the raw value, if it has one.
  public var choice: String? { signal.choice(raw) }
}
