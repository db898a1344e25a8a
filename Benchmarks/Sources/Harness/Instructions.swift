internal import CCounters
internal import Foundation

/// Instruction counts by valgrind's callgrind: the program runs itself once more under it.
enum Instructions {
  /// In the child: runs `body` twice, once with twice the iterations, and dumps the counts of each run.
  static func dump(_ name: String, _ body: Body, iterations: Int) async throws {
    _ = try await body(iterations)
    for factor in [1, 2] {
      iiot_instructions_begin()
      _ = try await body(factor * iterations)
      iiot_instructions_end("\(name)|\(factor)|\(iterations)")
    }
  }

  /// In the parent: instructions for an iteration, by the name of the comparison.
  static func measure(filter: String?) throws -> [String: Double] {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "iiot-callgrind-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }

    // Debian 12's valgrind can't read the debug information of newer compilers, and ends over it.
    let program = "\(directory.path)/program"
    try execute(["objcopy", "--strip-debug", CommandLine.arguments[0], program])
    try execute(
      [
        "valgrind", "--tool=callgrind", "--collect-atstart=no", "-q",
        "--callgrind-out-file=\(directory.path)/out", program, "--callgrind-child",
      ] + (filter.map { ["--filter", $0] } ?? []))

    var totals: [String: [Int: (total: Double, iterations: Double)]] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: directory.path)
    where file.hasPrefix("out") {
      let text = try String(contentsOfFile: "\(directory.path)/\(file)", encoding: .utf8)
      var label: [Substring] = []
      var total: Double?
      for line in text.split(separator: "\n") {
        if line.hasPrefix("desc: Trigger: Client Request: ") {
          label = line.dropFirst("desc: Trigger: Client Request: ".count).split(separator: "|")
        } else if line.hasPrefix("totals: ") {
          total = Double(line.dropFirst("totals: ".count))
        }
      }
      if label.count == 3, let factor = Int(label[1]), let iterations = Double(label[2]), let total
      {
        totals[String(label[0]), default: [:]][factor] = (total, iterations)
      }
    }
    return totals.compactMapValues { runs in
      guard let once = runs[1], let twice = runs[2] else { return nil }
      return (twice.total - once.total) / once.iterations
    }
  }

  private static func execute(_ words: [String]) throws {
    let program = try ChildProgram(words[0], Array(words.dropFirst()))
    _ = program.readToEnd()
    let status = program.end()
    guard status == 0 else {
      throw PeerProblem(description: "\(words[0]) ended with status \(status)")
    }
  }
}
