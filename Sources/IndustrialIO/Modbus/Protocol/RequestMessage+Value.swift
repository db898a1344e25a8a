internal import IndustrialModel

extension RequestMessage {
  /// The request that writes one value, and the registers that must be read back after it.
  ///
  /// One register is written with function 6, more with 16, a coil with 5.
  static func write(
    _ value: Value, to place: RegisterAddress, as type: RegisterType, order: ByteOrder, unit: UInt8
  ) throws(ModbusError) -> (request: RequestMessage, registers: [UInt16]) {
    guard place.table.isWritable else {
      throw ModbusError(
        .invalidRequest, "the protocol has no way to write to the table \(place.table)", unit: unit,
        address: place, advice: "write to a coil or a holding register")
    }
    var registers: [UInt16]
    do throws(ModbusError) {
      registers = try (place.table.isBits ? RegisterType.bool : type).encode(value, order: order)
    } catch {
      var located = error
      located.unit = unit
      located.address = place
      throw located
    }
    if place.table == .coil {
      return (.writeCoil(registers[0] != 0, at: place.offset, unit: unit), registers)
    }
    if registers.count == 1 {
      return (.writeRegister(registers[0], at: place.offset, unit: unit), registers)
    }
    return (try .writeRegisters(registers, at: place.offset, unit: unit), registers)
  }
}
