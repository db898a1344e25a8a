internal import CModbus
internal import Glibc

/// A non-blocking TCP socket: the one place where a client's system calls are made.
struct TCPSocket: ~Copyable {
  enum Progress: Equatable {
    case bytes(Int)
    case wouldBlock
    case ended
    case failed(Int32)
  }

  let descriptor: FileDescriptor

  /// Begins to connect; nil, and the error number in `failure`, when that has failed at once.
  static func open(to address: SocketAddress, failure: inout Int32) -> TCPSocket? {
    let raw = socket(
      address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
      0)
    guard raw >= 0 else {
      failure = errno
      return nil
    }
    let result = TCPSocket(descriptor: FileDescriptor(owning: raw))
    result.descriptor.setConnectionOptions()
    var storage = address.storage
    let status = withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(raw, $0, address.length)
      }
    }
    if status == 0 || errno == EINPROGRESS || errno == EINTR { return result }
    failure = errno
    return nil
  }

  /// The outcome of connecting, once the socket is writable: 0 or an error number.
  func connectError() -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor.rawValue, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else {
      return errno
    }
    return value
  }

  /// Sends what the kernel takes.
  func transmit(_ bytes: UnsafeRawBufferPointer) -> Progress {
    while true {
      let count = send(
        descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
    }
  }

  /// Makes the end of the connection a reset: the kernel forgets what it has not brought to the other side.
  ///
  /// After an orderly end it goes on trying for minutes, and a write that nobody waits for any more would reach a device that was
  /// away behind newer ones of the next connection.
  func dropUnsentAtClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      descriptor.rawValue, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Receives what is there.
  func receive(into bytes: UnsafeMutableRawBufferPointer) -> Progress {
    while true {
      let count = recv(descriptor.rawValue, bytes.baseAddress, bytes.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
    }
  }
}

extension FileDescriptor {
  /// What both ends of a TCP connection want: small packets at once, and a peer that has silently gone is noticed while nothing
  /// is asked, too, after about 20 s.
  borrowing func setConnectionOptions() {
    setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
    setOption(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 10)
    setOption(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 3)
    setOption(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
  }

  private borrowing func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
