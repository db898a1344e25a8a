internal import ArgumentParser
internal import PlantSimulator

struct SimulateCAN: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "can",
    abstract: "Writes what the plant's CAN bus carries, as a candump log.",
    discussion: """
      Frames come as fast as on the bus; --speed max writes them at once, with the times they would have \
      had. A FIFO is waited for until somebody reads it.

      Example:
        iiotctl simulate can --dbc-out plant.dbc | iiotctl decode --dbc plant.dbc -

      Exit codes: 0 after the end or Ctrl-C, 1 failure, 64 misuse.
      """)

  @OptionGroup var bus: BusOptions
  @OptionGroup var simulation: SimulationOptions

  func validate() throws {
    if simulation.speed == .maximum, simulation.duration == nil, bus.count == nil {
      throw ValidationError("--speed max needs an end: --for or --count.")
    }
  }

  func run() async throws {
    try await Interruption.cancels {
      try bus.writeDatabase()
      var stream = try BusStream(bus)
      guard try await stream.waitForReader() else { return }
      var plant = Plant(seed: simulation.seed)
      if simulation.speed == .maximum {
        var rest = simulation.duration?.duration
        while !stream.isComplete, !Task.isCancelled, rest.map({ $0 > .zero }) ?? true {
          let step = min(.seconds(1), rest ?? .seconds(1))
          try stream.write(advancing: &plant, by: step)
          rest = rest.map { $0 - step }
        }
        return
      }
      try await simulation.live(until: { stream.isComplete }) { elapsed in
        try stream.write(advancing: &plant, by: elapsed)
      }
    }
  }
}
