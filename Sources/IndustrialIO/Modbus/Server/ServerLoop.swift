#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The thread of a server: waits for all its sockets at once and never for one of them.
struct ServerLoop: ~Copyable {
  private let listener: TCPListener
  private let banks: Banks
  private let control: ServerControl
  private let maximumConnections: Int
  private var connections: [ServerConnection] = []

  init(
    _ listener: consuming TCPListener, banks: Banks, control: ServerControl,
    maximumConnections: Int
  ) {
    self.listener = listener
    self.banks = banks
    self.control = control
    self.maximumConnections = maximumConnections
  }

  mutating func run() {
    var descriptors: [pollfd] = []
    while !control.isClosed {
      descriptors.removeAll(keepingCapacity: true)
      descriptors.append(
        pollfd(fd: control.wakeup.pollDescriptor, events: Int16(POLLIN), revents: 0))
      // A full house looks away from the door; poll(2) ignores -1.
      let door = connections.count < maximumConnections ? listener.descriptor.rawValue : -1
      descriptors.append(pollfd(fd: door, events: Int16(POLLIN), revents: 0))
      for connection in connections {
        descriptors.append(
          pollfd(fd: connection.pollDescriptor, events: connection.events, revents: 0))
      }
      guard poll(&descriptors, nfds_t(descriptors.count), -1) > 0 else { continue }
      if descriptors[0].revents != 0 { control.wakeup.clear() }
      for (index, connection) in connections.enumerated()
      where descriptors[index + 2].revents != 0 {
        connection.serve(from: banks)
      }
      connections.removeAll { $0.hasEnded }
      if descriptors[1].revents != 0 {
        if let descriptor = listener.nextClient() {
          connections.append(ServerConnection(descriptor))
        } else if errno == EMFILE || errno == ENFILE {
          // No descriptor is left: the client stays at the door; don't spin on it.
          poll(nil, 0, 100)
        }
      }
    }
  }
}

/// One client of a server.
final class ServerConnection {
  private let descriptor: FileDescriptor
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private(set) var hasEnded = false

  /// A client that does not take its answers is not read from any further.
  private static let outputLimit = 64 * 1024

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  var pollDescriptor: Int32 { descriptor.rawValue }

  var events: Int16 {
    (output.isEmpty ? 0 : Int16(POLLOUT))
      | (output.count < Self.outputLimit ? Int16(POLLIN) : 0)
  }

  /// Takes what has come, answers it, sends what goes.
  func serve(from banks: Banks) {
    if output.count < Self.outputLimit { receive() }
    answerRequests(from: banks)
    transmit()
  }

  private func receive() {
    let old = input.count
    input.append(contentsOf: repeatElement(0, count: 4096))
    let count = input.withUnsafeMutableBytes { buffer in
      recv(descriptor.rawValue, buffer.baseAddress?.advanced(by: old), 4096, 0)
    }
    if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { hasEnded = true }
    input.removeLast(4096 - max(0, count))
  }

  private func answerRequests(from banks: Banks) {
    var offset = 0
    input.withUnsafeBytes { bytes in
      while !hasEnded, bytes.count - offset >= 8 {
        let protocolID = UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3])
        let length = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
        guard protocolID == 0, (2...254).contains(length) else {
          // There is no way back into step with such a client.
          hasEnded = true
          return
        }
        guard bytes.count - offset >= 6 + length else { return }
        let frame = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + 6 + length)])
        output += banks.answer(to: frame)
        offset += 6 + length
      }
    }
    input.removeFirst(offset)
  }

  private func transmit() {
    guard !output.isEmpty, !hasEnded else { return }
    let count = output.withUnsafeBytes {
      send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count > 0 {
      output.removeFirst(count)
    } else if errno != EAGAIN, errno != EINTR {
      hasEnded = true
    }
  }
}
