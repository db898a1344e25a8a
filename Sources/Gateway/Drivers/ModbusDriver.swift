internal import IndustrialModel
internal import Modbus

/// Polls the devices of one Modbus bus, each at its own period, one after the other.
struct ModbusDriver: Driver {
  private let bus: String
  private let endpoint: ModbusEndpoint
  private let timeout: Duration
  private let polls: [RegisterPoll]

  init(
    bus: String, endpoint: ModbusEndpoint, timeout: Duration,
    devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) throws(ModbusError) {
    self.bus = bus
    self.endpoint = endpoint
    self.timeout = timeout
    var polls: [RegisterPoll] = []
    for device in devices { polls += try device.polls(tags: tags) }
    self.polls = polls
  }

  func run(_ context: DriverContext) async {
    let client = ModbusClient(endpoint, options: ModbusOptions(timeout: timeout))
    defer { client.close() }
    let clock = ContinuousClock()
    var due = polls.map { _ in clock.now }
    var conditions = polls.map {
      ConditionReporter(source: "bus \(bus), device \($0.name)", report: context.report)
    }
    var polls = polls
    var decoders = polls.map { RegisterDecoder($0.sampler.readings) }
    while let next = due.indices.min(by: { due[$0] < due[$1] }) {
      guard (try? await clock.sleep(until: due[next])) != nil else { return }
      let result: ReadResult
      var failure: ModbusError?
      do {
        result = try await polls[next].sampler.round(client)
      } catch is CancellationError { return } catch {
        // The machine has no descriptor or thread left: nothing was read this time, the next one may go better.
        result = ReadResult(for: polls[next].sampler.plan)
        failure = error as? ModbusError ?? ModbusError(.system, "\(error)")
      }
      let poll = polls[next]
      let time = WireTime.now()
      let round = RegisterRound(
        device: poll.device, every: poll.every.clampedNanoseconds, result, poll.sampler, at: time)
      failure =
        failure ?? result.plan.blocks.indices.lazy.compactMap(result.error(ofBlock:)).first
        ?? poll.sampler.holeError(bus: endpoint.description)
      if let failure {
        // A device that does not answer is one condition, however often and in whatever words that is found.
        let kind = failure.exception == nil ? "\(failure.quality)" : nil
        conditions[next].failed("\(failure)", kind: kind)
      } else {
        conditions[next].recovered()
      }
      await context.put(.registers(round), of: bus, at: time, through: &decoders[next])
      // Missed rounds are not made up: they would only be late as well.
      due[next] = max(due[next] + poll.every, clock.now)
    }
  }
}

extension RegisterSampler {
  /// Reads all values once. A request that runs into a hole of the device's map is taken apart at once.
  fileprivate mutating func round(_ client: ModbusClient) async throws -> ReadResult {
    var result = try await client.read(plan)
    while adapt(to: result) { result = try await client.read(plan) }
    return result
  }
}

/// Tags of a device that are read at the same period.
struct RegisterPoll: Sendable {
  var device: String
  /// The device; with the period, where it has several.
  var name: String
  var every: Duration
  var sampler: RegisterSampler
}

extension GatewayConfiguration.Device {
  /// How the device is read.
  func polls(tags registry: TagRegistry) throws(ModbusError) -> [RegisterPoll] {
    let groups = byPeriod(tags, every: \.every)
    var polls: [RegisterPoll] = []
    for (every, tags) in groups {
      let readings = tags.map { tag in
        RegisterReading(
          tag: registry.intern("\(name)/\(tag.name)"), unit: unit,
          place: RegisterAddress(tag.table, tag.address), type: tag.type, order: tag.order,
          scale: tag.scale, offset: tag.offset)
      }
      polls.append(
        RegisterPoll(
          device: name,
          name: groups.count > 1 ? "\(name) (every \(every))" : name, every: every,
          sampler: try RegisterSampler(readings)))
    }
    return polls
  }
}
