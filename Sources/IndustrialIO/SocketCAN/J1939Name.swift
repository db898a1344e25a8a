/// The NAME of a J1939 device: 64 bits that no other device on the bus has, and its rank when two want the same address: the
/// lower one gets it (SAE J1939-81, section 4.1).
public struct J1939Name: RawRepresentable, Sendable, Hashable {
  /// The number, as its eight bytes stand in an address claim, the first one lowest.
  public let rawValue: UInt64

  /// A name by its number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A name by its fields; nil when one does not fit into its bits.
  ///
  /// - Parameters:
  ///   - identity: 21 bits; with the manufacturer, a serial number.
  ///   - manufacturer: 11 bits, given out by SAE.
  ///   - ecuInstance: 3 bits; which of several controllers of one function.
  ///   - functionInstance: 5 bits; which of several functions of one kind.
  ///   - function: what the device is for, such as 0 for an engine.
  ///   - vehicleSystem: 7 bits; the part of the machine.
  ///   - vehicleSystemInstance: 4 bits; which of several such parts.
  ///   - industryGroup: 3 bits: 0 all, 1 on-highway, 2 agriculture and forestry, 3 construction, 4 marine, 5 process control.
  ///   - choosesAddress: the device may take another address than its first choice (arbitrary address capable).
  public init?(
    identity: UInt32, manufacturer: UInt16, ecuInstance: UInt8 = 0, functionInstance: UInt8 = 0,
    function: UInt8, vehicleSystem: UInt8 = 0, vehicleSystemInstance: UInt8 = 0,
    industryGroup: UInt8 = 0, choosesAddress: Bool = true
  ) {
    // From the lowest bit on; bit 48 is reserved and 0.
    let fields: [(value: UInt64, bits: UInt64)] = [
      (UInt64(identity), 21), (UInt64(manufacturer), 11), (UInt64(ecuInstance), 3),
      (UInt64(functionInstance), 5), (UInt64(function), 8), (0, 1), (UInt64(vehicleSystem), 7),
      (UInt64(vehicleSystemInstance), 4), (UInt64(industryGroup), 3), (choosesAddress ? 1 : 0, 1),
    ]
    var number: UInt64 = 0
    var position: UInt64 = 0
    for field in fields {
      guard field.value >> field.bits == 0 else { return nil }
      number |= field.value << position
      position += field.bits
    }
    rawValue = number
  }

  /// Whether the device may take another address than its first choice.
  public var choosesAddress: Bool { rawValue >> 63 == 1 }
}

extension J1939Name: Comparable {
  /// Whether `left` gets an address that both want.
  public static func < (left: J1939Name, right: J1939Name) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension J1939Name: CustomStringConvertible {
  /// Sixteen hexadecimal digits, the highest first, as j1939acd takes it.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
