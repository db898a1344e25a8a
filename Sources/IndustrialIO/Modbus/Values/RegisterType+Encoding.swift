public import IndustrialModel

extension RegisterType {
  /// The registers of a value, in the order they go over the wire.
  ///
  /// Throws `.invalidRequest` when the type can't hold the value exactly (out of its range, a fraction in a whole
  /// number, a text too long). A number too large for binary16 or binary32 is out of range; one
  /// between two of theirs is rounded to nearest.
  public func encode(_ value: Value, order: ByteOrder = .abcd) throws(ModbusError) -> [UInt16] {
    switch self {
    case .bool:
      if case .bool(let flag) = value { return [flag ? 1 : 0] }
      let number: UInt16 = try integer(value)
      guard number <= 1 else { throw misfit(value) }
      return [number]
    case .bit:
      throw ModbusError(
        .invalidRequest, "one bit of a register can't be written as a value of its own",
        advice: "write it with a mask (function 22)")
    case .int16:
      let number: Int16 = try integer(value)
      return [order.order(UInt16(bitPattern: number))]
    case .uint16: return [order.order(try integer(value))]
    case .int32:
      let number: Int32 = try integer(value)
      return order.split(UInt32(bitPattern: number))
    case .uint32:
      let number: UInt32 = try integer(value)
      return order.split(number)
    case .int64:
      let number: Int64 = try integer(value)
      return order.split(UInt64(bitPattern: number))
    case .uint64:
      let number: UInt64 = try integer(value)
      return order.split(number)
    case .float16:
      guard let bits = Self.binary16(try number(value)) else { throw misfit(value) }
      return [order.order(bits)]
    case .float32:
      let double = try number(value)
      let float = Float(double)
      guard float.isFinite || !double.isFinite else { throw misfit(value) }
      return order.split(float.bitPattern)
    case .float64: return order.split(try number(value).bitPattern)
    case .bcd16:
      let number: UInt16 = try integer(value)
      guard number <= 9999 else { throw misfit(value) }
      return [order.order(UInt16(truncatingIfNeeded: Self.digits(UInt32(number))))]
    case .bcd32:
      let number: UInt32 = try integer(value)
      guard number <= 99_999_999 else { throw misfit(value) }
      return order.split(Self.digits(number))
    case .string(let byteCount): return try text(value, byteCount: byteCount, order: order)
    }
  }

  private func text(
    _ value: Value, byteCount: Int, order: ByteOrder
  ) throws(ModbusError) -> [UInt16] {
    guard case .string(let text) = value, text.utf8.count <= Self.textLength(byteCount) else {
      throw misfit(value)
    }
    var bytes = Array(text.utf8)
    bytes += repeatElement(0, count: registerCount * 2 - bytes.count)
    return (0..<registerCount).map {
      order.order(UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]))
    }
  }

  private func number(_ value: Value) throws(ModbusError) -> Double {
    if case .bool = value { throw misfit(value) }
    guard let number = value.doubleValue else { throw misfit(value) }
    return number
  }

  private func integer<Number: FixedWidthInteger>(_ value: Value) throws(ModbusError) -> Number {
    let number: Number? =
      switch value {
      case .int64(let whole): Number(exactly: whole)
      case .uint64(let whole): Number(exactly: whole)
      case .double(let double): Number(exactly: double)
      default: nil
      }
    guard let number else { throw misfit(value) }
    return number
  }

  private func misfit(_ value: Value) -> ModbusError {
    return ModbusError(
      .invalidRequest, "\(value.plainText) is no value of type \(name)",
      advice: "give a value that the type can hold")
  }

  private static func digits(_ number: UInt32) -> UInt32 {
    var rest = number
    var bits: UInt32 = 0
    for digit in 0..<8 {
      bits |= (rest % 10) << UInt32(4 * digit)
      rest /= 10
    }
    return bits
  }

  /// The binary16 number nearest to `number`, ties to even; nil when it is finite and too large.
  static func binary16(_ number: Double) -> UInt16? {
    let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
    let magnitude = number.magnitude
    if number.isNaN { return sign | 0x7E00 }
    if magnitude.isInfinite { return sign | 0x7C00 }
    // In units of the least significant bit that a number of this size has.
    let exponent = magnitude == 0 ? -14 : max(-14, Int(magnitude.exponent))
    let units = Double(sign: .plus, exponent: 10 - exponent, significand: magnitude)
      .rounded(.toNearestOrEven)
    // Rounding up to 2048 carries into the exponent by itself.
    let bits = Int(units) + (exponent + 14) << 10
    guard bits < 0x7C00 else { return nil }
    return sign | UInt16(bits)
  }
}

extension Value {
  /// The value in a message for a person.
  var plainText: String {
    switch self {
    case .none: "nothing"
    case .bool(let flag): "\(flag)"
    case .int64(let number): "\(number)"
    case .uint64(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): "\"\(text)\""
    case .bytes(let bytes): "\(bytes.count) bytes"
    }
  }
}
