internal import CANCore

// What stands behind the identifier in the screen form: `  [4]  DE AD BE EF   'text'`.
extension CandumpLine {
  mutating func parseScreenForm(_ cursor: inout LineCursor) throws(LineFault) {
    form = .screen
    cursor.skipBlanks()
    let byteCount = try parseBracketedLength(&cursor)
    // Of a classic frame candump -x shows a byte that means nothing there.
    if !flags.contains(.fd) { flags.subtract([.bitRateSwitch, .errorStateIndicator]) }
    cursor.skipBlanks()
    if !flags.contains(.fd) && cursor.take("remote request") {
      guard !flags.contains(.error) else { throw cursor.fault("an error frame can't be remote") }
      flags.formUnion(.remote)
      isProvablyWhole = true
    } else {
      try parseSpacedData(&cursor, byteCount: byteCount)
    }
    cursor.skipBlanks()
    // What may follow is the same data as text, or the word ERRORFRAME.
    guard
      cursor.isAtEnd || cursor.next == ASCII.quote || cursor.next == ASCII.backquote
        || cursor.starts(with: "ERRORFRAME")
    else { throw cursor.fault("more data than the length says") }
  }

  /// `[4]` classic, `[04]` CAN FD, `{B}` classic with its raw length code. Gives the byte count.
  private mutating func parseBracketedLength(
    _ cursor: inout LineCursor
  ) throws(LineFault) -> Int {
    if cursor.take("{") {
      guard let code = ASCII.hexValue(cursor.next) else {
        throw cursor.fault("a length code was expected here")
      }
      cursor.advance()
      guard cursor.take("}") else { throw cursor.fault("the bracket behind the length is missing") }
      dataLengthCode = code
      return Int(min(code, 8))
    }
    guard cursor.take("[") else { throw cursor.fault("a length in brackets was expected here") }
    let (count, digits) = cursor.takeDecimal(limit: 4)
    guard digits > 0 else { throw cursor.fault("a length was expected here") }
    guard cursor.take("]") else { throw cursor.fault("the bracket behind the length is missing") }
    guard digits < 3 else {
      throw cursor.fault("CAN XL frames are not supported", code: .unsupported)
    }
    if digits == 2 { flags.insert(.fd) }
    let limit: Int64 = digits == 2 ? 64 : 8
    guard count <= limit else { throw cursor.fault("a frame has at most \(limit) bytes") }
    dataLengthCode = CANFrame.dataLengthCode(forByteCount: Int(count))
    return Int(count)
  }

  private mutating func parseSpacedData(
    _ cursor: inout LineCursor, byteCount: Int
  ) throws(LineFault) {
    var isSwapped = false
    for index in 0..<byteCount {
      if index > 0 && cursor.take(ASCII.backquote) { isSwapped = true }
      cursor.skipBlanks()
      let byte: UInt8
      if let binary = Self.takeBinaryByte(&cursor) {
        byte = binary
      } else if cursor.hexDigitCount(limit: 3) == 2, let hex = cursor.takeHexByte() {
        byte = hex
      } else {
        let missing = cursor.isAtEnd
        throw cursor.fault(
          missing ? "\(byteCount) data bytes were announced, \(index) are there" : "no data byte")
      }
      payload.append(byte)
    }
    // candump -S shows the last byte first.
    if isSwapped, let reversed = CANPayload(payload.reversed()) { payload = reversed }
    isProvablyWhole = true
  }

  /// Eight binary digits: candump -i.
  private static func takeBinaryByte(_ cursor: inout LineCursor) -> UInt8? {
    var byte: UInt8 = 0
    for index in 0..<8 {
      let digit = cursor.ahead(index) &- ASCII.zero
      guard digit <= 1 else { return nil }
      byte = byte << 1 | digit
    }
    cursor.advance(8)
    return byte
  }
}
