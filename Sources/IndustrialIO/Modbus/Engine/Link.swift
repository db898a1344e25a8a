internal import Glibc
internal import IOThreads

/// The connection of one wire: made when there is work, made again after a pause when it failed.
struct Link: ~Copyable {
  enum Step {
    case none
    case connected
    case failed(ModbusError)
  }

  enum Attempt {
    case pending
    case connected
    case failed(ModbusError)
  }

  private enum State {
    case down
    case lookingUp(HostLookup, deadline: Int64)
    case connecting(rest: [SocketAddress], deadline: Int64, final: Int64)
    case up
  }

  private let endpoint: ModbusEndpoint
  private let options: ModbusOptions
  private var state = State.down
  private var socket: TCPSocket? {
    didSet { pollDescriptor = socket?.descriptor.rawValue ?? -1 }
  }
  private var serial: LibmodbusContext? {
    didSet { pollDescriptor = serial?.descriptor ?? -1 }
  }
  /// Failures in a row without one good answer in between.
  private var failures = 0
  private var nextAttempt: Int64 = .min
  private var lastFailure: ModbusError?
  private var hasAnswered = false
  private var random = SystemRandomNumberGenerator()

  init(_ endpoint: ModbusEndpoint, options: ModbusOptions) {
    self.endpoint = endpoint
    self.options = options
  }

  var isUp: Bool { if case .up = state { true } else { false } }

  /// Whether libmodbus adds the check to what is sent: on a serial port.
  var addsCheck: Bool { if case .serial = endpoint.transport { true } else { false } }

  /// The socket's descriptor, or -1, which poll(2) ignores.
  private(set) var pollDescriptor: Int32 = -1

  /// When something is to be done without any event from outside.
  func nextEvent(hasWork: Bool) -> Int64? {
    switch state {
    case .down: hasWork ? nextAttempt : nil
    case .lookingUp(_, let deadline), .connecting(_, let deadline, _): deadline
    case .up: nil
    }
  }

  /// Does what is due.
  mutating func advance(now: Int64, hasWork: Bool, wakeup: Wakeup) -> Step {
    switch state {
    case .up: return .none
    case .down:
      guard hasWork, now >= nextAttempt else { return .none }
      let deadline = now &+ max(0, options.connectTimeout.nanoseconds)
      let (host, port): (String, UInt16)
      switch endpoint.transport {
      case .tcp(let name, let number), .rtuOverTCP(let name, let number):
        (host, port) = (name, number)
      case .serial(let line): return openSerial(line, now)
      }
      do throws(ModbusError) {
        let lookup = try HostLookup(host: host, port: port, wakeup: wakeup)
        state = .lookingUp(lookup, deadline: deadline)
      } catch {
        return .failed(failed(error, now))
      }
      return advance(now: now, hasWork: hasWork, wakeup: wakeup)
    case .lookingUp(let lookup, let deadline):
      switch lookup.result {
      case .found(let addresses)?:
        return connectNext(addresses, number: 0, now: now, final: deadline)
      case .failed(let reason)?:
        return .failed(
          failed(
            error(.hostNotFound, "the host was not found: \(reason)", advice: "check the name"), now
          ))
      case nil:
        guard now >= deadline else { return .none }
        return .failed(
          failed(
            error(
              .hostNotFound, "looking up the host took longer than \(options.connectTimeout)",
              advice: "check the name server, or use the number of the address"), now))
      }
    case .connecting(let rest, let deadline, let final):
      guard now >= deadline else { return .none }
      return connectNext(rest, number: ETIMEDOUT, now: now, final: final)
    }
  }

  private mutating func openSerial(_ line: SerialLine, _ now: Int64) -> Step {
    do throws(ModbusError) {
      serial = try LibmodbusContext.opening(line, bus: endpoint.description)
      state = .up
      hasAnswered = false
      return .connected
    } catch {
      return .failed(failed(error, now))
    }
  }

  /// Looks what became of an attempt after poll(2) has reported its socket.
  mutating func attemptDidEnd(now: Int64) -> Attempt {
    guard case .connecting(let rest, _, let final) = state else { return .pending }
    let number = socket?.connectError() ?? ENOTCONN
    if number == 0 {
      state = .up
      hasAnswered = false
      return .connected
    }
    switch connectNext(rest, number: number, now: now, final: final) {
    case .none, .connected: return .pending
    case .failed(let error): return .failed(error)
    }
  }

  /// Tries the next address, or fails with the last one's error number. Each address gets its share of the time left.
  private mutating func connectNext(
    _ addresses: [SocketAddress], number: Int32, now: Int64, final: Int64
  ) -> Step {
    var rest = addresses
    var number = number
    socket = nil
    while !rest.isEmpty, now < final {
      let address = rest.removeFirst()
      let share = (final - now) / Int64(rest.count + 1)
      socket = TCPSocket.open(to: address, failure: &number)
      if socket != nil {
        state = .connecting(rest: rest, deadline: now + share, final: final)
        return .none
      }
    }
    return .failed(failed(connectError(number), now))
  }

  private func connectError(_ number: Int32) -> ModbusError {
    var result = error(
      .connectFailed, "the connection could not be made: \(SystemFailure.explanation(of: number))",
      advice: number == ECONNREFUSED
        ? "nobody listens there: check the port, and that the device's Modbus TCP is switched on"
        : "check the address, the cable and the firewall")
    result.errno = number
    return result
  }

  private func error(_ code: ModbusError.Code, _ message: String, advice: String) -> ModbusError {
    ModbusError(code, message, bus: endpoint.description, advice: advice)
  }

  private mutating func failed(_ error: ModbusError, _ now: Int64) -> ModbusError {
    socket = nil
    serial = nil
    state = .down
    lastFailure = error
    pause(now)
    return error
  }

  /// A good answer came: the next loss is the first again.
  mutating func didAnswer() { hasAnswered = true }

  /// The connection has ended. One that never answered counts as a failed attempt.
  mutating func lost(reason: String, errno number: Int32?, isAnswered: Bool, now: Int64) {
    guard isUp else { return }
    drop(isAnswered: isAnswered)
    lastFailure = ModbusError(
      .connectionLost, "the last connection ended: \(reason)", bus: endpoint.description,
      errno: number)
    if hasAnswered {
      failures = 0
      nextAttempt = now
    } else {
      pause(now)
    }
  }

  /// Lets go of the connection. Unless all is answered, what the kernel has not brought to the other side goes with it.
  mutating func drop(isAnswered: Bool) {
    if !isAnswered { socket?.dropUnsentAtClose() }
    socket = nil
    serial = nil
    state = .down
  }

  private mutating func pause(_ now: Int64) {
    let initial = max(1_000_000, options.backoff.initial.nanoseconds)
    let longest = max(initial, options.backoff.maximum.nanoseconds)
    var wait = initial
    for _ in 0..<failures where wait < longest { wait = min(longest, wait * 2) }
    failures = min(failures + 1, 64)
    nextAttempt = now &+ wait - Int64.random(in: 0...(wait / 2), using: &random)
  }

  /// Why new work can't be done at all for now: the next attempt is further away than a caller's patience.
  func refusal(now: Int64, patience: Int64) -> ModbusError? {
    guard case .down = state, var error = lastFailure, nextAttempt - now > patience else {
      return nil
    }
    let milliseconds = (nextAttempt - now) / 1_000_000
    error.message += " (next attempt in \(milliseconds) ms)"
    return error
  }

  func transmit(_ bytes: UnsafeRawBufferPointer) -> TCPSocket.Progress {
    if serial != nil { return serial?.send(bytes) ?? .ended }
    return socket?.transmit(bytes) ?? .ended
  }

  /// `hasHungUp` is what poll(2) says: a serial port without bytes reads 0 as one that is gone does.
  func receive(
    into bytes: UnsafeMutableRawBufferPointer, hasHungUp: Bool
  ) -> TCPSocket.Progress {
    guard serial != nil else { return socket?.receive(into: bytes) ?? .ended }
    let count = read(pollDescriptor, bytes.baseAddress, bytes.count)
    if count > 0 { return .bytes(count) }
    if count == 0 { return hasHungUp ? .ended : .wouldBlock }
    return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(errno)
  }
}
