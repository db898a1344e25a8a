internal import ArgumentParser
internal import Modbus
internal import PlantSimulator

struct SimulateModbus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modbus",
    abstract: "Serves the plant's registers over Modbus TCP (unit 1).",
    discussion: """
      Prints "listening on HOST:PORT" to standard error when it is ready.

      Example:
        iiotctl simulate modbus --port 1502 --seed 7
        iiotctl poll 'modbus://127.0.0.1:1502?unit=1' --holding 0:10

      Exit codes: 0 after the end or Ctrl-C, 1 failure, 64 misuse.
      """)

  @Flag(help: "Prints the register map and ends.")
  var map = false

  @OptionGroup var listen: ListenOptions
  @OptionGroup var simulation: SimulationOptions

  func validate() throws {
    if simulation.speed == .maximum {
      throw ValidationError("--speed max is for simulate can alone.")
    }
  }

  func run() async throws {
    if map {
      var output = StandardOutput()
      try output.append { text in
        for row in PlantRegisters.table { text += Array((row + "\n").utf8) }
      }
      try output.flush()
      return
    }
    try await Interruption.cancels {
      let server: PlantServer
      do throws(ModbusError) {
        server = try PlantServer(host: listen.host, port: listen.port, seed: simulation.seed)
      } catch { throw Failure(error) }
      listen.announce(server.port)
      try await simulation.live { elapsed in server.advance(by: elapsed) }
    }
  }
}
