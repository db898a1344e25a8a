internal import ArgumentParser
internal import IndustrialModel
internal import Modbus

struct ModbusRead: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "Reads values once and prints them.",
    discussion: """
      Example:
        iiotctl modbus read 'modbus://127.0.0.1:1502' input/2 --type float32

      Exit codes: 0 when all was read, 1 when something was not, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  @Argument(
    help: "The places: TABLE/ADDRESS from 0, or modicon/40001.", transform: PlaceArgument.parse)
  var places: [PlaceArgument]

  @Option(help: "How many values from each place on.")
  var count = 1

  @OptionGroup var value: ValueOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if !(1...65_536).contains(count) { throw ValidationError("--count must be 1 to 65536.") }
    _ = try readings(tags: TagRegistry())
  }

  func run() async throws {
    let url = try device.url
    let tags = TagRegistry()
    for place in places {
      place.place.warn()
    }
    let readings = try readings(tags: tags)
    let client = ModbusClient(url)
    do {
      let sampler = try RegisterSampler(readings)
      let result = try await client.read(sampler.plan)
      var batch = SampleBatch()
      sampler.append(result, to: &batch)
      _ = batch.number(from: 1)
      var printer = SamplePrinter(output.chosen, tags: tags)
      try printer.print(batch)
      for block in sampler.plan.blocks.indices {
        if let error = result.error(ofBlock: block) { throw error }
      }
    } catch let error as ModbusError { throw Failure(error) }
  }

  private func readings(tags: TagRegistry) throws -> [RegisterReading] {
    let unit = try device.url.unit
    return try places.flatMap {
      try RegisterReading.values(count, from: $0.place, unit: unit, value, tags: tags)
    }
  }
}
