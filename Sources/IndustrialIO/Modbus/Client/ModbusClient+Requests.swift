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
