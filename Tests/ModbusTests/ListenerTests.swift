import Foundation
import Testing

@testable import Modbus

@Suite("The server's side of a connection") struct ListenerTests {
  @Test("the kernel asks after a client that has silently gone")
  func keepAlive() throws {
    let listener = try TCPListener(host: "127.0.0.1", port: 0)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = listener.port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    let client = try listener.nextClient()
    for (level, option) in [(SOL_SOCKET, SO_KEEPALIVE), (Int32(IPPROTO_TCP), TCP_NODELAY)] {
      var value: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      let found = getsockopt(client.rawValue, level, option, &value, &length)
      #expect(found == 0 && value == 1)
    }
  }
}
