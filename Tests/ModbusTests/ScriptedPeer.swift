import Foundation
import Synchronization
import TestSupport
import Testing

/// A TCP peer on loopback that does what a script says: the test's own hand on the other end of the wire.
final class ScriptedPeer: Sendable {
  /// One client as the script sees it. Blocking; used on the peer's thread only.
  final class Connection {
    private let descriptor: Int32
    private var pending: [UInt8] = []
    /// Counts connections from 0.
    let number: Int

    init(_ descriptor: Int32, number: Int) {
      self.descriptor = descriptor
      self.number = number
    }

    deinit { close(descriptor) }

    /// The next request frame, or nil when the client has gone.
    func request() -> Request? {
      while true {
        if pending.count >= 6 {
          let length = 6 + Int(pending[4]) << 8 + Int(pending[5])
          if pending.count >= length {
            defer { pending.removeFirst(length) }
            return Request(bytes: Array(pending[..<length]))
          }
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        pending += buffer[..<count]
      }
    }

    /// The next `count` bytes, or nil when the client has gone.
    func bytes(_ count: Int) -> [UInt8]? {
      while pending.count < count {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let received = recv(descriptor, &buffer, buffer.count, 0)
        guard received > 0 else { return nil }
        pending += buffer[..<received]
      }
      defer { pending.removeFirst(count) }
      return Array(pending[..<count])
    }

    /// Whether something comes, be it the connection's end, within so many milliseconds.
    func hasNews(within milliseconds: Int32) -> Bool {
      guard pending.isEmpty else { return true }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&waiting, 1, milliseconds) > 0
    }

    /// Waits for the end of the connection: 0 when it ended in order, else the error's number.
    func ending() -> Int32 {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 { return 0 }
        if count < 0, errno != EINTR { return errno }
      }
    }

    func send(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }

    /// Ends the connection with a reset instead of an orderly end.
    func reset() {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
  }

  struct Request {
    var bytes: [UInt8]
    var id: [UInt8] { Array(bytes[0..<2]) }
    var unit: UInt8 { bytes[6] }
    var function: UInt8 { bytes[7] }
    var address: UInt16 { UInt16(bytes[8]) << 8 | UInt16(bytes[9]) }
    var count: Int { Int(bytes[10]) << 8 | Int(bytes[11]) }

    /// The right answer of a device whose registers hold their own address.
    var answer: [UInt8] {
      var pdu: [UInt8] = [function, UInt8(2 * count)]
      for offset in 0..<UInt16(count) {
        let value = address &+ offset
        pdu += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
      }
      return frame(pdu: pdu)
    }

    func frame(pdu: [UInt8], unit: UInt8? = nil) -> [UInt8] {
      id + [0, 0, 0, UInt8(pdu.count + 1), unit ?? self.unit] + pdu
    }
  }

  let port: UInt16
  private let listener: Int32
  private let accepted = Atomic(0)

  /// How many clients have come.
  var connections: Int { accepted.load(ordering: .sequentiallyConsistent) }

  /// Listens; each client in turn is handed to `script` on the peer's thread.
  init(_ script: @escaping @Sendable (Connection) -> Void) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isListening)
    port = UInt16(bigEndian: address.sin_port)
    Thread { [self] in
      while true {
        let client = Loopback.accept(descriptor)
        guard client >= 0 else { return }
        let number = accepted.add(1, ordering: .sequentiallyConsistent).oldValue
        script(Connection(client, number: number))
      }
    }.start()
  }

  /// Stops listening; the thread ends with the current client.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }
}
