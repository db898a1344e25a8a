extension Scanner {
  /// A whole number without sign, or nil (and nothing passed) when there is no digit.
  /// Numbers above 2^64 - 1 fail.
  @inline(__always)
  mutating func unsignedInteger() throws(Failure) -> UInt64? {
    skipSpace()
    let start = position
    var value: UInt64 = 0
    var digit = base[position] &- 0x30
    while digit < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      if overflow || carry { throw tooLarge(start) }
      value = sum
      position &+= 1
      digit = base[position] &- 0x30
    }
    return position == start ? nil : value
  }

  @inline(__always)
  mutating func expectUnsigned(
    _ what: StaticString, upTo limit: UInt64 = .max
  ) throws(Failure) -> UInt64 {
    skipSpace()
    let start = position
    guard let value = try unsignedInteger() else { throw expected("\(what)", "") }
    if value > limit {
      throw Failure(
        offset: start, rule: .numberOutOfRange, message: "\(what) is above \(limit)")
    }
    return value
  }

  /// A number: sign, digits, fraction, exponent. Also `.5`, `10.`, and `nan`, `inf` as some tools write them.
  ///
  /// The nearest Double, exactly: up to 18 digits that make a number up to 2^53, and a power of ten up to 22, by one
  /// multiplication or division of exact numbers, anything else by the standard library.
  mutating func expectNumber(_ what: StaticString) throws(Failure) -> Double {
    skipSpace()
    let start = position
    let isNegative = base[position] == UInt8(ascii: "-")
    if isNegative || base[position] == UInt8(ascii: "+") { position &+= 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var isExact = true
    let integerStart = position
    while base[position] &- 0x30 < 10 {
      if mantissa < 100_000_000_000_000_000 {
        mantissa = mantissa &* 10 &+ UInt64(base[position] &- 0x30)
      } else {
        isExact = false
      }
      digits &+= 1
      position &+= 1
    }
    if base[position] == UInt8(ascii: ".") {
      position &+= 1
      while base[position] &- 0x30 < 10 {
        if mantissa < 100_000_000_000_000_000 {
          mantissa = mantissa &* 10 &+ UInt64(base[position] &- 0x30)
          exponent &-= 1
        } else {
          isExact = false
        }
        digits &+= 1
        position &+= 1
      }
    }
    if digits == 0 {
      position = integerStart
      if let special = specialNumber() { return isNegative ? -special : special }
      position = start
      throw expected("\(what)", "")
    }
    if base[position] | 0x20 == UInt8(ascii: "e") {
      let mark = position
      position &+= 1
      let negativeExponent = base[position] == UInt8(ascii: "-")
      if negativeExponent || base[position] == UInt8(ascii: "+") { position &+= 1 }
      var power = 0
      let digitStart = position
      while base[position] &- 0x30 < 10 {
        if power < 100_000 { power = power &* 10 &+ Int(base[position] &- 0x30) }
        position &+= 1
      }
      if position == digitStart { position = mark }
      exponent &+= negativeExponent ? -power : power
    }
    if isExact, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      let magnitude = Double(mantissa)
      let power = Self.powersOfTen[Int(exponent.magnitude)]
      let value = exponent < 0 ? magnitude / power : magnitude * power
      return isNegative ? -value : value
    }
    let text = String(
      decoding: UnsafeBufferPointer(start: base + start, count: position &- start), as: UTF8.self)
    if let value = Double(text) { return value }
    throw Failure(
      offset: start, rule: .numberOutOfRange, message: "'\(text.prefix(40))' is not a number")
  }

  /// `nan`, `inf`, `infinity`, and `1.#INF` written without its digits, in any case.
  private mutating func specialNumber() -> Double? {
    for (word, value) in [("infinity", Double.infinity), ("inf", .infinity), ("nan", .nan)] {
      var index = position
      var isEqual = true
      for byte in word.utf8 {
        if base[index] | 0x20 != byte {
          isEqual = false
          break
        }
        index &+= 1
      }
      if isEqual, !isNameByte(base[index]) {
        position = index
        return value
      }
    }
    return nil
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// The value of a label or of an attribute: whole numbers exactly.
  mutating func rawValue() throws(Failure) -> RawValue? {
    skipSpace()
    let start = position
    let isNegative = base[position] == UInt8(ascii: "-")
    if isNegative || base[position] == UInt8(ascii: "+") { position &+= 1 }
    var value: UInt64 = 0
    var isOverflown = false
    let digitStart = position
    while base[position] &- 0x30 < 10 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(base[position] &- 0x30))
      if overflow || carry { isOverflown = true }
      value = sum
      position &+= 1
    }
    let next = base[position]
    if position == digitStart, next != UInt8(ascii: ".") {
      position = start
      return nil
    }
    if isOverflown || next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") {
      position = start
      let number = try expectNumber("a value")
      guard number.isFinite else {
        throw Failure(
          offset: start, rule: .numberOutOfRange, message: "the value is too large for a number")
      }
      return RawValue(number)
    }
    if !isNegative { return RawValue(value) }
    if value <= 1 << 63 { return .integer(Int64(truncatingIfNeeded: 0 &- value)) }
    return .float(-Double(value))
  }

  private func tooLarge(_ offset: Int) -> Failure {
    Failure(offset: offset, rule: .numberOutOfRange, message: "the number does not fit 64 bits")
  }
}
