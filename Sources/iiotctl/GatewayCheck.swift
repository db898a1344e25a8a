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
    try checkFiles(of: configuration)
    var output = StandardOutput()
    try output.append(
      line:
        "\(file): \(configuration.buses.count) buses, \(configuration.devices.count) devices, "
        + "\(configuration.formulas.count) formulas, \(configuration.sinks.count) sinks")
    for schedule in try schedules(of: configuration) { try show(schedule, &output) }
    try output.flush()
  }

  private func checkFiles(of configuration: GatewayConfiguration) throws {
    do throws(ConfigurationError) {
      try configuration.checkUsedFiles(file: file)
    } catch {
      throw ConfigurationFailure(error)
    }
  }

  private func schedules(of configuration: GatewayConfiguration) throws -> [ReadSchedule] {
    do throws(ConfigurationError) {
      return try configuration.readSchedules()
    } catch {
      throw ConfigurationFailure(error)
    }
  }

  private func show(_ schedule: ReadSchedule, _ output: inout StandardOutput) throws {
    try output.append(line: "bus \(schedule.bus)")
    for round in schedule.rounds {
      let cost = round.cost
      var line =
        "  \(round.device) every \(round.every): \(cost.requests) requests, "
        + "\(cost.bytesSent) bytes sent, \(cost.bytesReceived) received"
      if let time = cost.lineTime { line += ", \(time) on the line" }
      try output.append(line: line + ", worst age \(schedule.worstAge(of: round))")
      for block in round.plan.blocks {
        try output.append(
          line: "    unit \(block.unit) \(block.table)/\(block.address) \(block.count)")
      }
    }
    guard let occupancy = schedule.occupancy else { return }
    let percent = (occupancy * 1000).rounded() / 10
    try output.append(line: "  occupancy \(percent) %")
    if !schedule.fits {
      try output.flush()
      throw Failure(
        "the line of bus \(schedule.bus) can't carry this schedule: it would be occupied \(percent) % of the time",
        at: file, advice: "read less, less often, or at a higher baud rate")
    }
  }
}
