internal import IndustrialModel
internal import Modbus

/// Polls the devices of one Modbus bus, each at its own period, one after the other.
struct ModbusDriver: Driver {
  private struct PolledDevice: Sendable {
    var name: String
    var every: Duration
    var sampler: RegisterSampler
  }

  private let bus: String
  private let endpoint: ModbusEndpoint
  private let timeout: Duration
  private let devices: [PolledDevice]

  init(
    bus: String, endpoint: ModbusEndpoint, timeout: Duration,
    devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) throws(ModbusError) {
    self.bus = bus
    self.endpoint = endpoint
    self.timeout = timeout
    var polled: [PolledDevice] = []
    for device in devices {
      let readings = device.tags.map { tag in
        RegisterReading(
          tag: tags.intern("\(device.name)/\(tag.name)"), unit: device.unit,
          place: RegisterAddress(tag.table, tag.address), type: tag.type, order: tag.order,
          scale: tag.scale, offset: tag.offset)
      }
      polled.append(
        PolledDevice(
          name: device.name, every: device.every, sampler: try RegisterSampler(readings)))
    }
    self.devices = polled
  }

  func run(_ context: DriverContext) async {
    let client = ModbusClient(endpoint, options: ModbusOptions(timeout: timeout))
    defer { client.close() }
    let clock = ContinuousClock()
    var due = devices.map { _ in clock.now }
    var conditions = devices.map {
      ConditionReporter(source: "bus \(bus), device \($0.name)", report: context.report)
    }
    var devices = devices
    while let next = due.indices.min(by: { due[$0] < due[$1] }) {
      guard (try? await clock.sleep(until: due[next])) != nil else { return }
      guard var result = try? await client.read(devices[next].sampler.plan) else { return }
      // A request that runs into a hole of the device's map is taken apart at once.
      while devices[next].sampler.adapt(to: result) {
        guard let again = try? await client.read(devices[next].sampler.plan) else { return }
        result = again
      }
      let device = devices[next]
      var samples = SampleBatch()
      device.sampler.append(result, to: &samples)
      let failure =
        result.plan.blocks.indices.lazy.compactMap(result.error(ofBlock:)).first
        ?? device.sampler.holeError(bus: endpoint.description)
      if let failure {
        conditions[next].failed("\(failure)")
      } else {
        conditions[next].recovered()
      }
      await context.intake.put(Moments(samples: samples, grouping: .whole))
      // Missed rounds are not made up: they would only be late as well.
      due[next] = max(due[next] + device.every, clock.now)
    }
  }
}
