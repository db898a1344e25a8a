internal import CModbus
internal import Glibc
internal import IOThreads

/// A libmodbus context with one owner.
struct LibmodbusContext: ~Copyable {
  let pointer: OpaquePointer
  private let closesDescriptor: Bool

  private init(_ pointer: OpaquePointer, closesDescriptor: Bool) {
    self.pointer = pointer
    self.closesDescriptor = closesDescriptor
  }

  deinit {
    if closesDescriptor { modbus_close(pointer) }
    modbus_free(pointer)
  }

  /// One that answers requests on a socket it is given.
  static func server() throws(ModbusError) -> LibmodbusContext {
    guard let pointer = modbus_new_tcp("127.0.0.1", 1502) else {
      throw ModbusError.system("libmodbus has no memory", errno: errno)
    }
    return LibmodbusContext(pointer, closesDescriptor: false)
  }

  /// An open serial port. Throws `.connectFailed` with the reason.
  static func opening(_ line: SerialLine, bus: String) throws(ModbusError) -> LibmodbusContext {
    func failed(_ number: Int32, _ what: String) -> ModbusError {
      ModbusError(
        .connectFailed, "\(what): \(SystemFailure.explanation(of: number))", bus: bus,
        errno: number,
        advice: number == EACCES
          ? "give the user the right to open it (on Debian: the group dialout)"
          : "check the path of the port and its settings")
    }
    func wrongRate(_ advice: String) -> ModbusError {
      ModbusError(
        .connectFailed, "the port can't be set to \(line.baud) baud", bus: bus, advice: advice)
    }
    guard SerialLine.rates.contains(where: { $0.baud == line.baud }) else {
      throw wrongRate("the nearest is \(SerialLine.rates(near: line.baud))")
    }
    let parity = CChar(bitPattern: line.parity.rawValue.utf8.first ?? UInt8(ascii: "N"))
    guard
      let pointer = modbus_new_rtu(
        line.path, Int32(clamping: line.baud), parity, Int32(clamping: line.dataBits),
        Int32(clamping: line.stopBits))
    else { throw failed(errno, "the serial port can't be set so") }
    let context = LibmodbusContext(pointer, closesDescriptor: true)
    guard modbus_connect(pointer) == 0 else {
      throw failed(errno, "the serial port can't be opened")
    }
    guard line.isSet(on: context.descriptor) else {
      throw wrongRate("its driver has not got that rate: choose another, at the devices too")
    }
    if line.isRS485, modbus_rtu_set_serial_mode(pointer, MODBUS_RTU_RS485) != 0 {
      throw failed(errno, "the serial port can't be switched to RS-485")
    }
    return context
  }

  /// The open descriptor.
  var descriptor: Int32 { modbus_get_socket(pointer) }

  /// Sends a frame without its check, which libmodbus adds.
  borrowing func send(_ frame: UnsafeRawBufferPointer) -> TCPSocket.Progress {
    let bytes = frame.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let count = modbus_send_raw_request(pointer, bytes, Int32(frame.count))
    return count < 0 ? .failed(errno) : .bytes(frame.count)
  }
}
