/// Reads a number in Python's notations: `42`, `1_000`, `0xFF`, `0o17`, `0b1010`, `2.5`, `.5`, `1e-3`.
struct NumberLiteral {
  let bytes: UnsafeBufferPointer<UInt8>
  let start: Int
  let lengthLimit: Int
  private(set) var end: Int

  init(bytes: UnsafeBufferPointer<UInt8>, start: Int, lengthLimit: Int) {
    self.bytes = bytes
    self.start = start
    self.lengthLimit = lengthLimit
    end = start
  }

  mutating func read() throws(Complaint) -> Double {
    let value: Double
    if byte(start) == UInt8(ascii: "0"), let radix = radixMark(byte(start + 1)) {
      value = try readRadix(radix)
    } else {
      value = try readDecimal()
    }
    if CharacterClass.isNamePart(byte(end)) {
      let isImaginary = byte(end) | 0x20 == UInt8(ascii: "j")
      throw Complaint(
        .syntax,
        isImaginary
          ? "imaginary numbers are not allowed" : "a letter may not follow a number directly",
        at: end, length: 1)
    }
    guard end - start <= lengthLimit else {
      throw Complaint(
        .limit, "a number may have \(lengthLimit) characters", at: start, length: end - start)
    }
    return value
  }

  @inline(__always)
  private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  private func bad(_ message: String, at index: Int) -> Complaint {
    Complaint(.syntax, message, at: index, length: index < bytes.count ? 1 : 0)
  }

  // MARK: 0x, 0o, 0b

  private func radixMark(_ byte: UInt8) -> Int? {
    switch byte | 0x20 {
    case UInt8(ascii: "x"): 16
    case UInt8(ascii: "o"): 8
    case UInt8(ascii: "b"): 2
    default: nil
    }
  }

  private func digit(_ byte: UInt8, radix: Int) -> UInt64? {
    let value: Int
    if CharacterClass.isDigit(byte) {
      value = Int(byte) - 0x30
    } else if (byte | 0x20) &- 0x61 < 6 {
      value = Int(byte | 0x20) - 0x61 + 10
    } else {
      return nil
    }
    return value < radix ? UInt64(value) : nil
  }

  private mutating func readRadix(_ radix: Int) throws(Complaint) -> Double {
    end = start + 2
    let shift = radix.trailingZeroBitCount
    var top: UInt64 = 0
    var dropped = 0
    // Bits that no longer fit only matter as "something is there" when rounding.
    var sticky = false
    var hasDigit = false
    var afterUnderscore = false
    while end < bytes.count {
      if bytes[end] == UInt8(ascii: "_") {
        guard !afterUnderscore else { throw bad("two underscores in a number", at: end) }
        afterUnderscore = true
      } else if let digit = digit(bytes[end], radix: radix) {
        hasDigit = true
        afterUnderscore = false
        if dropped > 0 || top >> (64 - UInt64(shift)) != 0 {
          sticky = sticky || digit != 0
          dropped += shift
        } else {
          top = top << UInt64(shift) | digit
        }
      } else {
        break
      }
      end += 1
    }
    guard hasDigit, !afterUnderscore else {
      throw bad("a digit of base \(radix) is missing", at: end)
    }
    if CharacterClass.isDigit(byte(end)) || byte(end) == UInt8(ascii: ".") {
      throw bad("not a digit of base \(radix)", at: end)
    }
    return Double(sticky ? top | 1 : top) * Double(sign: .plus, exponent: dropped, significand: 1)
  }

  // MARK: Decimal

  /// Reads digits with single underscores between them into `mantissa`; says how many.
  private mutating func digits(_ mantissa: inout UInt64, _ exact: inout Bool) throws(Complaint)
    -> Int
  {
    var count = 0
    while end < bytes.count {
      let byte = bytes[end]
      if CharacterClass.isDigit(byte) {
        if mantissa < 900_000_000_000_000 {
          mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
        } else {
          exact = false
        }
        count += 1
      } else if byte == UInt8(ascii: "_"), count > 0 {
        guard CharacterClass.isDigit(self.byte(end + 1)) else {
          throw bad("an underscore stands between two digits of a number", at: end)
        }
      } else {
        break
      }
      end += 1
    }
    return count
  }

  private mutating func readDecimal() throws(Complaint) -> Double {
    var mantissa: UInt64 = 0
    var exact = true
    let whole = try digits(&mantissa, &exact)
    var fraction = 0
    var isInteger = true
    if byte(end) == UInt8(ascii: ".") {
      isInteger = false
      end += 1
      if byte(end) == UInt8(ascii: "_") {
        throw bad("an underscore stands between two digits of a number", at: end)
      }
      fraction = try digits(&mantissa, &exact)
    }
    var exponent = 0
    if byte(end) | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      exponent = try readExponent()
    }
    if isInteger, whole > 1, byte(start) == UInt8(ascii: "0"), mantissa != 0 {
      throw Complaint(
        .syntax, "a number may not begin with 0 (octal is 0o...)", at: start, length: end - start)
    }
    let scale = exponent - fraction
    if exact {
      if scale == 0 { return Double(mantissa) }
      if scale > 0, scale <= 22 { return Double(mantissa) * PowersOfTen.exact[scale] }
      if scale < 0, scale >= -22 { return Double(mantissa) / PowersOfTen.exact[-scale] }
    }
    guard end - start <= lengthLimit else { return 0 }  // refused by the caller
    let text = String(
      decoding: bytes[start..<end].lazy.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    return Double(text) ?? Double(text + "0") ?? Double("0" + text) ?? .nan
  }

  private mutating func readExponent() throws(Complaint) -> Int {
    end += 1
    var isNegative = false
    if byte(end) == UInt8(ascii: "+") || byte(end) == UInt8(ascii: "-") {
      isNegative = byte(end) == UInt8(ascii: "-")
      end += 1
    }
    var magnitude: UInt64 = 0
    var exact = true
    guard try digits(&magnitude, &exact) > 0 else {
      throw bad("the exponent's digits are missing", at: end)
    }
    let bounded = Int(Swift.min(magnitude, 1_000_000))
    return isNegative ? -bounded : bounded
  }
}
