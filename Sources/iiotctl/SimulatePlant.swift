internal import ArgumentParser
internal import Modbus
internal import PlantSimulator

struct SimulatePlant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plant",
    abstract: "The whole plant: Modbus TCP and CAN of the same pumps.",
    discussion: """
      Serves Modbus as "simulate modbus" does and writes the CAN frames as "simulate can" does. While \
      nobody reads a FIFO its frames are lost, as on a bus, and the plant goes on.

      Example:
        iiotctl simulate plant --port 1502 --out drive.log --dbc-out plant.dbc --for 1min

      Exit codes: 0 after the end or Ctrl-C, 1 failure, 64 misuse.
      """)

  @OptionGroup var listen: ListenOptions
  @OptionGroup var bus: BusOptions
  @OptionGroup var simulation: SimulationOptions

  func validate() throws {
    if simulation.speed == .maximum {
      throw ValidationError("--speed max is for simulate can alone.")
    }
  }

  func run() async throws {
    try await Interruption.cancels {
      try bus.writeDatabase()
      var stream = try BusStream(bus)
      let server: PlantServer
      do throws(ModbusError) {
        server = try PlantServer(host: listen.host, port: listen.port, seed: simulation.seed)
      } catch { throw Failure(error) }
      listen.announce(server.port)
      try await simulation.live(until: { stream.isComplete }) { elapsed in
        try stream.write(advancing: server, by: elapsed)
      }
    }
  }
}
