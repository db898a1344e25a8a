/// In which order a device puts the bytes of a value that is longer than a register.
///
/// The letters name the bytes of the value from the most significant, A, in the order in which they come over the
/// wire. Big-endian, which the specification uses within a register, is `ABCD`; many devices send the low register
/// first, `CDAB`. A name of four letters serves values of any length: `CDAB` means `GHEFCDAB` for 64
/// bits. The 64-bit orders that no four letters can say have eight.
public struct ByteOrder: Sendable, Hashable {
  /// Whether the two bytes of each register are exchanged. This is the only part that counts for 16 bits.
  public let swapsBytes: Bool
  /// Whether the two registers of each 32-bit half are exchanged.
  public let swapsRegisters: Bool
  /// Whether the two 32-bit halves of a 64-bit value are exchanged.
  public let swapsHalves: Bool

  private init(_ bytes: Bool, _ registers: Bool, _ halves: Bool) {
    swapsBytes = bytes
    swapsRegisters = registers
    swapsHalves = halves
  }

  /// Big-endian: the most significant byte first. 64 bits: ABCDEFGH.
  public static let abcd = ByteOrder(false, false, false)
  /// The low register first, big-endian within. 64 bits: GHEFCDAB.
  public static let cdab = ByteOrder(false, true, true)
  /// The high register first, its bytes exchanged. 64 bits: BADCFEHG.
  public static let badc = ByteOrder(true, false, false)
  /// Little-endian: the least significant byte first. 64 bits: HGFEDCBA.
  public static let dcba = ByteOrder(true, true, true)
  /// 64 bits only: the low half first, each half big-endian.
  public static let efghabcd = ByteOrder(false, false, true)
  /// 64 bits only: the high half first, the low register of each half first.
  public static let cdabghef = ByteOrder(false, true, false)
  /// 64 bits only: the low half first, the bytes of each register exchanged.
  public static let fehgbadc = ByteOrder(true, false, true)
  /// 64 bits only: the high half first, each half little-endian.
  public static let dcbahgfe = ByteOrder(true, true, false)

  /// The orders of 32-bit values.
  public static let of32Bits: [ByteOrder] = [.abcd, .cdab, .badc, .dcba]
  /// The orders of 64-bit values.
  public static let of64Bits: [ByteOrder] = [
    .abcd, .cdab, .badc, .dcba, .efghabcd, .cdabghef, .fehgbadc, .dcbahgfe,
  ]

  /// The order of that name, in either case, or nil.
  public init?(name: some StringProtocol) {
    switch name.uppercased() {
    case "AB", "ABCD", "ABCDEFGH": self = .abcd
    case "CDAB", "GHEFCDAB": self = .cdab
    case "BA", "BADC", "BADCFEHG": self = .badc
    case "DCBA", "HGFEDCBA": self = .dcba
    case "EFGHABCD": self = .efghabcd
    case "CDABGHEF": self = .cdabghef
    case "FEHGBADC": self = .fehgbadc
    case "DCBAHGFE": self = .dcbahgfe
    default: return nil
    }
  }

  /// The name: four letters where they say it all.
  public var name: String {
    switch (swapsBytes, swapsRegisters, swapsHalves) {
    case (false, false, false): "ABCD"
    case (false, true, true): "CDAB"
    case (true, false, false): "BADC"
    case (true, true, true): "DCBA"
    case (false, false, true): "EFGHABCD"
    case (false, true, false): "CDABGHEF"
    case (true, false, true): "FEHGBADC"
    case (true, true, false): "DCBAHGFE"
    }
  }
}

extension ByteOrder: CustomStringConvertible {
  /// The name.
  public var description: String { name }
}

extension ByteOrder {
  func order(_ register: UInt16) -> UInt16 { swapsBytes ? register.byteSwapped : register }

  /// The value of two registers in wire order. The same function takes a value's registers apart, as every
  /// order is its own inverse.
  func join(_ first: UInt16, _ second: UInt16) -> UInt32 {
    let (first, second) = (order(first), order(second))
    return swapsRegisters
      ? UInt32(second) << 16 | UInt32(first) : UInt32(first) << 16 | UInt32(second)
  }

  /// The value of four registers in wire order.
  func join(_ first: UInt16, _ second: UInt16, _ third: UInt16, _ fourth: UInt16) -> UInt64 {
    let (high, low) = (join(first, second), join(third, fourth))
    return swapsHalves ? UInt64(low) << 32 | UInt64(high) : UInt64(high) << 32 | UInt64(low)
  }

  /// The registers of a value in wire order.
  func split(_ value: UInt32) -> [UInt16] {
    let high = order(UInt16(truncatingIfNeeded: value >> 16))
    let low = order(UInt16(truncatingIfNeeded: value))
    return swapsRegisters ? [low, high] : [high, low]
  }

  /// The registers of a value in wire order.
  func split(_ value: UInt64) -> [UInt16] {
    let high = split(UInt32(truncatingIfNeeded: value >> 32))
    let low = split(UInt32(truncatingIfNeeded: value))
    return swapsHalves ? low + high : high + low
  }
}
