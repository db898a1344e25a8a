internal import Glibc
internal import IOThreads

/// A listening, non-blocking TCP socket.
struct TCPListener: ~Copyable, Sendable {
  let descriptor: FileDescriptor
  /// The port it got.
  let port: UInt16

  init(host: String, port: UInt16) throws(ModbusError) {
    let addresses: [SocketAddress]
    switch HostLookup.look(up: host, port: port, numericOnly: false) {
    case .found(let found): addresses = found
    case .failed(let reason):
      throw ModbusError(
        .hostNotFound, "can't listen on \(host): \(reason)",
        advice: "give the address of one of this machine's interfaces")
    }
    var failure = EADDRNOTAVAIL
    for address in addresses {
      let raw = socket(
        address.family,
        Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard raw >= 0 else {
        failure = errno
        continue
      }
      let candidate = FileDescriptor(owning: raw)
      var one: Int32 = 1
      setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
      var storage = address.storage
      let isBound = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(raw, $0, address.length) == 0
        }
      }
      guard isBound, listen(raw, 64) == 0 else {
        failure = errno
        continue
      }
      self.port = Self.boundPort(raw) ?? port
      descriptor = candidate
      return
    }
    throw ModbusError(
      .system, "can't listen on \(host):\(port): \(SystemFailure.explanation(of: failure))",
      errno: failure,
      advice: failure == EADDRINUSE
        ? "another program has the port: choose another one, or 0 for any free one"
        : failure == EACCES
          ? "ports below 1024 need the right to bind them: choose one above, such as 1502"
          : "check the address")
  }

  private static func boundPort(_ raw: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &length) }
    }
    guard status == 0 else { return nil }
    // The port stands at the same place in IPv4's and IPv6's address.
    return withUnsafeBytes(of: &storage) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// The next client that waits.
  borrowing func nextClient() throws(SystemFailure) -> FileDescriptor {
    let raw = try ListeningSocket.accept(descriptor.rawValue)
    let client = FileDescriptor(owning: raw)
    client.setConnectionOptions()
    return client
  }
}
