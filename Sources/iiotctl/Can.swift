internal import ArgumentParser
internal import CANLog
internal import Glibc

struct CanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "can",
    abstract: "Converts, plays and counts CAN logs; CAN interfaces: sets up, receives, sends.",
    discussion: """
      Example:
        iiotctl can convert drive.blf drive.log
      """,
    subcommands: [
      CanConvert.self, CanReplay.self, CanStats.self, CanList.self, CanUp.self, CanDown.self,
      CanDump.self, CanSend.self,
    ])
}

/// A log as commands read it.
enum CanLogInput {
  static func open(_ path: String, _ options: CANLogOptions = CANLogOptions()) throws(CANLogError)
    -> CANLogReader
  {
    path == "-"
      ? CANLogReader(fileDescriptor: 0, options: options)
      : try CANLogReader(contentsOf: path, options: options)
  }

  static func name(_ path: String) -> String { path == "-" ? "standard input" : path }

  /// Tells what was wrong in the log.
  static func report(_ findings: CANLogFindings, _ path: String) {
    report(findings.kept, of: findings.total, path)
  }

  /// Tells the first ones, and how many there were beyond.
  static func report(_ findings: [some CustomStringConvertible], of total: Int, _ path: String) {
    for finding in findings.prefix(20) {
      StandardError.print("warning: \(name(path)): \(finding)")
    }
    if total > 20 { StandardError.print("warning: \(name(path)): \(total - 20) more findings") }
  }

  static func failure(_ error: CANLogError, _ path: String) -> Failure {
    // A file that is written is named by its path.
    let isOutput = error.code == .cannotWrite && error.path == nil
    let advice =
      switch error.code {
      case .cannotOpen: "check the path"
      case .cannotWrite where isOutput:
        error.errno == ENOSPC
          ? "make room on that disk; the last line may be cut" : "check the target"
      case .cannotWrite: "check the path, its permissions and the room on that disk"
      case .unknownFormat:
        "read are \(CANLogFormat.readable.map(\.rawValue).joined(separator: ", "))"
      default: "is this a CAN log?"
      }
    return Failure(
      error.message, at: error.path ?? (isOutput ? "standard output" : name(path)), advice: advice)
  }
}
