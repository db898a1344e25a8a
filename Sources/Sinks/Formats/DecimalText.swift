extension [UInt8] {
  /// Appends a whole number in decimal.
  package mutating func append(decimal number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: number.magnitude)
  }

  /// Appends a whole number in decimal.
  package mutating func append(decimal number: some UnsignedInteger & FixedWidthInteger) {
    append(digits: UInt64(truncatingIfNeeded: number), atLeast: 1)
  }

  /// Appends a whole number with leading zeros up to a width of at most 20.
  private mutating func append(digits number: UInt64, atLeast width: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var place = 20
      var rest = number
      while rest >= 10 {
        let quotient = rest / 10
        place -= 1
        buffer[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
        rest = quotient
      }
      place -= 1
      buffer[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
      while 20 - place < width {
        place -= 1
        buffer[place] = UInt8(ascii: "0")
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: buffer[place...]))
    }
  }

  /// Appends a finite number in its shortest form that reads back to the same bits, as `description` writes it.
  package mutating func append(shortest number: Double) {
    if append(fewDecimals: number) { return }
    var digits = DigitStream(text: self)
    // The stream has the only reference, so that it appends in place.
    self = []
    number.write(to: &digits)
    self = digits.text
  }

  /// Appends a number that has at most four decimals and 15 digits, which is what instruments send.
  ///
  /// A decimal of up to 15 digits that reads as this number is the only one, so it is the shortest once it has no
  /// zero at its end; and the division rounds as reading does, so the comparison is exact.
  private mutating func append(fewDecimals number: Double) -> Bool {
    let magnitude = number.magnitude
    guard magnitude < 1e11 else { return false }
    var scale = 1.0
    for decimals in 0...4 {
      let scaled = (magnitude * scale).rounded()
      if scaled / scale == magnitude {
        if number.sign == .minus { append(UInt8(ascii: "-")) }
        let digits = UInt64(scaled)
        let divisor = UInt64(scale)
        append(digits: digits / divisor, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digits: digits % divisor, atLeast: Swift.max(1, decimals))
        return true
      }
      scale *= 10
    }
    return false
  }
}

/// Takes the digits that the standard library writes, which makes a string of them for everybody else: more than 15 bytes of
/// one are an allocation.
private struct DigitStream: TextOutputStream {
  var text: [UInt8]

  mutating func write(_ string: String) { text.append(contentsOf: string.utf8) }

  /// The library's short cut for ASCII. Where it should not be taken one day, `write` does the same.
  mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
    text.append(contentsOf: buffer)
  }
}
