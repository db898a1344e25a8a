/// How the checksum in a frame is calculated from the rest of it.
///
/// The schemes below cover what is common; a new one is a type with one function.
public protocol ChecksumScheme: Sendable {
  /// The checksum that a frame should have, in the lower bits.
  ///
  /// - Parameters:
  ///   - payload: The data, the bits of the checksum itself being 0.
  ///   - identifier: The identifier of the frame, which some schemes include.
  ///   - field: The signal that holds the checksum.
  func checksum(_ payload: CANPayload, _ identifier: CANIdentifier, field: Signal) -> UInt64
}

/// All bytes combined by exclusive or.
public struct XORChecksum: ChecksumScheme {
  /// What the bytes are combined with at the start.
  public var initial: UInt8

  /// A scheme.
  public init(initial: UInt8 = 0) { self.initial = initial }

  /// The exclusive or of the bytes.
  public func checksum(
    _ payload: CANPayload, _ identifier: CANIdentifier, field: Signal
  ) -> UInt64 {
    UInt64(payload.reduce(initial, ^))
  }
}

/// The sum of all bytes, and optionally of the length and the identifier's bytes; the carry out of the field is lost.
///
/// With length and identifier it is the scheme of Toyota; complemented to 8 bits, that of many others.
public struct SumChecksum: ChecksumScheme {
  /// Whether the number of bytes is added.
  public var includesLength: Bool
  /// Whether the bytes of the identifier are added.
  public var includesIdentifier: Bool
  /// Whether nibbles are added instead of bytes (Honda adds those of identifier and data and takes the complement to 8).
  public var addsNibbles: Bool
  /// What the sum is subtracted from; nil for the sum itself.
  public var complement: UInt64?

  /// A scheme.
  public init(
    includesLength: Bool = false, includesIdentifier: Bool = false, addsNibbles: Bool = false,
    complement: UInt64? = nil
  ) {
    self.includesLength = includesLength
    self.includesIdentifier = includesIdentifier
    self.addsNibbles = addsNibbles
    self.complement = complement
  }

  /// The sum.
  public func checksum(
    _ payload: CANPayload, _ identifier: CANIdentifier, field: Signal
  ) -> UInt64 {
    var sum: UInt64 = includesLength ? UInt64(payload.count) : 0
    func add(_ byte: UInt8) {
      sum &+= addsNibbles ? UInt64(byte >> 4) + UInt64(byte & 15) : UInt64(byte)
    }
    for byte in payload { add(byte) }
    if includesIdentifier {
      for shift in stride(from: 0, to: 32, by: 8) {
        add(UInt8(truncatingIfNeeded: identifier.value >> UInt32(shift)))
      }
    }
    if let complement { sum = complement &- sum }
    return sum & (UInt64.max >> UInt64(64 - max(1, min(64, field.bitCount))))
  }
}

/// A cyclic redundancy check of 8 bits over the bytes outside the checksum's own, most significant bit first.
public struct CRC8Checksum: ChecksumScheme {
  /// The polynomial without its highest term.
  public var polynomial: UInt8
  /// The register at the start.
  public var initial: UInt8
  /// What the result is combined with by exclusive or.
  public var finalXOR: UInt8
  /// Bytes that take part behind the data, such as a data id (AUTOSAR E2E).
  public var suffix: [UInt8]

  /// A scheme.
  public init(polynomial: UInt8, initial: UInt8, finalXOR: UInt8, suffix: [UInt8] = []) {
    self.polynomial = polynomial
    self.initial = initial
    self.finalXOR = finalXOR
    self.suffix = suffix
  }

  /// SAE J1850: polynomial 0x1D, start and end 0xFF.
  public static let saeJ1850 = CRC8Checksum(polynomial: 0x1D, initial: 0xFF, finalXOR: 0xFF)

  /// AUTOSAR 8H2F: polynomial 0x2F, start and end 0xFF.
  public static let autosar8H2F = CRC8Checksum(polynomial: 0x2F, initial: 0xFF, finalXOR: 0xFF)

  /// The check value. Whole bytes of the field are passed over; a field of less than a byte counts as zero bits.
  public func checksum(
    _ payload: CANPayload, _ identifier: CANIdentifier, field: Signal
  ) -> UInt64 {
    let own =
      field.bitCount == 8 && field.startBit % 8 == (field.byteOrder == .bigEndian ? 7 : 0)
      ? field.startBit / 8 : -1
    var register = initial
    for (index, byte) in payload.enumerated() where index != own { update(&register, byte) }
    for byte in suffix { update(&register, byte) }
    return UInt64(register ^ finalXOR)
  }

  private func update(_ register: inout UInt8, _ byte: UInt8) {
    register ^= byte
    for _ in 0..<8 {
      register = register & 0x80 != 0 ? register << 1 ^ polynomial : register << 1
    }
  }
}
