internal import ArgumentParser
internal import IndustrialModel
internal import Modbus
internal import Sinks

struct Poll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads registers of a device again and again and prints them.",
    discussion: """
      Blocks are START:COUNT with zero-based addresses, as on the wire; a block may be longer than one \
      request. Tags are unitU/holding/ADDRESS and so on. A register that can't be read is printed without \
      value, with the reason.

      Example:
        iiotctl poll 'modbus://127.0.0.1:1502?unit=1' --holding 0:10 --every 1s --format jsonl

      Exit codes: 0 when something was read, 1 when nothing was, 64 misuse, 130 or 143 after a signal when --count was \
      not reached.
      """)

  @Argument(help: "The device: modbus://HOST:PORT?unit=U (also timeout=500ms, inflight=4).")
  var url: String

  @Option(help: ArgumentHelp("Holding registers (function 3).", valueName: "start:count"))
  var holding: [BlockArgument] = []

  @Option(help: ArgumentHelp("Input registers (function 4).", valueName: "start:count"))
  var input: [BlockArgument] = []

  @Option(help: ArgumentHelp("Coils (function 1).", valueName: "start:count"))
  var coil: [BlockArgument] = []

  @Option(help: ArgumentHelp("Discrete inputs (function 2).", valueName: "start:count"))
  var discrete: [BlockArgument] = []

  @Option(help: ArgumentHelp("From the start of one round to the next.", valueName: "duration"))
  var every = DurationArgument(.seconds(1))

  @Option(help: "How many rounds, then it ends; without it, Ctrl-C ends.")
  var count: Int?

  @OptionGroup var value: ValueOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if holding.isEmpty && input.isEmpty && coil.isEmpty && discrete.isEmpty {
      throw ValidationError("Nothing to read: name a block, such as --holding 0:10.")
    }
    if every.duration <= .zero { throw ValidationError("--every must be longer than nothing.") }
    if (holding + input).contains(where: { $0.count % value.type.registerCount != 0 }) {
      throw ValidationError(
        "A block of \(value.type) must have a multiple of \(value.type.registerCount) registers.")
    }
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
    do { _ = try ModbusURL(url) } catch { throw ValidationError("\(error)") }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: count != nil) { try await poll() }
  }

  private func poll() async throws {
    let url = try ModbusURL(url)
    let tags = TagRegistry()
    var sampler = try sampler(unit: url.unit, tags: tags)
    let client = ModbusClient(url)
    var printer = SamplePrinter(output.chosen, tags: tags)
    var trouble = TroubleLog()
    var hasRead = false
    var rounds = 0
    var sequence: UInt64 = 1
    let clock = ContinuousClock()
    var due = clock.now
    while !Task.isCancelled {
      let result: ReadResult
      do {
        result = try await Self.round(of: &sampler, client)
      } catch is CancellationError { break } catch let error as ModbusError {
        // Of the machine, not of the wire: no round will go better.
        throw Failure(error)
      }
      var batch = SampleBatch()
      sampler.append(result, to: &batch)
      sequence = batch.number(from: sequence)
      try printer.print(batch)
      if let error = sampler.holeError(bus: url.endpoint.description) {
        trouble.failed(-1, Failure(error))
      } else {
        trouble.recovered(-1, "all places can be read now")
      }
      for block in result.plan.blocks.indices {
        if let error = result.error(ofBlock: block) {
          trouble.failed(block, Failure(error))
        } else {
          hasRead = true
          trouble.recovered(block, "\(result.plan.blocks[block].table) can be read again")
        }
      }
      rounds += 1
      if rounds == count { break }
      // A round that took longer than its period is followed at once, and missed ones are not made up.
      due = max(due + every.duration, clock.now)
      try? await clock.sleep(until: due)
    }
    client.close()
    // Cut short by a signal, it says that instead.
    let isCutShort = count != nil && Task.isCancelled
    if !hasRead, rounds > 0, !isCutShort { throw ExitCode.failure }
  }

  private static func round(
    of sampler: inout RegisterSampler, _ client: ModbusClient
  ) async throws -> ReadResult {
    var result = try await client.read(sampler.plan)
    // A request that runs into a hole of the device's map is taken apart at once.
    while sampler.adapt(to: result) { result = try await client.read(sampler.plan) }
    return result
  }

  private func sampler(unit: UInt8, tags: TagRegistry) throws -> RegisterSampler {
    let tables: [(RegisterTable, [BlockArgument])] = [
      (.holding, holding), (.input, input), (.coil, coil), (.discrete, discrete),
    ]
    let readings = try tables.flatMap { table, blocks in
      try blocks.flatMap { block -> [RegisterReading] in
        let place = RegisterAddress(table, block.start)
        place.warn()
        let width = table.isBits ? 1 : value.type.registerCount
        return try RegisterReading.values(
          block.count / width, from: place, unit: unit, value, tags: tags)
      }
    }
    return try RegisterSampler(readings)
  }
}

/// START:COUNT, or START for a single place.
struct BlockArgument: ExpressibleByArgument {
  var start: UInt16
  var count: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let start = UInt16(parts[0]) else { return nil }
    var count = 1
    if parts.count == 2 {
      guard let number = Int(parts[1]) else { return nil }
      count = number
    }
    guard count >= 1, Int(start) + count <= 65_536 else { return nil }
    self.start = start
    self.count = count
  }
}
