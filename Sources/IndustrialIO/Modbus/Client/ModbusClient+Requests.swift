public import IndustrialModel

/// One request a call. Addresses count from 0; `unit` is the device on the wire.
///
/// All throw `ModbusError` when the request breaks a limit of the protocol, is refused or not answered, and
/// `CancellationError` when the task is cancelled.
extension ModbusClient {
  /// Reads 1 to 125 holding registers (function 3).
  public func readHoldingRegisters(_ addresses: Range<Int>, unit: UInt8 = 1) async throws
    -> [UInt16]
  {
    try await registers(.holding, addresses, unit)
  }

  /// Reads 1 to 125 input registers (function 4).
  public func readInputRegisters(_ addresses: Range<Int>, unit: UInt8 = 1) async throws -> [UInt16]
  {
    try await registers(.input, addresses, unit)
  }

  /// Reads 1 to 2000 coils (function 1).
  public func readCoils(_ addresses: Range<Int>, unit: UInt8 = 1) async throws -> [Bool] {
    try await bits(.coil, addresses, unit)
  }

  /// Reads 1 to 2000 discrete inputs (function 2).
  public func readDiscreteInputs(_ addresses: Range<Int>, unit: UInt8 = 1) async throws -> [Bool] {
    try await bits(.discrete, addresses, unit)
  }

  /// Turns a coil on or off (function 5).
  public func writeCoil(_ value: Bool, at address: UInt16, unit: UInt8 = 1) async throws {
    _ = try await perform(.writeCoil(value, at: address, unit: unit))
  }

  /// Sets a holding register (function 6).
  public func writeRegister(_ value: UInt16, at address: UInt16, unit: UInt8 = 1) async throws {
    _ = try await perform(.writeRegister(value, at: address, unit: unit))
  }

  /// Sets 1 to 1968 coils (function 15).
  public func writeCoils(_ values: [Bool], at address: UInt16, unit: UInt8 = 1) async throws {
    _ = try await perform(.writeCoils(values, at: address, unit: unit))
  }

  /// Sets 1 to 123 holding registers (function 16).
  public func writeRegisters(_ values: [UInt16], at address: UInt16, unit: UInt8 = 1) async throws {
    _ = try await perform(.writeRegisters(values, at: address, unit: unit))
  }

  /// Changes chosen bits of a holding register in the device itself (function 22): the bits that are 1 in `mask` become
  /// those of `value`, the others stay.
  public func writeBits(
    _ value: UInt16, mask: UInt16, at address: UInt16, unit: UInt8 = 1
  ) async throws {
    _ = try await perform(.maskWrite(and: ~mask, or: value & mask, at: address, unit: unit))
  }

  /// Writes 1 to 121 holding registers and then reads 1 to 125, in one transaction (function 23).
  public func readWriteRegisters(
    reading addresses: Range<Int>, writing values: [UInt16], at address: UInt16, unit: UInt8 = 1
  ) async throws -> [UInt16] {
    let answer = try await perform(
      .readWrite(reading: addresses, writing: values, at: address, unit: unit))
    return stride(from: 2, to: answer.count - 1, by: 2).map {
      UInt16(answer[$0]) << 8 | UInt16(answer[$0 + 1])
    }
  }

  /// Sends any function and returns the data of the answer, without the function code.
  ///
  /// A broadcast (unit 0 of a serial line) has no answer: there are no data then, and a function that asks for values throws
  /// `.invalidRequest`.
  public func send(_ function: FunctionCode, data: [UInt8], unit: UInt8 = 1) async throws -> [UInt8]
  {
    Array(try await perform(.raw(function, data, unit: unit)).dropFirst())
  }

  private func registers(
    _ table: RegisterTable, _ addresses: Range<Int>, _ unit: UInt8
  ) async throws -> [UInt16] {
    let plan = try ReadPlan(table, addresses, unit: unit)
    return Array(try await read(plan).registers(ofBlock: 0))
  }

  private func bits(
    _ table: RegisterTable, _ addresses: Range<Int>, _ unit: UInt8
  ) async throws -> [Bool] {
    let plan = try ReadPlan(table, addresses, unit: unit)
    return try await read(plan).bits(ofBlock: 0)
  }
}

extension ModbusClient {
  /// Reads one value.
  ///
  /// Throws `.malformedReply` when the registers are no value of the type (a BCD digit above 9).
  public func read(
    _ place: RegisterAddress, as type: RegisterType, order: ByteOrder = .abcd, unit: UInt8 = 1
  ) async throws -> Value {
    let type = place.table.isBits ? .bool : type
    let plan = try ReadPlan([
      RegisterBlock(place.table, place.offset, count: type.registerCount, unit: unit)
    ])
    let value = type.decode(try await read(plan).registers(ofBlock: 0), order: order)
    guard value != .none else {
      throw ModbusError(
        .malformedReply, "what stands there is no value of type \(type)",
        bus: endpoint.description, unit: unit, address: place, count: type.registerCount)
    }
    return value
  }

  /// Reads one number as a Swift type: `let flow = try await plc.read(.holding(20), as: Float.self, order: .cdab)`.
  public func read<Number: RegisterNumber>(
    _ place: RegisterAddress, as type: Number.Type, order: ByteOrder = .abcd, unit: UInt8 = 1
  ) async throws -> Number {
    let value = try await read(place, as: Number.registerType, order: order, unit: unit)
    guard let number = Number(registerValue: value) else {
      throw ModbusError(
        .invalidRequest, "a \(place.table) place is no \(Number.self)",
        bus: endpoint.description, unit: unit, address: place)
    }
    return number
  }

  /// Writes one value to a coil or to holding registers, and reads it back.
  ///
  /// Throws `.invalidRequest` when the type can't hold the value, the table can't be written or a broadcast (unit 0 of a serial
  /// line) should be verified, and `.notVerified` when what is read back is something else: the device may have limited,
  /// rounded or ignored it.
  public func write(
    _ value: Value, to place: RegisterAddress, as type: RegisterType, order: ByteOrder = .abcd,
    unit: UInt8 = 1, verify: Bool = true
  ) async throws {
    let message = try RequestMessage.write(value, to: place, as: type, order: order, unit: unit)
    if verify, unit == 0, endpoint.isRTU {
      throw ModbusError(
        .invalidRequest, "a broadcast can't be read back: nobody answers it",
        bus: endpoint.description, unit: unit, address: place,
        advice: "write it without verifying, or to one unit, 1 to 247")
    }
    _ = try await perform(message.request)
    guard verify else { return }
    let plan = try ReadPlan([
      RegisterBlock(place.table, place.offset, count: message.registers.count, unit: unit)
    ])
    let found = Array(try await read(plan).registers(ofBlock: 0))
    guard found == message.registers else {
      let type = place.table.isBits ? RegisterType.bool : type
      throw ModbusError(
        .notVerified,
        "the device holds \(type.decode(found, order: order).plainText) after \(value.plainText) was written",
        bus: endpoint.description, unit: unit, address: place, count: found.count,
        advice: "see whether the device limits the value, or is switched to local operation")
    }
  }
}

/// One request a call, blocking. Addresses count from 0; `unit` is the device on the wire.
extension ModbusEngine {
  /// Reads 1 to 125 holding registers (function 3).
  public func readHoldingRegisters(_ addresses: Range<Int>, unit: UInt8 = 1) throws(ModbusError)
    -> [UInt16]
  {
    Array(try read(ReadPlan(.holding, addresses, unit: unit)).registers(ofBlock: 0))
  }

  /// Reads 1 to 125 input registers (function 4).
  public func readInputRegisters(_ addresses: Range<Int>, unit: UInt8 = 1) throws(ModbusError)
    -> [UInt16]
  {
    Array(try read(ReadPlan(.input, addresses, unit: unit)).registers(ofBlock: 0))
  }

  /// Reads 1 to 2000 coils (function 1).
  public func readCoils(_ addresses: Range<Int>, unit: UInt8 = 1) throws(ModbusError) -> [Bool] {
    try read(ReadPlan(.coil, addresses, unit: unit)).bits(ofBlock: 0)
  }

  /// Reads 1 to 2000 discrete inputs (function 2).
  public func readDiscreteInputs(_ addresses: Range<Int>, unit: UInt8 = 1) throws(ModbusError)
    -> [Bool]
  {
    try read(ReadPlan(.discrete, addresses, unit: unit)).bits(ofBlock: 0)
  }

  /// Turns a coil on or off (function 5).
  public func writeCoil(_ value: Bool, at address: UInt16, unit: UInt8 = 1) throws(ModbusError) {
    _ = try perform(.writeCoil(value, at: address, unit: unit))
  }

  /// Sets a holding register (function 6).
  public func writeRegister(_ value: UInt16, at address: UInt16, unit: UInt8 = 1)
    throws(ModbusError)
  {
    _ = try perform(.writeRegister(value, at: address, unit: unit))
  }

  /// Sets 1 to 1968 coils (function 15).
  public func writeCoils(_ values: [Bool], at address: UInt16, unit: UInt8 = 1)
    throws(ModbusError)
  {
    _ = try perform(.writeCoils(values, at: address, unit: unit))
  }

  /// Sets 1 to 123 holding registers (function 16).
  public func writeRegisters(_ values: [UInt16], at address: UInt16, unit: UInt8 = 1)
    throws(ModbusError)
  {
    _ = try perform(.writeRegisters(values, at: address, unit: unit))
  }
}
