internal import ArgumentParser

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Plays a small pumping station: over Modbus, on CAN, or both.",
    discussion: """
      The same seed gives the same plant. The register map and the CAN messages are described in the \
      documentation of PlantSimulator; --dbc-out writes the DBC file.

      Example:
        iiotctl simulate plant --port 1502 --out drive.log --dbc-out vehicle.dbc

      Exit codes: 0 after the end or Ctrl-C, 1 failure, 64 misuse.
      """,
    subcommands: [SimulatePlant.self, SimulateModbus.self, SimulateCAN.self])
}

/// What all simulations share.
struct SimulationOptions: ParsableArguments {
  @Option(help: "What happens to the plant; the same number gives the same plant.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("From one move of the plant to the next.", valueName: "duration"))
  var every = DurationArgument(.milliseconds(100))

  @Option(help: "How many times faster than real time, or max for without waiting (can).")
  var speed = SpeedArgument.times(1)

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Ends after so long of the plant's time; without it, Ctrl-C ends.", valueName: "duration"))
  var duration: DurationArgument?

  func validate() throws {
    if every.duration < .milliseconds(10) {
      throw ValidationError("--every must be 10ms or longer: the plant moves in ticks of 10 ms.")
    }
    if let duration, duration.duration <= .zero {
      throw ValidationError("--for must be longer than nothing.")
    }
  }
}

extension SimulationOptions {
  /// Calls `step` with the plant's time that has passed, every so often, until the end or Ctrl-C.
  func live(
    until isComplete: () -> Bool = { false }, _ step: (Duration) throws -> Void
  ) async throws {
    let clock = ContinuousClock()
    var last = clock.now
    var due = last
    var rest = duration?.duration
    while !isComplete() {
      guard case .times(let factor) = speed else { return }
      due = max(due + every.duration, clock.now)
      do { try await clock.sleep(until: due) } catch { return }
      let now = clock.now
      var elapsed = (now - last) * factor
      last = now
      if let remaining = rest {
        elapsed = min(elapsed, remaining)
        rest = remaining - elapsed
      }
      try step(elapsed)
      if rest == .zero { return }
    }
  }
}

/// `--speed`: a factor or `max`.
enum SpeedArgument: ExpressibleByArgument, Equatable {
  case times(Double)
  case maximum

  init?(argument: String) {
    if argument == "max" {
      self = .maximum
      return
    }
    guard let factor = Double(argument), factor > 0, factor <= 1000 else { return nil }
    self = .times(factor)
  }

  var defaultValueDescription: String {
    if case .times(let factor) = self { "\(factor)" } else { "max" }
  }
}

/// Where the Modbus server of a simulation listens.
struct ListenOptions: ParsableArguments {
  @Option(help: "The TCP port of the Modbus server; 0 for any free one.")
  var port: UInt16 = 1502

  @Option(help: "The address to listen on. Modbus has no password: loopback is the safe choice.")
  var host = "127.0.0.1"

  /// The line that scripts wait for.
  func announce(_ port: UInt16) {
    StandardError.print(
      "listening on \(host.contains(":") ? "[\(host)]" : host):\(port)")
  }
}
