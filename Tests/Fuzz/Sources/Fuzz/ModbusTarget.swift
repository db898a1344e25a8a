import Foundation
import Glibc
import Modbus

extension FuzzTarget {
  /// What a Modbus TCP server answers. The request's transaction number is put into the first answer, so that the rest is
  /// looked at; then the server hangs up.
  static let modbus = FuzzTarget(
    name: "modbus",
    seeds: [
      [0, 0, 0, 0, 0, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4],
      [0, 0, 0, 0, 0, 3, 1, 0x83, 2],
      [0, 0, 0, 0, 0, 11, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 2, 0, 0, 0, 5, 1, 1, 2, 0xFF, 3],
      [0, 0, 0, 1, 0, 11, 1, 3], [0, 0, 0, 0, 0xFF, 0xFF, 1, 3, 250],
    ]
  ) { bytes in
    FuzzServer.shared.answer(with: bytes)
    guard
      let engine = try? ModbusEngine(
        .tcp("127.0.0.1", port: FuzzServer.shared.port),
        options: ModbusOptions(
          timeout: .milliseconds(200),
          backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(1)), resendsReads: false)
      ),
      // One block only: it would have to connect again for a second one.
      let plan = try? ReadPlan([
        bytes.count.isMultiple(of: 2)
          ? RegisterBlock(.coil, 0, count: 10) : RegisterBlock(.holding, 0, count: 4)
      ])
    else { preconditionFailure("no engine") }
    _ = engine.read(plan)
  }
}

/// A server on a thread of its own: for each connection it waits for a request, sends what it was told and hangs up.
private final class FuzzServer: @unchecked Sendable {
  // The lock guards `next`; the rest never changes.
  static let shared = FuzzServer()

  let port: UInt16
  private let listener: Int32
  private let lock = NSLock()
  private var next: [UInt8] = []

  func answer(with bytes: [UInt8]) { lock.withLock { next = bytes } }

  private init() {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && getsockname(listener, pointer, &length) == 0
          && listen(listener, 16) == 0
      }
    }
    precondition(listening, "no port to listen on")
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread { [self] in serve() }
  }

  private func serve() {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      var request = [UInt8](repeating: 0, count: 260)
      let count = read(connection, &request, request.count)
      var bytes = lock.withLock { next }
      if count >= 2, bytes.count >= 2 { bytes.replaceSubrange(0..<2, with: request[0..<2]) }
      _ = bytes.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
      // At once, without waiting: thousands of connections would run out of ports else.
      var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
      shutdown(connection, Int32(SHUT_WR))
      _ = read(connection, &request, request.count)
      setsockopt(
        connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      close(connection)
    }
  }
}
