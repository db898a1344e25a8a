internal import ArgumentParser
internal import IndustrialModel
internal import Modbus

struct ModbusPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows which requests a set of registers becomes, and what they cost.",
    discussion: """
      Nothing is sent. On a serial line the bytes and silences take time; a schedule that can't fit is refused.

      Example:
        iiotctl modbus plan 'modbus+rtu:///dev/ttyUSB0?baud=9600' --holding 0:40 --holding 60:10 --every 100ms

      Exit codes: 0 when it fits, 1 when it does not, 64 misuse.
      """)

  @OptionGroup var device: DeviceArgument

  @Option(help: ArgumentHelp("Holding registers.", valueName: "start:count"))
  var holding: [BlockArgument] = []

  @Option(help: ArgumentHelp("Input registers.", valueName: "start:count"))
  var input: [BlockArgument] = []

  @Option(help: ArgumentHelp("Coils.", valueName: "start:count"))
  var coil: [BlockArgument] = []

  @Option(help: ArgumentHelp("Discrete inputs.", valueName: "start:count"))
  var discrete: [BlockArgument] = []

  @Option(help: ArgumentHelp("From the start of one round to the next.", valueName: "duration"))
  var every = DurationArgument(.seconds(1))

  @Option(help: "The most registers the device gives at once.")
  var maxRegisters = 125

  @Option(help: "The most bits the device gives at once.")
  var maxBits = 2000

  @Option(help: "How many unwanted registers may be read along.")
  var maxGap = 0

  func validate() throws {
    if !(1...125).contains(maxRegisters) {
      throw ValidationError("--max-registers must be 1 to 125.")
    }
    if !(1...2000).contains(maxBits) { throw ValidationError("--max-bits must be 1 to 2000.") }
    if maxGap < 0 { throw ValidationError("--max-gap must be 0 or more.") }
    if (holding + input + coil + discrete).isEmpty {
      throw ValidationError("Nothing to plan: name a block, such as --holding 0:10.")
    }
  }

  func run() throws {
    let url = try device.url
    let tags = TagRegistry()
    let tables: [(RegisterTable, [BlockArgument])] = [
      (.holding, holding), (.input, input), (.coil, coil), (.discrete, discrete),
    ]
    let readings = tables.flatMap { table, blocks in
      blocks.flatMap { block in
        RegisterAddress(table, block.start).warn()
        return RegisterReading.places(
          of: RegisterBlock(table, block.start, count: block.count, unit: url.unit), tags: tags)
      }
    }
    let sampler: RegisterSampler
    do throws(ModbusError) {
      sampler = try RegisterSampler(
        readings,
        limits: ReadLimits(
          maximumRegisters: maxRegisters, maximumBits: maxBits, maximumGap: maxGap))
    } catch { throw Failure(error) }
    var output = StandardOutput()
    for block in sampler.plan.blocks {
      try output.append(
        line: "unit \(block.unit)\t\(block.table)/\(block.address)\t\(block.count)")
    }
    let cost = PlanCost(sampler.plan, on: url.endpoint)
    try output.append(line: "requests\t\(cost.requests)")
    try output.append(
      line: "bytes\t\(cost.bytesSent) sent, \(cost.bytesReceived) received")
    guard let lineTime = cost.lineTime, let occupancy = cost.occupancy(every: every.duration)
    else { return try output.flush() }
    try output.append(line: "line time\t\(lineTime)")
    try output.append(
      line: "occupancy\t\((occupancy * 1000).rounded() / 10) % of \(every.duration)")
    try output.append(line: "worst age\t\(cost.worstAge(every: every.duration))")
    try output.flush()
    if occupancy > 1 {
      throw Failure(
        "the line can't carry this schedule: a round takes \(lineTime) and the period is \(every.duration)",
        at: "\(url.endpoint)", advice: "read less, less often, or at a higher baud rate")
    }
  }
}
