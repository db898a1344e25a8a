/// What kind of frame it is, and how it came.
public struct CANFlags: OptionSet, Sendable, Hashable {
  /// The bits of the set.
  public let rawValue: UInt8

  /// A set from its bits.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// CAN FD frame format (up to 64 bytes).
  public static let fd = CANFlags(rawValue: 1 << 0)
  /// Bit rate switch (BRS): the data phase ran at the higher rate. FD frames only.
  public static let bitRateSwitch = CANFlags(rawValue: 1 << 1)
  /// Error state indicator (ESI): the sender was error passive. FD frames only.
  public static let errorStateIndicator = CANFlags(rawValue: 1 << 2)
  /// Remote transmission request (RTR): no data, only a length. Classic frames only.
  public static let remote = CANFlags(rawValue: 1 << 3)
  /// An error frame: the identifier holds the error classes, the payload the details
  /// (linux/can/error.h).
  public static let error = CANFlags(rawValue: 1 << 4)
  /// Sent by the recording machine itself (direction Tx) rather than received.
  public static let transmitted = CANFlags(rawValue: 1 << 5)
}
