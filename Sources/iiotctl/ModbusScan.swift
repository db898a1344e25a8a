internal import ArgumentParser
internal import Modbus

struct ModbusScan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Looks which units of a wire answer.",
    discussion: """
      Asks each unit for holding register 0. A refusal is an answer too, and so is one that does not fit. Silent units \
      cost the timeout each; give a short one in the URL: 'modbus+rtu:///dev/ttyUSB0?timeout=100ms'.

      Example:
        iiotctl modbus scan 'modbus+rtu:///dev/ttyUSB0?baud=9600&timeout=100ms' --last 32

      Exit codes: 0 when one answered, 1 when none did, 64 misuse, 130 or 143 after a signal.
      """)

  @OptionGroup var device: DeviceArgument

  @Option(help: "The first unit.")
  var first: UInt8 = 1

  @Option(help: "The last unit.")
  var last: UInt8 = 247

  func validate() throws {
    if first > last { throw ValidationError("--first must not be above --last.") }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) {
      do {
        try await scan()
      } catch let error as ModbusError {
        throw Failure(error)
      }
    }
  }

  private func scan() async throws {
    let url = try device.url
    let timeout = url.timeout ?? ModbusOptions().timeout
    let client = ModbusClient(
      url,
      options: ModbusOptions(
        // No pause longer than a call waits, and silence, which is usual here, does not end the connection.
        backoff: .init(initial: min(timeout, .milliseconds(100)), maximum: timeout),
        silentTimeouts: .max))
    var output = StandardOutput()
    var found = 0
    var ending: ModbusError?
    for unit in first...last {
      switch try await ask(unit, client, pause: timeout) {
      case .speaks(let what):
        // At once: the next unit may be silent.
        try output.append(line: "unit \(unit)\t\(what)")
        try output.flush()
        found += 1
      case .isSilent: continue
      case .endsConnection(let error): ending = error
      }
    }
    if found == 0 { throw ending.map { Failure($0) } ?? ExitCode.failure }
  }

  /// What became of asking a unit.
  private enum Outcome {
    case speaks(String)
    case isSilent
    /// Some gateways hang up when a unit does not answer them.
    case endsConnection(ModbusError)
  }

  private func ask(
    _ unit: UInt8, _ client: ModbusClient, pause: Duration
  ) async throws -> Outcome {
    for attempt in 1... {
      let before = client.statistics.requests
      do {
        let values = try await client.readHoldingRegisters(0..<1, unit: unit)
        return .speaks("holding/0 is \(values[0])")
      } catch let error as ModbusError {
        let wasSent = client.statistics.requests > before
        switch error.code {
        case .exception:
          // A gateway speaks for units that are not there.
          let isMissing =
            error.exception == .gatewayTargetFailedToRespond
            || error.exception == .gatewayPathUnavailable
          if isMissing { return .isSilent }
          return .speaks("answers \(error.exception.map { "\($0)" } ?? "an exception")")
        case .malformedReply: return .speaks("answers wrongly: \(error.message)")
        case .timeout where wasSent: return .isSilent
        case .connectionLost where wasSent: return .endsConnection(error)
        case .connectionLost, .connectFailed:
          // There was a connection, so it may be back soon; the unit has not been asked yet.
          guard client.statistics.connections > 0, attempt < 10 else { throw error }
          try await Task.sleep(for: pause)
        default: throw error
        }
      }
    }
    return .isSilent
  }
}
