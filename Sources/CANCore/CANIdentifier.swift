/// The identifier of a CAN frame: 11 bits (standard) or 29 bits (extended), and which of the two.
///
/// A standard 0x123 and an extended 0x123 are different identifiers. No caller ever needs to know
/// that DBC files and SocketCAN mark extended identifiers with bit 31: `rawValue` keeps it, `value` does not.
public struct CANIdentifier: Sendable, Hashable {
  /// The identifier with bit 31 set when it is extended, as DBC files and SocketCAN write it.
  public let rawValue: UInt32

  /// Bit 31: set in `rawValue` of an extended identifier.
  public static let extendedFlag: UInt32 = 0x8000_0000

  /// A standard identifier, or nil when `value` is above 0x7FF.
  public init?(standard value: UInt32) {
    guard value <= 0x7FF else { return nil }
    rawValue = value
  }

  /// An extended identifier, or nil when `value` is above 0x1FFF_FFFF.
  public init?(extended value: UInt32) {
    guard value <= 0x1FFF_FFFF else { return nil }
    rawValue = value | Self.extendedFlag
  }

  /// The identifier with bit 31 as the mark of an extended one; bits that an identifier of that
  /// kind can't have are dropped.
  @inlinable
  public init(truncating rawValue: UInt32) {
    let isExtended = rawValue & Self.extendedFlag != 0
    self.rawValue =
      isExtended ? rawValue & (0x1FFF_FFFF | Self.extendedFlag) : rawValue & 0x7FF
  }

  /// The identifier as it stands on the bus, without the mark: 0 to 0x7FF or 0x1FFF_FFFF.
  @inlinable
  public var value: UInt32 { rawValue & 0x1FFF_FFFF }

  /// Whether the identifier has 29 bits.
  @inlinable
  public var isExtended: Bool { rawValue & Self.extendedFlag != 0 }
}

extension CANIdentifier: CustomStringConvertible {
  /// Upper-case hexadecimal with 3 digits (standard) or 8 (extended), as candump prints it.
  public var description: String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, (isExtended ? 8 : 3) - digits.count)) + digits
  }
}
