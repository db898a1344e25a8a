internal import IndustrialModel
public import Modbus

/// What reading the devices of one Modbus bus costs, round after round.
public struct ReadSchedule: Sendable {
  /// The tags of a device that are read together.
  public struct Round: Sendable {
    /// The device.
    public var device: String
    /// From the start of one round to the next.
    public var every: Duration
    /// The requests.
    public var plan: ReadPlan
    /// What they cost.
    public var cost: PlanCost
  }

  /// The bus.
  public var bus: String
  /// What is read, in the order of the configuration.
  public var rounds: [Round] = []

  /// The share of the time that the line is occupied, 1 for all of it; nil on a network. Devices take a time of their own to
  /// answer, which comes on top.
  public var occupancy: Double? {
    var sum = 0.0
    for round in rounds {
      guard let share = round.cost.occupancy(every: round.every) else { return nil }
      sum += share
    }
    return rounds.isEmpty ? nil : sum
  }

  /// How old the values of a round can be just before they are read again, when all other rounds of the bus are due before;
  /// answers at once assumed.
  public func worstAge(of round: Round) -> Duration {
    rounds.reduce(round.every) { $0 + ($1.cost.lineTime ?? .zero) }
  }

  /// Whether the line can carry it. What a network can is not known beforehand.
  public var fits: Bool { (occupancy ?? 0) <= 1 }
}

extension GatewayRuntime {
  /// Tells of serial lines that can't carry what is to be read from them: their values come late, and nothing else shows it.
  func warnOfSchedules(of configuration: GatewayConfiguration, on buses: [String]? = nil) {
    for schedule in (try? configuration.readSchedules()) ?? [] where !schedule.fits {
      guard buses?.contains(schedule.bus) != false else { continue }
      let percent = ((schedule.occupancy ?? 0) * 1000).rounded() / 10
      report(
        GatewayEvent(
          .warning, source: "bus \(schedule.bus)",
          "the line can't carry this schedule: it would be occupied \(percent) % of the time, so values come late; "
            + "read less, less often, or at a higher baud rate"))
    }
  }
}

extension GatewayConfiguration {
  /// How the devices of the Modbus buses are read.
  ///
  /// - Throws: `ConfigurationError` for a device that can't be read as it is described.
  public func readSchedules() throws(ConfigurationError) -> [ReadSchedule] {
    var schedules: [ReadSchedule] = []
    for bus in buses {
      let endpoint: ModbusEndpoint
      switch bus.transport {
      case .modbusTCP(let host, let port, _): endpoint = .tcp(host, port: port)
      case .modbusRTU(let line, _): endpoint = line
      default: continue
      }
      var schedule = ReadSchedule(bus: bus.name)
      for device in devices where device.bus == bus.name {
        do throws(ModbusError) {
          for poll in try device.polls(tags: TagRegistry()) {
            let cost = PlanCost(poll.sampler.plan, on: endpoint)
            schedule.rounds.append(
              .init(device: device.name, every: poll.every, plan: poll.sampler.plan, cost: cost))
          }
        } catch {
          throw ConfigurationError(
            error.message, at: "devices.\(device.name)", advice: error.advice)
        }
      }
      if !schedule.rounds.isEmpty { schedules.append(schedule) }
    }
    return schedules
  }
}
