import Testing

@testable import Modbus

/// Gives an exchange bytes in pieces, as a line does; what it takes for answers, and never much is kept.
func feed(_ exchange: inout RTUExchange, _ bytes: [UInt8], step: Int) -> [[UInt8]] {
  var answers: [[UInt8]] = []
  var buffer: [UInt8] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    buffer += rest.prefix(step)
    rest = rest.dropFirst(step)
    var offset = 0
    while case .answer(_, let pdu)? = exchange.next(in: buffer.span.bytes, from: &offset) {
      answers.append(Array(buffer[pdu]))
    }
    buffer.removeFirst(offset)
    #expect(buffer.count < 2 * MBAPExchange.maximumFrameLength)
  }
  return answers
}
