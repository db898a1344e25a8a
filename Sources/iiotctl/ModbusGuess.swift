internal import ArgumentParser
internal import Modbus

struct ModbusGuess: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guess",
    abstract: "Finds type, byte order and scale of a register whose value is known.",
    discussion: """
      Read the value off the device's own display and let the registers be tried in all ways.

      Example:
        iiotctl modbus guess 'modbus://127.0.0.1:1502' holding/20 --expect 87.5

      Exit codes: 0, 1 when the registers can't be read, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  @Argument(
    help: "The first register: holding/ADDRESS or input/ADDRESS from 0, or modicon/40001.",
    transform: PlaceArgument.parse)
  var place: PlaceArgument

  // Also what looks like an option: the value may be negative.
  @Option(parsing: .unconditional, help: "What the device itself shows.")
  var expect: Double

  @Option(help: "How many of the best ways are printed.")
  var top = 5

  func validate() throws {
    if place.place.table.isBits { throw ValidationError("A bit has no type or byte order.") }
    if top < 1 { throw ValidationError("--top must be 1 or more.") }
  }

  func run() async throws {
    let place = place.place
    place.warn()
    let client = ModbusClient(try device.url)
    // Four registers if there are so many, else what there is.
    var registers: [UInt16] = []
    for count in [4, 2, 1] where registers.isEmpty {
      guard Int(place.offset) + count <= 65_536 else { continue }
      do {
        let plan = try ReadPlan([
          RegisterBlock(place.table, place.offset, count: count, unit: try device.url.unit)
        ])
        registers = Array(try await client.read(plan).registers(ofBlock: 0))
      } catch let error as ModbusError {
        if error.exception == .illegalDataAddress, count > 1 { continue }
        throw Failure(error)
      }
    }
    var output = StandardOutput()
    try output.append(line: "type\torder\tscale\tvalue\toff by")
    for guess in RegisterGuess.rank(registers, expecting: expect).prefix(top) {
      let percent = (guess.deviation * 10_000).rounded() / 100
      try output.append(
        line: "\(guess.type)\t\(guess.order)\t\(guess.scale)\t\(guess.value)\t\(percent) %")
    }
    try output.flush()
  }
}
