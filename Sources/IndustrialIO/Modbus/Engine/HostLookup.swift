internal import Glibc
internal import Synchronization

/// One address of a host, as connect(2) wants it.
struct SocketAddress: Sendable {
  var storage: sockaddr_storage
  var length: socklen_t
  var family: Int32
}

/// The look-up of a host's addresses, which may take many seconds and can't be interrupted: it runs on a thread of
/// its own and rings when it is done. Whoever has lost interest just lets go of it.
final class HostLookup: Sendable {
  enum Outcome: Sendable {
    case found([SocketAddress])
    case failed(String)
  }

  private let outcome = Mutex<Outcome?>(nil)

  /// The addresses, as soon as they are known.
  var result: Outcome? { outcome.withLock { $0 } }

  /// Starts a look-up, or has the answer at once when `host` is a number.
  init(host: String, port: UInt16, wakeup: Wakeup) throws(ModbusError) {
    if case .found(let addresses) = Self.look(up: host, port: port, numericOnly: true) {
      outcome.withLock { $0 = .found(addresses) }
      return
    }
    try startThread(name: "modbus-lookup") { [self] in
      let found = Self.look(up: host, port: port, numericOnly: false)
      outcome.withLock { $0 = found }
      wakeup.ring()
    }
  }

  static func look(up host: String, port: UInt16, numericOnly: Bool) -> Outcome {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : AI_ADDRCONFIG)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else { return .failed(String(cString: gai_strerror(status))) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = list
    while let current = entry {
      let length = Int(current.pointee.ai_addrlen)
      if let address = current.pointee.ai_addr, length <= MemoryLayout<sockaddr_storage>.size {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
          $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: length))
        }
        addresses.append(
          SocketAddress(
            storage: storage, length: socklen_t(length), family: current.pointee.ai_family))
      }
      entry = current.pointee.ai_next
    }
    return addresses.isEmpty ? .failed("the host has no address") : .found(addresses)
  }
}
