internal import CModbus
internal import Glibc

/// libmodbus's server side as a function from a request to its answer.
///
/// libmodbus carries out the request on the bank and writes the answer to a socket pair of ours, where it is picked up: so
/// the protocol is libmodbus's, an implementation that our client has nothing in common with, and the
/// connections are the server's own, which can delay, drop or damage an answer. Requests are checked for their
/// length first, since libmodbus trusts it.
struct LibmodbusResponder: ~Copyable {
  private let context: LibmodbusContext
  private let far: FileDescriptor
  private let near: FileDescriptor

  init() throws(ModbusError) {
    let context = try LibmodbusContext.server()
    var pair: (Int32, Int32) = (-1, -1)
    let status = withUnsafeMutableBytes(of: &pair) {
      socketpair(
        AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0,
        $0.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard status == 0 else {
      throw ModbusError.system("no descriptor is left for a server", errno: errno)
    }
    far = FileDescriptor(owning: pair.0)
    near = FileDescriptor(owning: pair.1)
    modbus_set_socket(context.pointer, far.rawValue)
    // After an exception libmodbus sleeps for this long and flushes its socket; here there is nothing to flush.
    modbus_set_response_timeout(context.pointer, 0, 1)
    self.context = context
  }

  /// The answer to a whole frame (MBAP header and PDU); empty when there is none to give.
  borrowing func answer(
    to frame: UnsafeRawBufferPointer, from bank: borrowing RegisterBank
  ) -> [UInt8] {
    guard frame.count > 7, let bytes = frame.baseAddress?.assumingMemoryBound(to: UInt8.self)
    else { return [] }
    if RequestShape.isWellFormed(UnsafeRawBufferPointer(rebasing: frame[7...])) {
      modbus_reply(context.pointer, bytes, Int32(frame.count), bank.mapping)
    } else {
      modbus_reply_exception(
        context.pointer, bytes, UInt32(ExceptionCode.illegalDataValue.rawValue))
    }
    let answer = pickUp()
    // Functions that it knows by their number alone, such as 7, it passes over in silence.
    return answer.isEmpty ? exception(.illegalFunction, to: frame) : answer
  }

  /// An exception as the answer.
  borrowing func exception(_ code: ExceptionCode, to frame: UnsafeRawBufferPointer) -> [UInt8] {
    guard frame.count > 7 else { return [] }
    return [
      frame[0], frame[1], 0, 0, 0, 3, frame[6], frame[7] | 0x80, code.rawValue,
    ]
  }

  private borrowing func pickUp() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
      count = max(0, recv(near.rawValue, buffer.baseAddress, buffer.count, 0))
    }
  }
}
