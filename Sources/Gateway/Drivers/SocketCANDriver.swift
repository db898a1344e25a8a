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
    signals = BusSignals(database, devices: devices, isLive: true, tags: tags)
  }

  func run(_ context: DriverContext) async {
    var signals = signals
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var losses = BusLosses(source: "bus \(bus)", report: context.report)
    var pause = Pause()
    var isSilent = false
    while !Task.isCancelled {
      do throws(CANBusError) {
        let interface = try CANBus(interface)
        losses.opened()
        for try await batch in interface.frames() {
          condition.recovered()
          pause = Pause()
          isSilent = false
          await context.put(.received(batch), of: bus, through: &signals)
          losses.note(
            dropped: interface.dropped, broken: signals.brokenMessages,
            unknown: signals.unknownFrames)
        }
      } catch {
        // An interface that is down or away may come up again.
        condition.failed("\(error)", level: error.code == .unsupported ? .error : .warning)
        // Nobody may take the last values for living ones meanwhile.
        if !isSilent { await context.put(.lost, of: bus, through: &signals) }
        isSilent = true
      }
      losses.finish()
      await pause.wait()
    }
  }
}
