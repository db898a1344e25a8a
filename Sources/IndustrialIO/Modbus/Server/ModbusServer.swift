internal import Synchronization

/// A Modbus TCP server for tests, simulators and small gateways.
///
/// The requests are carried out by libmodbus; the connections are the server's own, so that a client that sends half a
/// request stops nobody else. It serves from its own thread from the moment it exists until `close()`
/// or until nobody holds it.
///
/// ```swift
/// let server = try ModbusServer(port: 0)                    // 0: any free port
/// server.withBank(unit: 1) { bank in bank[holding: 20] = 7 }
/// print("listening on 127.0.0.1:\(server.port)")
/// ```
///
/// It answers each unit it has a bank for and refuses others as a gateway does (exception 11). It is no wall: anybody who
/// can reach the port can read and write, as Modbus has no password. It listens on the loopback address
/// unless told otherwise.
public final class ModbusServer: Sendable {
  /// The address it listens on.
  public let host: String
  /// The port it listens on.
  public let port: UInt16
  private let banks: Banks
  private let control: ServerControl

  /// Listens and serves.
  ///
  /// - Parameters:
  ///   - host: the address of an interface, or a name; the loopback address when left out.
  ///   - port: the port, or 0 for any free one.
  ///   - units: the unit numbers it answers to.
  ///   - size: how many places the tables of each unit have.
  ///   - holes: places that do not exist: a request that touches one is refused with exception 2.
  ///   - maximumConnections: further clients wait until one leaves.
  ///
  /// Throws `.system` when the port is taken or not allowed, `.hostNotFound` when `host` has no address.
  public init(
    host: String = "127.0.0.1", port: UInt16 = 502, units: [UInt8] = [1],
    size: RegisterBank.Size = RegisterBank.Size(), holes: [RegisterBlock] = [],
    maximumConnections: Int = 64
  ) throws(ModbusError) {
    let listener = try TCPListener(host: host, port: port)
    self.host = host
    self.port = listener.port
    banks = try Banks(units: units, size: size, holes: holes)
    control = ServerControl(wakeup: try Wakeup())
    let (banks, control) = (banks, control)
    let handOver = Mutex<TCPListener?>(consume listener)
    try startThread(name: "modbus-server") {
      guard let listener = handOver.withLock({ $0.take() }) else { return }
      var loop = ServerLoop(
        listener, banks: banks, control: control, maximumConnections: max(1, maximumConnections))
      loop.run()
    }
  }

  deinit { close() }

  /// Stops listening and ends all connections. Does not block.
  public func close() { control.close() }

  /// What the server does wrong from now on, on purpose; nothing at first.
  public func setFaults(_ faults: [ModbusFault]) { control.setFaults(faults) }

  /// Looks at or changes a unit's registers; requests wait meanwhile, so that what is changed together is seen together.
  /// Returns nil when there is no such unit.
  @discardableResult
  public func withBank<Result, Failure: Error>(
    unit: UInt8 = 1, _ body: (inout RegisterBank) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try banks.withBank(unit: unit, body)
  }
}

/// Tells a server's thread to end.
final class ServerControl: Sendable {
  let wakeup: Wakeup
  private let closed = Atomic(false)
  private let hasFaults = Atomic(false)
  private let faults = Mutex(FaultPlan())

  init(wakeup: Wakeup) { self.wakeup = wakeup }

  var isClosed: Bool { closed.load(ordering: .acquiring) }

  func close() {
    closed.store(true, ordering: .releasing)
    wakeup.ring()
  }

  func setFaults(_ list: [ModbusFault]) {
    faults.withLock { $0 = FaultPlan(list) }
    hasFaults.store(!list.isEmpty, ordering: .releasing)
  }

  /// The faults that spoil the next answer of a unit.
  func nextFaults(unit: UInt8) -> [ModbusFault.Kind] {
    guard hasFaults.load(ordering: .acquiring) else { return [] }
    return faults.withLock { $0.next(unit: unit) }
  }
}
