internal import Glibc
internal import IOThreads
internal import IndustrialModel

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

  /// How long poll(2) may wait for answers that are to come late, ms; -1 for as long as it takes.
  private var timeout: Int32 {
    guard let due = connections.compactMap(\.nextDue).min() else { return -1 }
    return Int32(clamping: (max(0, due &- MonotonicClock.now()) + 999_999) / 1_000_000)
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
      let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
      for connection in connections { connection.sendDue() }
      guard ready > 0 else { continue }
      if descriptors[0].revents != 0 { control.wakeup.clear() }
      for (index, connection) in connections.enumerated()
      where descriptors[index + 2].revents != 0 {
        connection.serve(from: banks, control)
      }
      connections.removeAll { $0.hasEnded }
      if descriptors[1].revents != 0 {
        do throws(SystemFailure) {
          connections.append(ServerConnection(try listener.nextClient()))
        } catch {
          // No descriptor or memory is left: the client stays at the door; don't spin on it.
          if error.errorNumber != EAGAIN { poll(nil, 0, 100) }
        }
      }
    }
  }
}
