import Foundation
import Synchronization
import TestSupport

/// A broker on a free loopback port that speaks as much of MQTT 5 as a publisher needs, and answers as it is told.
final class ScriptedBroker: Sendable {
  struct Message: Sendable {
    var topic: String
    var text: String
  }

  let port: UInt16
  private let listener: Int32
  private let taken = Mutex<[Message]>([])
  private let answer: @Sendable (Message) -> UInt8

  /// The messages that it has taken, in order.
  var messages: [Message] { taken.withLock { $0 } }
  /// Their topics.
  var topics: [String] { messages.map(\.topic) }

  /// - Parameters:
  ///   - maximumQoS: What it says that it offers.
  ///   - answer: The reason code for a message; below 0x80 it is taken.
  init(maximumQoS: UInt8 = 2, answer: @escaping @Sendable (Message) -> UInt8) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 ? getsockname(listener, pointer, &length) : -1
      }
    }
    guard bound == 0, listen(listener, 50) == 0 else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    self.listener = listener
    self.answer = answer
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = Loopback.accept(listener)
        guard connection >= 0 else { return }
        Thread.detachNewThread { [weak self] in
          while let packet = Self.read(connection), let reply = self?.reply(packet, maximumQoS) {
            _ = send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
          }
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func reply(_ packet: (kind: UInt8, body: [UInt8]), _ maximumQoS: UInt8) -> [UInt8] {
    switch packet.kind {
    // Quality of service 2 is what is offered where nothing is said (section 3.2.2.3.4).
    case 1: return maximumQoS == 2 ? [0x20, 3, 0, 0, 0] : [0x20, 5, 0, 0, 2, 0x24, maximumQoS]
    case 3:
      let length = Int(packet.body[0]) << 8 | Int(packet.body[1])
      // Behind the number stands the length of the properties, which a sink's messages have few of: one byte.
      let payload = packet.body.dropFirst(5 + length + Int(packet.body[4 + length]))
      let message = Message(
        topic: String(decoding: packet.body[2..<(2 + length)], as: UTF8.self),
        text: String(decoding: payload, as: UTF8.self))
      let reason = answer(message)
      if reason < 0x80 { taken.withLock { $0.append(message) } }
      return [0x40, 3, packet.body[2 + length], packet.body[3 + length], reason]
    case 12: return [0xD0, 0]
    default: return []
    }
  }

  /// The next packet; nil at the end of the connection.
  private static func read(_ connection: Int32) -> (kind: UInt8, body: [UInt8])? {
    func bytes(_ count: Int) -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = count == 0 ? 0 : recv(connection, &bytes, count, Int32(MSG_WAITALL))
      return got == count ? bytes : nil
    }
    guard let first = bytes(1)?[0] else { return nil }
    var (length, shift) = (0, 0)
    repeat {
      guard let byte = bytes(1)?[0] else { return nil }
      length |= Int(byte & 0x7F) << shift
      shift = byte & 0x80 == 0 ? 0 : shift + 7
    } while shift > 0
    return bytes(length).map { (first >> 4, $0) }
  }
}
