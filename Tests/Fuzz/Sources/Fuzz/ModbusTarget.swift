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
    FuzzServer.shared.answer(with: bytes, echoesID: true)
    // One block only: it would have to connect again for a second one.
    read(
      .tcp("127.0.0.1", port: FuzzServer.shared.port),
      bytes.count.isMultiple(of: 2)
        ? RegisterBlock(.coil, 0, count: 10) : RegisterBlock(.holding, 0, count: 4))
  }

  /// What comes back over a serial line behind a device server; and so what any RTU line brings. The check of the bytes
  /// after the first one is put behind them if the first one is odd, so that the rest is looked at.
  static let modbusRTU = FuzzTarget(
    name: "modbus-rtu",
    seeds: [
      [1, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4], [1, 1, 0x83, 2], [3, 1, 1, 2, 0xFF, 3],
      [0, 1, 3, 8, 0, 1, 0, 2, 1, 3], [5, 9, 9, 1, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4],
      [7, 1, 43, 14, 1, 1, 0, 0, 1, 0, 2, 65, 66],
    ]
  ) { bytes in
    let form = bytes.first ?? 0
    var answer = Array(bytes.dropFirst())
    if form & 1 == 1 {
      var check: UInt16 = 0xFFFF
      for byte in answer {
        check ^= UInt16(byte)
        for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xA001 : check >> 1 }
      }
      answer += [UInt8(check & 255), UInt8(check >> 8)]
    }
    FuzzServer.shared.answer(with: answer, echoesID: false)
    read(
      .rtuOverTCP("127.0.0.1", port: FuzzServer.shared.port),
      form & 2 == 2 ? RegisterBlock(.coil, 0, count: 10) : RegisterBlock(.holding, 0, count: 4))
  }

  /// What a client sends to our server.
  static let modbusServer = FuzzTarget(
    name: "modbus-server",
    seeds: [
      [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 4], [0, 2, 0, 0, 0, 6, 1, 5, 0, 1, 0xFF, 0],
      [0, 3, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 1, 2, 3, 4],
      [0, 4, 0, 0, 0, 9, 1, 15, 0, 0, 0, 9, 2, 1, 1], [0, 5, 0, 0, 0, 8, 1, 22, 0, 1, 0, 2, 0, 3],
      [0, 6, 0, 0, 0, 13, 1, 23, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 7], [0, 7, 0, 0, 0, 2, 1, 7],
      [0, 8, 0, 0, 0, 2, 1, 17], [0, 9, 0, 0, 0, 5, 1, 43, 14, 1, 0], [0, 1, 0, 0, 0xFF, 0xFF],
    ]
  ) { bytes in FuzzClient.shared.send(bytes) }

  private static func read(_ endpoint: ModbusEndpoint, _ block: RegisterBlock) {
    guard
      let engine = try? ModbusEngine(
        endpoint,
        options: ModbusOptions(
          timeout: .milliseconds(200),
          backoff: .init(initial: .milliseconds(1), maximum: .milliseconds(1)), resendsReads: false)
      ), let plan = try? ReadPlan([block])
    else { preconditionFailure("no engine") }
    _ = engine.read(plan)
  }
}

/// A client of our own server: sends bytes on a connection and waits until the server has dealt with them.
private final class FuzzClient: Sendable {
  static let shared = FuzzClient()

  private let server: ModbusServer

  private init() {
    guard
      let server = try? ModbusServer(
        port: 0, size: .init(coils: 64, discretes: 64, inputs: 64, holdings: 64),
        holes: [RegisterBlock(.holding, 40, count: 2)])
    else { preconditionFailure("no server") }
    self.server = server
    signal(SIGPIPE, SIG_IGN)
  }

  func send(_ bytes: [UInt8]) {
    let descriptor = connected()
    defer { close(descriptor) }
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    shutdown(descriptor, Int32(SHUT_WR))
    // The server answers what is whole, and ends with us.
    var answer = [UInt8](repeating: 0, count: 4096)
    while Glibc.read(descriptor, &answer, answer.count) > 0 {}
  }

  /// A connection to the server. Thousands a second may use up the ports of a machine for a moment, and the
  /// fuzzer's own clock interrupts calls: neither says anything of the server.
  private func connected() -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    for _ in 0..<500 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 ? 0 : errno
        }
      }
      if status == 0 { return descriptor }
      close(descriptor)
      precondition(
        status == EINTR || status == EADDRNOTAVAIL, "the server does not take us: errno \(status)")
      usleep(10_000)
    }
    preconditionFailure("no port to connect from for five seconds")
  }
}

/// A server on a thread of its own: for each connection it waits for a request, sends what it was told and hangs up.
private final class FuzzServer: @unchecked Sendable {
  // The lock guards `next`; the rest never changes.
  static let shared = FuzzServer()

  let port: UInt16
  private let listener: Int32
  private let lock = NSLock()
  private var next: (bytes: [UInt8], echoesID: Bool) = ([], false)

  func answer(with bytes: [UInt8], echoesID: Bool) {
    lock.withLock { next = (bytes, echoesID) }
  }

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
      var (bytes, echoesID) = lock.withLock { next }
      if echoesID, count >= 2, bytes.count >= 2 {
        bytes.replaceSubrange(0..<2, with: request[0..<2])
      }
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
