public import CANCore
public import DBC
internal import IndustrialModel
public import Modbus
internal import Synchronization

/// A plant that is read and commanded over Modbus TCP.
///
/// ```swift
/// let server = try PlantServer(port: 0, seed: 7)
/// print("listening on 127.0.0.1:\(server.port)")
/// try await server.run()                              // until the task is cancelled
/// ```
///
/// The registers are those of ``PlantRegisters``, at unit 1. All of them change together: a client never
/// sees half a step.
public final class PlantServer: Sendable {
  fileprivate struct State {
    var plant: Plant
    /// What the server last wrote to the places of commands: another value there is a client's.
    var shown: [[UInt16]]
  }

  private let server: ModbusServer
  private let state: Mutex<State>

  /// The port it listens on.
  public var port: UInt16 { server.port }

  /// Serves a new plant. Throws as `ModbusServer` does when it can't listen.
  ///
  /// - Parameters:
  ///   - host: the address of an interface; loopback when left out.
  ///   - port: the port, or 0 for any free one.
  ///   - seed: what happens to the plant.
  public init(host: String = "127.0.0.1", port: UInt16 = 1502, seed: UInt64 = 1)
    throws(ModbusError)
  {
    server = try ModbusServer(
      host: host, port: port, units: [1], size: PlantRegisters.size,
      holes: PlantRegisters.holes)
    state = Mutex(State(plant: Plant(seed: seed), shown: []))
    advance(by: .zero)
  }

  /// The plant as it is now.
  public var plant: Plant { state.withLock { $0.plant } }

  /// Carries out what clients have written, lets time pass, shows the new values. Requests wait meanwhile, so
  /// that no command is lost.
  public func advance(by duration: Duration) {
    advance { plant in plant.advance(by: duration) }
  }

  /// As ``advance(by:)``, and appends what the plant's CAN bus carried meanwhile.
  public func advance(
    by duration: Duration, bus: inout PlantBus, start: Int64, to batch: inout CANFrameBatch
  ) throws(DBCError) {
    try advance { (plant: inout Plant) throws(DBCError) in
      try plant.advance(by: duration, bus: &bus, start: start, to: &batch)
    }
  }

  private func advance<Failure: Error>(
    _ move: (inout Plant) throws(Failure) -> Void
  ) throws(Failure) {
    try state.withLock { (state: inout State) throws(Failure) in
      _ = try server.withBank { (bank: inout RegisterBank) throws(Failure) in
        state.obey(bank)
        try move(&state.plant)
        state.show(in: &bank)
      }
    }
  }

  /// Lets the plant live in real time, in steps of about `interval`, until the task is cancelled.
  public func run(every interval: Duration = .milliseconds(100)) async throws {
    let clock = ContinuousClock()
    var last = clock.now
    while true {
      try await clock.sleep(until: last + interval)
      let now = clock.now
      advance(by: now - last)
      last = now
    }
  }

  /// Stops serving.
  public func close() { server.close() }
}

extension PlantServer.State {
  /// Carries out what clients have written since the last show.
  mutating func obey(_ bank: borrowing RegisterBank) {
    for (register, old) in zip(PlantRegisters.commands, shown) {
      let current = bank.registers(at: register.address, count: register.type.registerCount)
      guard current != old else { continue }
      let value = register.type.decode(current, order: register.order)
      guard let number = value.doubleValue else { continue }
      register.write?(&plant, number * register.scale)
    }
  }

  mutating func show(in bank: inout RegisterBank) {
    for register in PlantRegisters.all {
      bank.setRegisters(register.registers(of: plant), at: register.address)
    }
    shown = PlantRegisters.commands.map { $0.registers(of: plant) }
  }
}
