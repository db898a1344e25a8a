internal import ArgumentParser
internal import Gateway
internal import Modbus

struct GatewayCheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Tells every mistake of a configuration with line and column, and how Modbus is read.",
    discussion: """
      Example:
        iiotctl gateway check gateway.yaml

      Exit codes: 0 when it is right, 1 when it is not, 64 misuse.
      """)

  @Argument(help: "The configuration (docs/configuration.md).")
  var file: String

  func run() async throws {
    let configuration = try Configurations.load(file)
    print(
      "\(file): \(configuration.buses.count) buses, \(configuration.devices.count) devices, "
        + "\(configuration.formulas.count) formulas, \(configuration.sinks.count) sinks")
    for schedule in try schedules(of: configuration) { try show(schedule) }
  }

  private func schedules(of configuration: GatewayConfiguration) throws -> [ReadSchedule] {
    do throws(ConfigurationError) {
      return try configuration.readSchedules()
    } catch {
      throw ConfigurationFailure(error)
    }
  }

  private func show(_ schedule: ReadSchedule) throws {
    print("bus \(schedule.bus)")
    for round in schedule.rounds {
      let cost = round.cost
      var line =
        "  \(round.device) every \(round.every): \(cost.requests) requests, "
        + "\(cost.bytesSent) bytes sent, \(cost.bytesReceived) received"
      if let time = cost.lineTime { line += ", \(time) on the line" }
      print(line + ", worst age \(schedule.worstAge(of: round))")
      for block in round.plan.blocks {
        print("    unit \(block.unit) \(block.table)/\(block.address) \(block.count)")
      }
    }
    guard let occupancy = schedule.occupancy else { return }
    let percent = (occupancy * 1000).rounded() / 10
    print("  occupancy \(percent) %")
    if !schedule.fits {
      throw Failure(
        "the line of bus \(schedule.bus) can't carry this schedule: it would be occupied \(percent) % of the time",
        at: file, advice: "read less, less often, or at a higher baud rate")
    }
  }
}

/// The gateway's configuration, or a failure that says what stands in the way.
enum Configurations {
  /// For who works with it.
  static func load(_ file: String) throws -> GatewayConfiguration {
    try load(file, needsSecrets: true)
  }

  /// For who opens nothing: secrets need not be there.
  static func loadForReplay(_ file: String) throws -> GatewayConfiguration {
    try load(file, needsSecrets: false)
  }

  private static func load(_ file: String, needsSecrets: Bool) throws -> GatewayConfiguration {
    #if Gateway
      do throws(ConfigurationError) {
        let configuration =
          try needsSecrets
          ? GatewayConfiguration(contentsOf: file) : .forReplay(contentsOf: file)
        for warning in configuration.warnings { StandardError.print("warning: \(warning)") }
        return configuration
      } catch {
        throw ConfigurationFailure(error)
      }
    #else
      throw Failure(
        "this iiotctl was built without the package trait 'Gateway'", at: file,
        advice: "build it with: swift build --traits Gateway")
    #endif
  }
}

/// All mistakes of a configuration as the command line shows them.
struct ConfigurationFailure: Error, CustomStringConvertible {
  let error: ConfigurationError

  init(_ error: ConfigurationError) { self.error = error }

  var description: String {
    error.problems.map { problem in
      let file = error.file ?? "configuration"
      var place = problem.line > 0 ? "\(file):\(problem.line):\(problem.column)" : file
      if !problem.path.isEmpty { place += " (\(problem.path))" }
      return Failure(problem.message, at: place, advice: problem.advice).description
    }.joined(separator: "\n")
  }
}
