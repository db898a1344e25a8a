import Foundation
import Testing

/// A TCP connection to a port of this machine.
final class Connection {
  private let descriptor: Int32

  init(_ port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let (descriptor, length) = (descriptor, socklen_t(MemoryLayout<sockaddr_in>.size))
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
    }
    try #require(status == 0)
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

  /// No more is said.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Everything until the other end closes.
  func readAll() -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &block, block.count, 0)
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
  }

  func end() { close(descriptor) }
}

/// What an HTTP server on this machine answers.
struct Answer {
  var head = ""
  var body = ""

  init(_ port: UInt16, _ path: String, method: String = "GET") throws {
    let request = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try self.init(port, raw: Array(request.utf8))
  }

  init(_ port: UInt16, raw: [UInt8]) throws {
    let connection = try Connection(port)
    defer { connection.end() }
    connection.send(raw)
    connection.finish()
    let text = String(decoding: connection.readAll(), as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else {
      head = text
      return
    }
    head = String(text[..<end.lowerBound])
    body = String(text[end.upperBound...])
  }

  /// The value of a line of metrics.
  func value(_ name: String) -> Double? {
    body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
      .flatMap { Double($0.dropFirst(name.count + 1)) }
  }
}
