internal import Foundation

/// What the figures were measured on.
struct Machine: Codable {
  var processor: String
  var cores: Int
  var system: String
  var kernel: String
  var swift: String
  var commit: String?

  static func current() -> Machine {
    Machine(
      processor: field("model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
      cores: ProcessInfo.processInfo.activeProcessorCount,
      system: field("PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "unknown",
      kernel: (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
        .trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown",
      swift: output("swift", "--version").flatMap {
        $0.split(separator: "\n").first.map(String.init)
      }
        ?? "unknown",
      commit: output("git", "-C", PeerProcess.root.path, "describe", "--always", "--dirty")?
        .trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private static func field(_ name: String, in path: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(separator: separator, maxSplits: 1).last?
        .trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
    return nil
  }

  private static func output(_ arguments: String...) -> String? {
    guard let name = arguments.first,
      let program = try? ChildProgram(name, Array(arguments.dropFirst()), hidingErrors: true)
    else { return nil }
    let text = program.readToEnd()
    return program.end() == 0 ? text : nil
  }
}
