/// What signals, signal types and environment variables are described with alike.
extension Parser {
  /// `1+`: the byte order, and whether there is a sign.
  @inline(__always)
  mutating func expectByteOrderAndSign() throws(Failure) -> SignalFlags {
    var flags: SignalFlags = []
    scanner.skipSpace()
    switch scanner.byte {
    case UInt8(ascii: "0"): flags.insert(.bigEndian)
    case UInt8(ascii: "1"): break
    default: throw scanner.expected("byte order 0 (Motorola) or 1 (Intel)", "")
    }
    scanner.position &+= 1
    scanner.skipSpace()
    switch scanner.byte {
    case UInt8(ascii: "-"): flags.insert(.signed)
    case UInt8(ascii: "+"): break
    default: throw scanner.expected("'+' (unsigned) or '-' (signed)", "")
    }
    scanner.position &+= 1
    return flags
  }

  /// `(0.25,0)`: the factor and the offset.
  @inline(__always)
  mutating func expectScaling() throws(Failure) -> (factor: Double, offset: Double) {
    try scanner.expect(UInt8(ascii: "("), "before the factor")
    let place = scanner.position
    let factor = try number("the factor")
    try scanner.expect(UInt8(ascii: ","), "behind the factor")
    let offset = try number("the offset")
    try scanner.expect(UInt8(ascii: ")"), "behind the offset")
    guard factor.isFinite, offset.isFinite else {
      throw Failure(
        offset: place, rule: .numberOutOfRange,
        message: "the factor and the offset must be finite numbers")
    }
    return (factor, offset)
  }

  /// `[0|16383.75]`: the minimum and the maximum.
  @inline(__always)
  mutating func expectLimits() throws(Failure) -> (minimum: Double, maximum: Double) {
    try scanner.expect(UInt8(ascii: "["), "before the minimum")
    let minimum = try number("the minimum")
    try scanner.expect(UInt8(ascii: "|"), "behind the minimum")
    let maximum = try number("the maximum")
    try scanner.expect(UInt8(ascii: "]"), "behind the maximum")
    return (minimum, maximum)
  }

  /// A number, with a finding when it ends with its point.
  @inline(__always)
  private mutating func number(_ what: StaticString) throws(Failure) -> Double {
    let value = try scanner.expectNumber(what)
    let last = scanner.byte(at: scanner.position &- 1)
    if last == UInt8(ascii: ".") { noteNumberFormat() }
    return value
  }

  private mutating func noteNumberFormat() {
    log.add(
      scanner.position - 1, .note, .numberFormat, "a number without digits behind its point")
  }
}
