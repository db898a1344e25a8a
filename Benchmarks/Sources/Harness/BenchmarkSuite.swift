internal import CCounters
internal import Foundation

/// The comparisons of one module, run and reported together.
///
/// ```swift
/// var suite = BenchmarkSuite("CANCore")
/// suite.add("append 8-byte frames") { Comparison(operation: "frame", ours: { n in ... }) }
/// suite.run()
/// ```
public struct BenchmarkSuite: Sendable {
  private let name: String
  private var entries: [(name: String, make: @Sendable () async throws -> Comparison)] = []

  /// An empty suite.
  public init(_ name: String) { self.name = name }

  /// Adds a comparison; `make` prepares its data and runs only when the comparison is wanted.
  public mutating func add(_ name: String, make: @escaping @Sendable () async throws -> Comparison)
  {
    entries.append((name, make))
  }

  /// Runs what the program's arguments ask for, prints a table, writes the JSON file, and ends the
  /// program: 0 when all is well, 1 when a gate or an agreement of results failed, 64 for misuse.
  public func run() -> Never {
    // The main thread waits instead of becoming dispatch's (which callgrind does not survive).
    Task.detached { await runAndExit() }
    while true { sleep(1000) }
  }

  private func runAndExit() async -> Never {
    do {
      let options = try Options(CommandLine.arguments.dropFirst())
      exit(try await run(options) ? 0 : 1)
    } catch let problem as PeerProblem {
      FileHandle.standardError.write(Data("error: \(problem)\n".utf8))
      exit(64)
    } catch {
      FileHandle.standardError.write(Data("error: \(name): \(error)\n".utf8))
      exit(1)
    }
  }

  private func run(_ options: Options) async throws -> Bool {
    let chosen = entries.filter { entry in
      options.filter.map { entry.name.contains($0) } ?? true
    }
    if options.list {
      for entry in chosen { print(entry.name) }
      return true
    }
    if options.callgrindChild {
      guard iiot_under_valgrind() != 0 else { throw PeerProblem(description: "not under valgrind") }
      for entry in chosen {
        let comparison = try await entry.make()
        guard !comparison.isThreaded, case .inProcess(let body) = comparison.ours.work else {
          continue
        }
        let iterations = try await counted(comparison, seconds: 0.01)
        try await Instructions.dump(entry.name, body, iterations: iterations)
      }
      return true
    }

    let instructions =
      options.instructions ? try Instructions.measure(filter: options.filter) : [:]
    var result = SuiteResult(
      suite: name, time: Date.now.formatted(.iso8601), machine: .current(), comparisons: [])
    print("\(name)  (\(result.machine.processor), \(result.machine.cores) cores)")
    for entry in chosen {
      let comparison = try await entry.make()
      var measured = try await measure(
        entry.name, comparison, options,
        instructions: instructions[entry.name].map { $0 / comparison.itemsPerOperation })
      measured.remark = comparison.remark?()
      print(measured.table)
      result.comparisons.append(measured)
    }
    if let path = options.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(result).write(to: URL(filePath: path))
    }
    return result.comparisons.allSatisfy(\.gateFailures.isEmpty)
  }

  /// The iterations of a counting run: given, or a power of two that lasts about so long.
  private func counted(_ comparison: Comparison, seconds: Double) async throws -> Int {
    if let given = comparison.countedIterations { return given }
    let fitting = try await Runner(comparison.ours).iterations(lasting: seconds)
    return 1 << (Int.bitWidth - 1 - fitting.leadingZeroBitCount)
  }

  private func measure(
    _ name: String, _ comparison: Comparison, _ options: Options, instructions: Double?
  ) async throws -> ComparisonResult {
    var result = ComparisonResult(
      name: name, operation: comparison.operation, rounds: options.rounds, gate: comparison.gate,
      gateFailures: [], contenders: [])
    if options.times {
      result.contenders = try await Rounds(comparison, options).measure(&result.gateFailures)
    }
    guard comparison.countedIterations != 0 else { return result }
    guard Counts.work else {
      result.gateFailures.append("counting allocations does not work in this build")
      return result
    }
    guard case .inProcess(let body) = comparison.ours.work else { return result }
    var counts = try await Counts.of(
      body, iterations: counted(comparison, seconds: 0.01), items: comparison.itemsPerOperation,
      countsReferences: !comparison.isThreaded)
    counts.instructions = instructions
    result.counts = counts
    result.gateFailures += comparison.gate.failures(counts)
    return result
  }
}

extension Gate {
  /// The bounds that the counts are above; a hundredth of the bound (or of one) is forgiven.
  func failures(_ counts: Counts) -> [String] {
    func check(_ what: String, _ count: Double?, _ bound: Double?) -> String? {
      guard let count, let bound, count > bound + max(bound, 1) / 100 else { return nil }
      return "\(what): \(count) above the bound of \(bound)"
    }
    return [
      check("allocations", counts.allocations, allocations),
      check("retains", counts.retains, retains),
      check("instructions", counts.instructions, instructions),
    ].compactMap { $0 }
  }
}
