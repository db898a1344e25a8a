internal import DBC
internal import IndustrialModel
internal import MQTT
internal import Modbus

/// Makes samples of what came from one bus, for who has the journal of the bus and not the bus.
enum BusDecoder: WireDecoder {
  case signals(BusSignals)
  case registers([RegisterRound.Source: RegisterDecoder])
  case messages(MessageDecoder)
  case values(ValueDecoder)

  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments {
    switch self {
    case .signals(var decoder):
      // So that the decoder has one owner while it changes.
      self = .registers([:])
      defer { self = .signals(decoder) }
      return decoder.decode(event, at: time)
    case .registers(var decoders):
      guard case .registers(let round) = event, var decoder = decoders[round.source] else {
        return Moments(at: time)
      }
      self = .registers([:])
      defer {
        decoders[round.source] = decoder
        self = .registers(decoders)
      }
      return decoder.decode(event, at: time)
    case .messages(var decoder):
      self = .registers([:])
      defer { self = .messages(decoder) }
      return decoder.decode(event, at: time)
    case .values(var decoder):
      self = .registers([:])
      defer { self = .values(decoder) }
      return decoder.decode(event, at: time)
    }
  }
}

extension RegisterRound {
  /// Tags of a device that are read together.
  struct Source: Sendable, Hashable {
    var device: String
    /// In nanoseconds.
    var every: Int64
  }

  var source: Source { Source(device: device, every: every) }
}

extension GatewayConfiguration {
  /// The decoders of buses that have devices, by the buses' names.
  ///
  /// - Parameters:
  ///   - isWanted: Which buses.
  ///   - assign: Of which rounds in the journal the readings of a round of this configuration are taken; its own unless given.
  func makeDecoders(
    tags: TagRegistry, of isWanted: (String) -> Bool = { _ in true },
    assign: (_ bus: String, _ reading: RegisterReading, _ own: RegisterRound.Source)
      -> RegisterRound.Source? = { $2 }
  ) throws(ConfigurationError) -> [String: BusDecoder] {
    var decoders: [String: BusDecoder] = [:]
    for bus in buses where isWanted(bus.name) {
      let devices = devices.filter { $0.bus == bus.name }
      guard !devices.isEmpty else { continue }
      decoders[bus.name] = try makeDecoder(bus, devices, tags) { assign(bus.name, $0, $1) }
    }
    return decoders
  }

  private func makeDecoder(
    _ bus: Bus, _ devices: [Device], _ tags: TagRegistry,
    assign: (RegisterReading, RegisterRound.Source) -> RegisterRound.Source?
  ) throws(ConfigurationError) -> BusDecoder {
    switch bus.transport {
    case .modbusTCP, .modbusRTU:
      do throws(ModbusError) {
        return .registers(try Self.registers(devices, tags, assign))
      } catch {
        throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: error.advice)
      }
    case .canLog(_, let file), .socketCAN(_, let file):
      var isLive = false
      if case .socketCAN = bus.transport { isLive = true }
      return .signals(
        BusSignals(
          try database(file, of: bus), devices: devices.map(\.name), isLive: isLive, tags: tags))
    case .mqtt:
      do throws(MQTTError) {
        return .messages(
          MessageDecoder(
            try MQTTDriver.makeSampler(devices, reserved: reservedTags, tags: tags)))
      } catch {
        throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: nil)
      }
    case .system, .simulator:
      let alone = GatewayConfiguration(id: "", dataFolder: "", buses: [bus], devices: devices)
      guard let names = alone.knownTags() else {
        throw ConfigurationError(
          "a recording can't be read", at: "buses.\(bus.name)",
          advice: "put it where the configuration says")
      }
      return .values(
        ValueDecoder(Dictionary(uniqueKeysWithValues: names.sorted().map { ($0, tags.intern($0)) }))
      )
    }
  }

  private static func registers(
    _ devices: [Device], _ tags: TagRegistry,
    _ assign: (RegisterReading, RegisterRound.Source) -> RegisterRound.Source?
  ) throws(ModbusError) -> [RegisterRound.Source: RegisterDecoder] {
    var readings: [RegisterRound.Source: [RegisterReading]] = [:]
    for device in devices {
      for poll in try device.polls(tags: tags) {
        let own = RegisterRound.Source(
          device: poll.device, every: poll.every.clampedNanoseconds)
        for reading in poll.sampler.readings {
          if let source = assign(reading, own) { readings[source, default: []].append(reading) }
        }
      }
    }
    return readings.mapValues { RegisterDecoder($0) }
  }
}
