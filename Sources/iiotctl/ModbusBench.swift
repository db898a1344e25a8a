internal import ArgumentParser
internal import IndustrialModel
internal import Modbus

struct ModbusBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how many requests a second a device answers, and how soon.",
    discussion: """
      Reads the same places again and again and ends by itself. A load for the device: don't aim it at one that others \
      depend on. How many requests wait for their answers at once is \
      --inflight (Modbus TCP only; a serial line has one), how many tasks ask is --callers.

      Example:
        iiotctl modbus bench 'modbus://127.0.0.1:1502' --inflight 16 --callers 16 --for 3s

      Exit codes: 0 all requests were answered, 1 some were not, 64 misuse, 130 or 143 after a signal.
      """)

  @OptionGroup var device: DeviceArgument

  @Option(
    help: "The first place a request reads: TABLE/ADDRESS from 0, or modicon/40001.",
    transform: PlaceArgument.parse)
  var place = PlaceArgument(place: .holding(0))

  @Option(help: "The number of registers or bits that a request reads.")
  var registers = 10

  @Option(
    help: "How many requests may wait for their answers at once, 1 to 64; the URL's inflight, or 1."
  )
  var inflight: Int?

  @Option(help: "How many tasks ask at the same time; as many as --inflight if not given.")
  var callers: Int?

  @Option(
    name: .customLong("for"), help: ArgumentHelp("Ends after so long.", valueName: "duration"))
  var duration = DurationArgument(.seconds(5))

  @Option(help: "How many requests, then it ends, if that is sooner.")
  var count: Int?

  func validate() throws {
    let limit = place.place.table.isBits ? 2000 : 125
    if !(1...limit).contains(registers) {
      throw ValidationError("--registers must be 1 to \(limit).")
    }
    if Int(place.place.offset) + registers > 65_536 {
      throw ValidationError("The places run past the last address, 65535.")
    }
    if let inflight, !(1...ModbusOptions.maximumInFlight).contains(inflight) {
      throw ValidationError("--inflight must be 1 to \(ModbusOptions.maximumInFlight).")
    }
    if let callers, !(1...10_000).contains(callers) {
      throw ValidationError("--callers must be 1 to 10000.")
    }
    if duration.duration <= .zero { throw ValidationError("--for must be longer than nothing.") }
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) {
      do {
        try await measure()
      } catch let error as ModbusError { throw Failure(error) }
    }
  }

  private func measure() async throws {
    let url = try device.url
    place.place.warn()
    var options = ModbusOptions(inFlight: inflight ?? url.inFlight ?? 1)
    if let timeout = url.timeout { options.timeout = timeout }
    let client = ModbusClient(url.endpoint, options: options)
    let plan = try ReadPlan([
      RegisterBlock(place.place.table, place.place.offset, count: registers, unit: url.unit)
    ])
    // The connection is made before the clock runs.
    _ = try await client.read(plan)
    let before = client.statistics

    let callers = callers ?? options.inFlight
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + duration.duration
    let total = await withTaskGroup(of: BenchTally.self) { group in
      for caller in 0..<callers {
        let share = count.map { $0 / callers + (caller < $0 % callers ? 1 : 0) }
        group.addTask { await Self.ask(client, plan, share: share ?? .max, until: end) }
      }
      return await group.reduce(into: BenchTally()) { $0.add($1) }
    }
    let seconds = (clock.now - start) / .seconds(1)
    let connections = client.statistics.connections - before.connections
    client.close()

    var output = StandardOutput()
    try output.append(
      line: "requests\t\(total.latencies.count) answered in \(rounded(seconds)) s")
    let rate = Int((Double(total.latencies.count) / seconds).rounded())
    try output.append(line: "rate\t\(rate) requests a second")
    try output.append(line: "inflight\t\(options.inFlight), \(callers) callers")
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
      guard let time = total.latencies.percentile(share) else { break }
      try output.append(line: "\(name)\t\(rounded(Double(time) / 1e6)) ms")
    }
    if total.latencies.count > 0 {
      try output.append(line: "longest\t\(rounded(Double(total.latencies.longest) / 1e6)) ms")
    }
    try output.append(line: "connections\t\(connections) made anew")
    for (kind, count) in total.errors.sorted(by: { $0.key < $1.key }) {
      try output.append(line: "error\t\(kind)\t\(count)")
    }
    try output.flush()
    // What was measured so far has been told.
    if Task.isCancelled { return }
    if let error = total.lastError { throw Failure(error) }
    if total.latencies.count == 0 { throw ExitCode.failure }
  }

  /// One caller: asks, and waits for the answer before it asks again.
  private static func ask(
    _ client: ModbusClient, _ plan: ReadPlan, share: Int, until end: ContinuousClock.Instant
  ) async -> BenchTally {
    var tally = BenchTally()
    let clock = ContinuousClock()
    var asked = 0
    while asked < share, !Task.isCancelled {
      let start = clock.now
      guard start < end else { break }
      let error: ModbusError?
      do {
        error = try await client.read(plan).error(ofBlock: 0)
      } catch let failure as ModbusError { error = failure } catch { break }
      asked += 1
      if let error {
        tally.failed(error)
        // A client that refuses at once must not be asked in circles.
        try? await clock.sleep(for: .milliseconds(10))
      } else {
        tally.latencies.add(nanoseconds: UInt64(clamping: (clock.now - start).clampedNanoseconds))
      }
    }
    return tally
  }

  private func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
}

/// What one caller, or all of them, saw.
private struct BenchTally: Sendable {
  var latencies = LatencyHistogram()
  var errors: [String: Int] = [:]
  var lastError: ModbusError?

  mutating func failed(_ error: ModbusError) {
    let kind = error.exception.map { "\($0)" } ?? error.code.rawValue
    errors[kind, default: 0] += 1
    lastError = error
  }

  mutating func add(_ other: BenchTally) {
    latencies.add(other.latencies)
    errors.merge(other.errors, uniquingKeysWith: +)
    lastError = other.lastError ?? lastError
  }
}

/// Times by size, each within 3 percent: the same few kilobytes for any number of them.
private struct LatencyHistogram: Sendable {
  // 32 steps between a power of two and the next.
  private var counts = [UInt64](repeating: 0, count: 64 * 32)
  private(set) var count = 0
  private(set) var longest: UInt64 = 0

  mutating func add(nanoseconds: UInt64) {
    counts[Self.bucket(nanoseconds)] += 1
    count += 1
    longest = max(longest, nanoseconds)
  }

  mutating func add(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    longest = max(longest, other.longest)
  }

  /// The time that such a share of all does not exceed; nil when there is none.
  func percentile(_ share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    var rest = max(1, (Double(count) * share).rounded(.up))
    for (bucket, number) in counts.enumerated() {
      rest -= Double(number)
      if rest <= 0 { return min(Self.upperEnd(bucket), longest) }
    }
    return longest
  }

  private static func bucket(_ value: UInt64) -> Int {
    guard value >= 32 else { return Int(value) }
    let power = 63 - value.leadingZeroBitCount
    return (power - 4) * 32 + Int(value >> UInt64(power - 5)) - 32
  }

  private static func upperEnd(_ bucket: Int) -> UInt64 {
    guard bucket >= 32 else { return UInt64(bucket) }
    let power = UInt64(bucket / 32 + 4)
    let step = UInt64(bucket % 32 + 32)
    return ((step + 1) << (power - 5)) &- 1
  }
}
