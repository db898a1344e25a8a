internal import CTestSupport
import Foundation
import Synchronization

/// A real server or tool that a test talks to. It is started by the test and ended with this value.
public final class PeerProcess: Sendable {
  private let process: ChildProcess
  /// The loopback port that the caller wanted it to listen on.
  public let port: UInt16

  /// Where a tool is installed, or nil.
  public static func find(_ tool: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return (folders + ["/usr/sbin", "/usr/local/sbin"]).map { "\($0)/\(tool)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Starts a program; what it prints is appended to existing files.
  public init(
    _ path: String, _ arguments: [String], port: UInt16 = 0, output: String = "/dev/null",
    errors: String = "/dev/null"
  ) throws {
    self.port = port
    process = try ChildProcess(path, arguments, output: output, errors: errors)
  }

  deinit { stop() }

  /// Ends the program at once and waits for its end.
  public func stop() { process.end() }

  /// Whether it still runs.
  public var isRunning: Bool { process.isRunning }

  /// Returns once something accepts connections on the port; false when the program ended or half a
  /// minute passed first.
  public func isListening() async throws -> Bool {
    for _ in 0..<600 where process.isRunning {
      if Loopback.accepts(port) { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }
}

/// Ports of this machine's loopback interface.
public enum Loopback {
  /// A TCP port that nobody listens on now. It is given once, and none of those that the system itself gives to sockets
  /// (32768 and above): no other test comes by it before the caller uses it.
  public static func freePort() throws -> UInt16 {
    for _ in 0..<1000 {
      let port = nextPort.withLock { port in
        defer { port = port < 32_000 ? port + 1 : 10_000 }
        return port
      }
      if let (descriptor, _) = try? bound(to: port) {
        close(descriptor)
        return port
      }
    }
    throw POSIXError(.EADDRINUSE)
  }

  /// Processes that run at the same time begin at different places.
  private static let nextPort = Mutex<UInt16>(
    10_000 + UInt16(Int(getpid()) * 211 % 22_000))

  /// A TCP port that refuses connections and that nobody else can have, as long as this process lives.
  public static let refusingPort: UInt16 = (try? bound().port) ?? 1

  /// A socket that does not listen, and its port.
  private static func bound(to port: UInt16 = 0) throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // A program that was being started meanwhile holds a copy of the socket for a moment, which keeps no server from the port then.
    var isReused: CInt = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<CInt>.size))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
      }
    }
    guard status == 0 else {
      close(descriptor)
      throw POSIXError(.EADDRINUSE)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  /// Waits for a client of a listening socket; -1 when the socket is shut. No child process gets its descriptor.
  public static func accept(_ listener: Int32) -> Int32 { iiot_accept_for_test(listener) }

  /// Whether somebody listens on a port.
  public static func accepts(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
