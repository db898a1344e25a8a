/// One request as it goes over any wire: a PDU, and what its answer must look like.
struct RequestMessage: Sendable {
  /// How a good answer is told from a wrong one.
  enum Reply: Sendable {
    /// A byte count and so many bytes of values.
    case values(byteCount: Int)
    /// The first so many bytes of the request's PDU once more.
    case echo(length: Int)
    /// Anything with the request's function code.
    case any
  }

  var unit: UInt8
  var pdu: [UInt8]
  var reply: Reply
  /// Whether it changes the device, so that it must never be sent twice unasked.
  var isWrite: Bool
  /// The first place it speaks of.
  var address: RegisterAddress?
  /// How many places.
  var count: Int?

  /// The function code.
  var function: FunctionCode { FunctionCode(rawValue: pdu.first ?? 0) }

  /// The length of a good answer's PDU, 0 when any will do.
  var replyLength: Int {
    switch reply {
    case .values(let byteCount): 2 + byteCount
    case .echo(let length): length
    case .any: 0
    }
  }

  /// Whether the answer is what it is sent for, so that it makes no sense as a broadcast.
  var asksForValues: Bool {
    switch reply {
    case .values: true
    case .echo: false
    // What the specification says of the function; what a device's own functions do nobody knows.
    case .any: [1, 2, 3, 4, 7, 11, 12, 17, 20, 23, 24, 43].contains(function.rawValue)
    }
  }

  /// Whether a PDU of the right function and length is the good answer.
  func accepts(_ answer: RawSpan) -> Bool {
    switch reply {
    case .any: return true
    case .values(let byteCount):
      return answer.byteCount == 2 + byteCount
        && answer.unsafeLoad(fromByteOffset: 1, as: UInt8.self)
          == UInt8(truncatingIfNeeded: byteCount)
    case .echo(let length):
      guard answer.byteCount == length, pdu.count >= length else { return false }
      for index in 0..<length
      where answer.unsafeLoad(fromByteOffset: index, as: UInt8.self) != pdu[index] {
        return false
      }
      return true
    }
  }
}

extension RequestMessage {
  /// Turns a coil on or off (function 5).
  static func writeCoil(_ value: Bool, at offset: UInt16, unit: UInt8) -> RequestMessage {
    let pdu = [5] + bytes(offset) + [value ? 0xFF : 0, 0]
    return RequestMessage(
      unit: unit, pdu: pdu, reply: .echo(length: 5), isWrite: true, address: .coil(offset), count: 1
    )
  }

  /// Sets a holding register (function 6).
  static func writeRegister(_ value: UInt16, at offset: UInt16, unit: UInt8) -> RequestMessage {
    RequestMessage(
      unit: unit, pdu: [6] + bytes(offset) + bytes(value), reply: .echo(length: 5), isWrite: true,
      address: .holding(offset), count: 1)
  }

  /// Sets 1 to 1968 coils (function 15).
  static func writeCoils(
    _ values: [Bool], at offset: UInt16, unit: UInt8
  ) throws(ModbusError) -> RequestMessage {
    try check(values.count, limit: 1968, of: "coils", at: .coil(offset), unit: unit)
    var packed = [UInt8](repeating: 0, count: (values.count + 7) / 8)
    for (index, value) in values.enumerated() where value {
      packed[index >> 3] |= 1 << UInt8(index & 7)
    }
    let head = [15] + bytes(offset) + bytes(UInt16(values.count))
    return RequestMessage(
      unit: unit, pdu: head + [UInt8(packed.count)] + packed, reply: .echo(length: 5),
      isWrite: true, address: .coil(offset), count: values.count)
  }

  /// Sets 1 to 123 holding registers (function 16).
  static func writeRegisters(
    _ values: [UInt16], at offset: UInt16, unit: UInt8
  ) throws(ModbusError) -> RequestMessage {
    try check(values.count, limit: 123, of: "registers", at: .holding(offset), unit: unit)
    let head = [16] + bytes(offset) + bytes(UInt16(values.count))
    return RequestMessage(
      unit: unit, pdu: head + [UInt8(values.count * 2)] + values.flatMap(bytes),
      reply: .echo(length: 5), isWrite: true, address: .holding(offset), count: values.count)
  }

  /// Changes bits of a holding register (function 22): result = (old AND `and`) OR (`or` AND NOT `and`).
  static func maskWrite(
    and: UInt16, or: UInt16, at offset: UInt16, unit: UInt8
  ) -> RequestMessage {
    RequestMessage(
      unit: unit, pdu: [22] + bytes(offset) + bytes(and) + bytes(or), reply: .echo(length: 7),
      isWrite: true, address: .holding(offset), count: 1)
  }

  /// Writes 1 to 121 holding registers and then reads 1 to 125 (function 23).
  static func readWrite(
    reading addresses: Range<Int>, writing values: [UInt16], at offset: UInt16, unit: UInt8
  ) throws(ModbusError) -> RequestMessage {
    try check(values.count, limit: 121, of: "registers", at: .holding(offset), unit: unit)
    _ = try ReadPlan(.holding, addresses, unit: unit)
    let head =
      [23] + bytes(UInt16(addresses.lowerBound)) + bytes(UInt16(addresses.count)) + bytes(offset)
      + bytes(UInt16(values.count))
    return RequestMessage(
      unit: unit, pdu: head + [UInt8(values.count * 2)] + values.flatMap(bytes),
      reply: .values(byteCount: addresses.count * 2), isWrite: true, address: .holding(offset),
      count: values.count)
  }

  /// Any function code, 1 to 127, with its data, up to 252 bytes. What it does to the device is not known, so it is never sent twice.
  static func raw(
    _ function: FunctionCode, _ data: [UInt8], unit: UInt8
  ) throws(ModbusError) -> RequestMessage {
    guard (1...127).contains(function.rawValue), data.count <= 252 else {
      throw ModbusError(
        .invalidRequest, "a request has a function code of 1 to 127 and at most 252 bytes of data",
        unit: unit, function: function)
    }
    return RequestMessage(
      unit: unit, pdu: [function.rawValue] + data, reply: .any, isWrite: true)
  }

  private static func bytes(_ value: UInt16) -> [UInt8] {
    [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
  }

  private static func check(
    _ count: Int, limit: Int, of places: String, at address: RegisterAddress, unit: UInt8
  ) throws(ModbusError) {
    var reason: String?
    if count < 1 { reason = "there is nothing to write" }
    if count > limit { reason = "one request writes at most \(limit) \(places), not \(count)" }
    if Int(address.offset) + count > 65536 {
      reason = "the values run past the last address, 65535"
    }
    if let reason {
      throw ModbusError(
        .invalidRequest, reason, unit: unit, address: address, count: count)
    }
  }
}
