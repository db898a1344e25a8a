internal import CANSignals
internal import DBC
internal import IndustrialModel
internal import SocketCAN

/// Receives frames from a CAN interface of this machine, and takes their signals out by a DBC file.
struct SocketCANDriver: Driver {
  private let bus: String
  private let interface: String
  private let samplers: [SignalSampler]

  init(bus: String, interface: String, database: Database, devices: [String], tags: TagRegistry) {
    self.bus = bus
    self.interface = interface
    samplers = devices.map { SignalSampler(database, device: $0, tags: tags) }
  }

  func run(_ context: DriverContext) async {
    var samplers = samplers
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var pause = Pause()
    while !Task.isCancelled {
      do throws(CANBusError) {
        let bus = try CANBus(interface)
        for try await batch in bus.frames() {
          condition.recovered()
          pause = Pause()
          var samples = SampleBatch()
          for index in samplers.indices { samplers[index].append(batch, to: &samples) }
          await context.intake.put(Moments(samples: samples, grouping: .byTime))
        }
      } catch {
        // An interface that is down or away may come up again.
        condition.failed("\(error)", level: error.code == .unsupported ? .error : .warning)
      }
      await pause.wait()
    }
  }
}
