public import CANCore

/// A message that was longer than a frame, put together again.
public struct TransportMessage: Sendable, Hashable {
  /// Nanoseconds since 1970 of its first frame.
  public let firstTime: Int64
  /// Nanoseconds since 1970 of the frame that completed it.
  public let time: Int64
  /// Which bus: the index into the channel names of the batches.
  public let channel: UInt16
  /// ISO-TP: the identifier of its frames. J1939: the identifier that the message would have as a single frame, with its
  /// parameter group, source and destination, so that a DBC decoder finds it.
  public let identifier: CANIdentifier
  /// ISO-TP with extended or mixed addressing: the address byte in front of each frame.
  public let address: UInt8?
  /// The data.
  public let bytes: [UInt8]

  /// A message from its parts.
  public init(
    firstTime: Int64, time: Int64, channel: UInt16, identifier: CANIdentifier, address: UInt8?,
    bytes: [UInt8]
  ) {
    self.firstTime = firstTime
    self.time = time
    self.channel = channel
    self.identifier = identifier
    self.address = address
    self.bytes = bytes
  }
}

/// A message that could not be put together: nothing of it is given out.
public struct TransportFinding: Sendable, Hashable {
  /// The kind of finding; new ones may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, such as `sequence`.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A frame is missing, or stands in the wrong place.
    public static let sequence = Code(rawValue: "sequence")
    /// A new message began before the last one was complete.
    public static let interrupted = Code(rawValue: "interrupted")
    /// The next frame did not come in time.
    public static let timeout = Code(rawValue: "timeout")
    /// One of the nodes gave the transfer up.
    public static let aborted = Code(rawValue: "aborted")
    /// The frame breaks the protocol's rules.
    public static let malformed = Code(rawValue: "malformed")
    /// The recording ended in mid-message.
    public static let incomplete = Code(rawValue: "incomplete")
    /// More or longer messages at a time than the limits allow.
    public static let limit = Code(rawValue: "limit")
  }

  /// The kind of finding.
  public let code: Code
  /// Nanoseconds since 1970 of the frame where it showed.
  public let time: Int64
  /// Which bus.
  public let channel: UInt16
  /// The identifier of that frame.
  public let identifier: CANIdentifier
  /// What is wrong, for a person.
  public let reason: String
}

extension TransportFinding: CustomStringConvertible {
  /// Identifier and reason.
  public var description: String { "\(identifier): \(reason)" }
}

/// The findings of one reassembler: all of them counted, the first ones kept.
public struct TransportFindings: Sendable {
  /// How many are kept.
  public static let keptLimit = 1000

  /// How many there were.
  public private(set) var total = 0
  /// The first ones, in order.
  public private(set) var kept: [TransportFinding] = []

  mutating func add(_ finding: @autoclosure () -> TransportFinding) {
    total += 1
    if kept.count < Self.keptLimit { kept.append(finding()) }
  }
}
