import Foundation
import Synchronization

/// What a scripted broker has received, packet by packet, over all connections.
final class PacketLog: Sendable {
  /// A packet of a client.
  struct Packet: Sendable, Equatable {
    /// From 1.
    var connection: Int
    var bytes: [UInt8]

    /// MQTT's number of its kind: 1 CONNECT, 3 PUBLISH, ...
    var kind: UInt8 { bytes[0] >> 4 }

    /// What comes behind the length.
    var body: ArraySlice<UInt8> {
      let length = bytes.dropFirst().prefix { $0 & 0x80 != 0 }.count + 1
      return bytes.dropFirst(1 + length)
    }

    /// The packet identifier of an answer.
    var identifier: UInt16 {
      let body = Array(body.prefix(2))
      return UInt16(body[0]) << 8 | UInt16(body[1])
    }
  }

  /// The parts of a PUBLISH of MQTT 5 (section 3.3).
  struct Publish: Equatable {
    var topic = ""
    var qos: UInt8 = 0
    var isAgain = false
    var identifier: UInt16 = 0
    var properties: [UInt8] = []
    var payload = ""
  }

  private let state = Mutex<(packets: [Packet], connections: Int)>(([], 0))

  /// Notes a packet of a connection that nobody counts.
  func add(_ bytes: [UInt8]) {
    state.withLock { $0.packets.append(Packet(connection: 0, bytes: bytes)) }
  }

  var packets: [Packet] { state.withLock { $0.packets } }
  func packets(kind: UInt8) -> [Packet] { packets.filter { $0.kind == kind } }
  var publishes: [Publish] { packets(kind: 3).map(Self.publish) }

  /// A broker that answers each packet with what the script gives: nil ends the connection.
  func makeServer(
    _ answer: @escaping @Sendable (Packet) -> [UInt8]?
  ) throws -> LoopbackServer {
    try LoopbackServer { [self] connection in
      let number = state.withLock { state in
        state.connections += 1
        return state.connections
      }
      while let bytes = LoopbackServer.readPacket(connection) {
        let packet = Packet(connection: number, bytes: bytes)
        state.withLock { $0.packets.append(packet) }
        guard let reply = answer(packet) else { return }
        if !reply.isEmpty { LoopbackServer.write(reply, to: connection) }
      }
    }
  }

  /// Returns when the log satisfies a condition; the test's own limit bounds the wait.
  func wait(until condition: (PacketLog) -> Bool) async throws {
    while !condition(self) { try await Task.sleep(for: .milliseconds(2)) }
  }

  static func publish(_ packet: Packet) -> Publish {
    var rest = packet.body
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    func number() -> Int { take(2).reduce(0) { $0 << 8 | Int($1) } }
    var publish = Publish(qos: packet.bytes[0] >> 1 & 3, isAgain: packet.bytes[0] & 8 != 0)
    publish.topic = String(decoding: take(number()), as: UTF8.self)
    if publish.qos > 0 { publish.identifier = UInt16(number()) }
    publish.properties = take(Int(take(1).first ?? 0))
    publish.payload = String(decoding: rest, as: UTF8.self)
    return publish
  }
}
