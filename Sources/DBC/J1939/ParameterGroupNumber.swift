/// The number of a J1939 parameter group (SAE J1939-21): what a 29-bit identifier says besides priority, source and,
/// for PDU1 groups, destination.
public struct ParameterGroupNumber: Sendable, Hashable {
  /// 18 bits: extended data page, data page, PDU format, and for PDU2 groups the group extension.
  public let value: UInt32

  /// A number, or nil when it has more than 18 bits or a destination in the place of a PDU1 group's zero byte.
  public init?(_ value: UInt32) {
    guard value <= 0x3FFFF, value & 0xFF00 >= 0xF000 || value & 0xFF == 0 else { return nil }
    self.value = value
  }

  /// The group of an identifier; nil for a standard one.
  public init?(_ identifier: CANIdentifier) {
    guard identifier.isExtended else { return nil }
    self.init(rawIdentifier: identifier.rawValue)
  }

  @inline(__always)
  init(rawIdentifier: UInt32) {
    let number = rawIdentifier >> 8 & 0x3FFFF
    value = number & 0xFF00 < 0xF000 ? number & 0x3FF00 : number
  }

  /// Whether the group goes to one destination (PDU1) rather than to all (PDU2).
  public var isAddressed: Bool { value & 0xFF00 < 0xF000 }

  /// The key among extended identifiers, which have bit 31 and never bit 30.
  @inline(__always)
  var key: UInt32 { value | 1 << 30 }
}

extension ParameterGroupNumber: CustomStringConvertible {
  /// The number in decimal, as J1939 documents write it.
  public var description: String { "\(value)" }
}

/// Which messages of a database are J1939 parameter groups.
public enum J1939Matching: Sendable, Hashable {
  /// Those whose attribute `VFrameFormat` is `J1939PG`.
  case declared
  /// All with extended identifiers.
  case allExtended
  /// None: identifiers match exactly.
  case never
}

extension Message {
  /// The parameter group that its identifier stands for; nil for a standard identifier.
  public var parameterGroupNumber: ParameterGroupNumber? {
    identifier.flatMap(ParameterGroupNumber.init)
  }
}

extension Signal {
  /// The suspect parameter number (SPN) of its attribute `SPN`, if it has one above 0.
  public var suspectParameterNumber: Int? {
    let value = attribute("SPN") ?? attribute("Spn")
    guard let number = value?.number, number > 0, number <= 0x7FFFF else { return nil }
    return Int(number)
  }
}

extension Database {
  /// The first message of a parameter group, by any sender. Looks at all messages.
  public func message(_ group: ParameterGroupNumber) -> Message? {
    messages.first { $0.parameterGroupNumber == group }
  }
}
