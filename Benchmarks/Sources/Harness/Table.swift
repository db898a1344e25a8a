internal import Foundation

extension ComparisonResult {
  /// The result as a person reads it.
  var table: String {
    var lines = ["", "\(name)  (one \(operation))"]
    for contender in contenders {
      var line = "  \(contender.role == .limit ? "limit: " : "")\(contender.name)"
        .padding(toLength: 34, withPad: " ", startingAt: 0)
      if let reason = contender.skipped {
        lines.append(line + "skipped: \(reason)")
        continue
      }
      if let time = contender.medianNanoseconds, let spread = contender.spread {
        line += right(duration(time), 11) + right(" ±\(Int((spread * 50).rounded())) %", 7)
      }
      if let rate = contender.bytesPerSecond {
        line += right(String(format: "%.0f MB/s", rate / 1e6), 13)
      }
      if let ratio = contender.ratio, let low = contender.ratioLow, let high = contender.ratioHigh {
        line += right(String(format: "%.2f x  (%.2f to %.2f)", ratio, low, high), 26)
      }
      lines.append(line)
    }
    if let counts {
      var line = String(
        format: "  counts                          %.2f allocations (%.0f B)",
        counts.allocations, counts.allocatedBytes)
      if let retains = counts.retains, let releases = counts.releases {
        line += String(format: ", %.2f retains, %.2f releases", retains, releases)
      }
      if let instructions = counts.instructions {
        line += String(format: ", %.1f instructions", instructions)
      }
      lines.append(line)
    }
    if let remark { lines.append("  \(remark)") }
    lines += gateFailures.map { "  FAILED  \($0)" }
    return lines.joined(separator: "\n")
  }

  private func duration(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e3: String(format: "%.2f ns", nanoseconds)
    case ..<1e6: String(format: "%.2f us", nanoseconds / 1e3)
    case ..<1e9: String(format: "%.2f ms", nanoseconds / 1e6)
    default: String(format: "%.2f s", nanoseconds / 1e9)
    }
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
