import Foundation
import TestSupport

/// A TCP server on a free loopback port whose every connection is served by a closure on a thread of its own.
final class LoopbackServer: Sendable {
  let port: UInt16
  private let listener: Int32

  init(_ serve: @escaping @Sendable (Int32) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    // Port 0: the system chooses one that nobody else has.
    var address = Self.loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 ? getsockname(listener, pointer, &length) : -1
      }
    }
    guard bound == 0, listen(listener, 50) == 0 else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    self.listener = listener
    Thread.detachNewThread {
      while true {
        let connection = Loopback.accept(listener)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  static func connect(to port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(port)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if status != 0 {
      close(descriptor)
      return -1
    }
    return descriptor
  }

  /// Reads one MQTT packet; nil at the end of the connection. Answers pings and passes over them: on a busy machine a test may take
  /// longer than the keep-alive.
  static func readPacket(_ connection: Int32) -> [UInt8]? {
    func readExactly(_ count: Int) -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: count)
      var have = 0
      while have < count {
        let got = bytes.withUnsafeMutableBytes { buffer in
          recv(connection, buffer.baseAddress.map { $0 + have }, count - have, 0)
        }
        if got <= 0 { return nil }
        have += got
      }
      return bytes
    }
    guard var packet = readExactly(1) else { return nil }
    var length = 0
    var shift = 0
    while true {
      guard let byte = readExactly(1)?[0] else { return nil }
      packet.append(byte)
      length |= Int(byte & 0x7F) << shift
      shift += 7
      if byte & 0x80 == 0 { break }
    }
    guard let rest = readExactly(length) else { return nil }
    guard packet[0] >> 4 == 12 else { return packet + rest }
    write([0xD0, 0], to: connection)
    return readPacket(connection)
  }

  static func write(_ bytes: [UInt8], to connection: Int32) {
    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}

/// Stands between a client and a broker and can cut the connection between them at any moment.
final class CuttingProxy: Sendable {
  private let server: LoopbackServer
  private let open: Connections

  final class Connections: @unchecked Sendable {
    // Sendable because the lock guards the only property.
    private let lock = NSLock()
    private var descriptors: [Int32] = []
    private var holds = false

    func add(_ new: [Int32]) { lock.withLock { descriptors += new } }
    func remove(_ old: [Int32]) { lock.withLock { descriptors.removeAll(where: old.contains) } }
    func cut() { lock.withLock { descriptors.forEach { shutdown($0, Int32(SHUT_RDWR)) } } }
    var count: Int { lock.withLock { descriptors.count } }
  }

  /// Everything goes on to `target`.
  init(to target: UInt16) throws {
    let open = Connections()
    self.open = open
    server = try LoopbackServer { client in
      let broker = LoopbackServer.connect(to: target)
      guard broker >= 0 else { return }
      open.add([client, broker])
      var entries = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: broker, events: Int16(POLLIN), revents: 0),
      ]
      var buffer = [UInt8](repeating: 0, count: 65536)
      forwarding: while poll(&entries, 2, -1) >= 0 {
        for (from, to) in [(0, broker), (1, client)] where entries[from].revents != 0 {
          let count = recv(entries[from].fd, &buffer, buffer.count, 0)
          if count <= 0 { break forwarding }
          var sent = 0
          while sent < count {
            let now = buffer.withUnsafeBytes { bytes in
              send(
                to, bytes.baseAddress.map { $0 + sent }, count - sent,
                Int32(MSG_NOSIGNAL))
            }
            if now <= 0 { break forwarding }
            sent += now
          }
        }
      }
      open.remove([client, broker])
      close(broker)
    }
  }

  var port: UInt16 { server.port }

  /// Breaks all connections, without any farewell.
  func cut() { open.cut() }
}
