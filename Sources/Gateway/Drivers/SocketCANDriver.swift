internal import DBC
internal import IndustrialModel
internal import SocketCAN

/// Receives frames from a CAN interface of this machine, and takes their signals out by a DBC file.
struct SocketCANDriver: Driver {
  private let bus: String
  private let interface: String
  private let signals: BusSignals
  private let tags: [TagID]

  init(bus: String, interface: String, database: Database, devices: [String], tags: TagRegistry) {
    self.bus = bus
    self.interface = interface
    signals = BusSignals(database, devices: devices, tags: tags)
    self.tags = devices.flatMap { device in
      database.messages.flatMap { message in
        message.signals.map { tags.intern("\(device)/\(message.name).\($0.name)") }
      }
    }
  }

  func run(_ context: DriverContext) async {
    var signals = signals
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var pause = Pause()
    var isSilent = false
    while !Task.isCancelled {
      do throws(CANBusError) {
        let bus = try CANBus(interface)
        for try await batch in bus.frames() {
          condition.recovered()
          pause = Pause()
          isSilent = false
          await context.intake.put(signals.moments(of: batch))
        }
      } catch {
        // An interface that is down or away may come up again.
        condition.failed("\(error)", level: error.code == .unsupported ? .error : .warning)
        // Nobody may take the last values for living ones meanwhile.
        if !isSilent { await context.intake.put(silence()) }
        isSilent = true
      }
      await pause.wait()
    }
  }

  /// A sample of bad quality for each signal.
  private func silence() -> Moments {
    var samples = SampleBatch()
    for tag in tags {
      samples.append(Sample(tag: tag, value: .none, quality: .badNoCommunication))
    }
    return Moments(samples: samples, grouping: .whole)
  }
}
