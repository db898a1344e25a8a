internal import DBC
internal import IndustrialModel
internal import SocketCAN

/// Receives frames from a CAN interface of this machine, and takes their signals out by a DBC file.
struct SocketCANDriver: Driver {
  private let bus: String
  private let interface: String
  private let signals: BusSignals

  init(bus: String, interface: String, database: Database, devices: [String], tags: TagRegistry) {
    self.bus = bus
    self.interface = interface
    signals = BusSignals(database, devices: devices, tags: tags)
  }

  func run(_ context: DriverContext) async {
    var signals = signals
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var pause = Pause()
    while !Task.isCancelled {
      do throws(CANBusError) {
        let bus = try CANBus(interface)
        for try await batch in bus.frames() {
          condition.recovered()
          pause = Pause()
          await context.intake.put(signals.moments(of: batch))
        }
      } catch {
        // An interface that is down or away may come up again.
        condition.failed("\(error)", level: error.code == .unsupported ? .error : .warning)
      }
      await pause.wait()
    }
  }
}
