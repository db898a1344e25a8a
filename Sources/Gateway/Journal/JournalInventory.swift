internal import IndustrialModel
internal import MQTT
internal import Modbus

/// What a journal has of each bus: by it a replay with another configuration knows what it can answer.
struct JournalInventory {
  struct Bus {
    /// The registers that were asked for, by the rounds in which they were.
    var rounds: [RegisterRound.Source: Set<RegisterRound.Span>] = [:]
    var topics: Set<String> = []
    var names: Set<String> = []
    var hasFrames = false
  }

  private(set) var buses: [String: Bus] = [:]

  init(_ reader: JournalReader) throws(JournalError) {
    while let item = try reader.next() {
      guard case .entry(.wire(let bus, let event, _)) = item else { continue }
      add(event, to: &buses[bus, default: Bus()])
    }
  }

  private func add(_ event: WireEvent, to bus: inout Bus) {
    switch event {
    case .frames, .received: bus.hasFrames = true
    case .registers(let round):
      for answer in round.answers { bus.rounds[round.source, default: []].insert(answer.span) }
    case .messages(let messages): for message in messages { bus.topics.insert(message.topic) }
    case .values(let values): bus.names.formUnion(values.names)
    case .lost, .back: break
    }
  }

  /// The rounds in which a reading's registers were asked for: its own, else those of the same device with the nearest period,
  /// else of any device.
  func source(
    of reading: RegisterReading, on bus: String, own: RegisterRound.Source
  ) -> RegisterRound.Source? {
    guard let rounds = buses[bus]?.rounds else { return nil }
    func rank(_ source: RegisterRound.Source) -> (Int, UInt64, String, Int64) {
      (
        source.device == own.device ? 0 : 1,
        source.every.subtractingReportingOverflow(own.every).partialValue.magnitude,
        source.device, source.every
      )
    }
    return rounds.filter { $0.value.contains { $0.holds(reading) } }.keys
      .min { rank($0) < rank($1) }
  }

  /// What of a configuration it can't answer, in words.
  func findings(
    for configuration: GatewayConfiguration, tags: TagRegistry
  ) throws(ConfigurationError) -> [String] {
    var findings: [String] = []
    for bus in configuration.buses {
      let devices = configuration.devices.filter { $0.bus == bus.name }
      guard !devices.isEmpty else { continue }
      guard let known = buses[bus.name] else {
        findings.append("bus \(bus.name): not in the journal")
        continue
      }
      switch bus.transport {
      case .modbusTCP, .modbusRTU:
        do throws(ModbusError) {
          for device in devices { findings += try self.findings(for: device, tags) }
        } catch {
          throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: error.advice)
        }
      case .canLog, .socketCAN:
        if !known.hasFrames { findings.append("bus \(bus.name): no frames in the journal") }
      case .mqtt:
        for device in devices {
          for tag in device.messages {
            guard let topic = try? device.topic(of: tag),
              !known.topics.contains(where: { topic.match($0) != nil })
            else { continue }
            findings.append(
              "\(device.name)/\(tag.name): no message on '\(topic.text)' in the journal")
          }
        }
      case .system, .simulator:
        let alone = GatewayConfiguration(id: "", dataFolder: "", buses: [bus], devices: devices)
        for name in (alone.knownTags() ?? []).sorted() where !known.names.contains(name) {
          findings.append("\(name): not in the journal")
        }
      }
    }
    return findings
  }

  private func findings(
    for device: GatewayConfiguration.Device, _ tags: TagRegistry
  ) throws(ModbusError) -> [String] {
    var findings: [String] = []
    for poll in try device.polls(tags: tags) {
      let own = RegisterRound.Source(device: poll.device, every: poll.every.clampedNanoseconds)
      for reading in poll.sampler.readings {
        let name = tags.name(of: reading.tag)
        guard let source = source(of: reading, on: device.bus, own: own) else {
          findings.append("\(name): its registers are not in the journal")
          continue
        }
        guard source.every != own.every else { continue }
        findings.append(
          "\(name): read every \(Duration.nanoseconds(source.every)) in the journal, "
            + "every \(poll.every) in the configuration")
      }
    }
    return findings
  }
}
