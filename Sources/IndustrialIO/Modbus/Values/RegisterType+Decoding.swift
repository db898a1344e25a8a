public import IndustrialModel

extension RegisterType {
  /// The value of registers in the order they came; the first `registerCount` of them count.
  ///
  /// Returns `.none` when there are too few registers, or when they can't be a value of the type (a BCD digit
  /// above 9). A binary16 or binary32 number becomes the same number in binary64, and may be infinite or
  /// not a number.
  public func decode(
    _ registers: some RandomAccessCollection<UInt16>, order: ByteOrder = .abcd
  ) -> Value {
    guard registers.count >= registerCount else { return .none }
    let start = registers.startIndex
    func register(_ index: Int) -> UInt16 { registers[registers.index(start, offsetBy: index)] }
    func word() -> UInt16 { order.order(register(0)) }
    func word32() -> UInt32 { order.join(register(0), register(1)) }
    func word64() -> UInt64 { order.join(register(0), register(1), register(2), register(3)) }
    switch self {
    case .bool: return .bool(register(0) != 0)
    case .bit(let index): return .bool(word() >> UInt16(index & 15) & 1 == 1)
    case .int16: return .int64(Int64(Int16(bitPattern: word())))
    case .uint16: return .uint64(UInt64(word()))
    case .int32: return .int64(Int64(Int32(bitPattern: word32())))
    case .uint32: return .uint64(UInt64(word32()))
    case .int64: return .int64(Int64(bitPattern: word64()))
    case .uint64: return .uint64(word64())
    case .float16: return .double(Self.binary16(word()))
    case .float32: return .double(Double(Float(bitPattern: word32())))
    case .float64: return .double(Double(bitPattern: word64()))
    case .bcd16: return Self.decimal(UInt32(word()), digits: 4)
    case .bcd32: return Self.decimal(word32(), digits: 8)
    case .string(let byteCount):
      var bytes: [UInt8] = []
      for index in 0..<registerCount {
        let value = order.order(register(index))
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
      }
      return .string(Self.text(bytes.prefix(Self.textLength(byteCount)).prefix { $0 != 0 }))
    }
  }

  /// UTF-8, or Latin-1 when it is not that; blanks at the end are padding.
  static func text(_ bytes: some Collection<UInt8>) -> String {
    var bytes = Array(bytes)
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  private static func decimal(_ bits: UInt32, digits: Int) -> Value {
    var value: UInt64 = 0
    for digit in stride(from: digits - 1, through: 0, by: -1) {
      let nibble = bits >> UInt32(4 * digit) & 15
      guard nibble <= 9 else { return .none }
      value = value * 10 + UInt64(nibble)
    }
    return .uint64(value)
  }

  /// Float16 is not available on every platform; its 2048 significant values are soon computed.
  static func binary16(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Double(bits & 1023)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * Double(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
    }
  }
}
