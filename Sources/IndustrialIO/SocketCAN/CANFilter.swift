public import CANCore

/// Which frames the kernel hands to a socket: those that pass at least one of its filters.
///
/// A frame passes if `identifier & mask` is what the filter has there.
public struct CANFilter: Sendable, Hashable {
  /// The wanted bits, laid out as the kernel's `can_id`: bit 31 extended, bit 30 remote.
  public var identifier: UInt32
  /// Which bits count.
  public var mask: UInt32
  /// Lets pass what does not match.
  public var isInverted = false

  /// A filter by its bits (linux/can.h, `struct can_filter`).
  public init(identifier: UInt32, mask: UInt32, isInverted: Bool = false) {
    self.identifier = identifier
    self.mask = mask
    self.isInverted = isInverted
  }

  /// Just this identifier, data and remote frames.
  public init(_ identifier: CANIdentifier) {
    self.identifier = identifier.rawValue
    mask = CANIdentifier.extendedFlag | (identifier.isExtended ? 0x1FFF_FFFF : 0x7FF)
  }
}
