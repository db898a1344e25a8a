internal import ArgumentParser
internal import Sinks
internal import SocketCAN

struct CanList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the CAN interfaces with their bit rates, states and error counters.",
    discussion: """
      JSON lines have the members interface, up, fd, and for one with a controller state, bitrate, sample_point, modes, \
      tx_errors, rx_errors, restart_ms, bus_errors, bus_offs and restarts; what is not known is absent.

      Example:
        iiotctl can list --format jsonl

      Exit codes: 0 success (also with no interface), 1 failure, 64 misuse.
      """)

  enum Format: String, ExpressibleByArgument { case table, jsonl }

  @Option(help: "How to print: table or jsonl (default: table on a terminal, else jsonl).")
  var format: Format?

  func run() throws {
    let interfaces: [CANInterface]
    do {
      interfaces = try CANInterface.all()
    } catch {
      throw Failure(error)
    }
    var output = StandardOutput()
    let isTable = (format ?? (StandardOutput.isTerminal ? .table : .jsonl)) == .table
    if isTable, interfaces.isEmpty { StandardError.print("no CAN interface") }
    for interface in interfaces {
      try output.append { line in
        line.append((isTable ? Self.words(interface) : Self.json(interface)) + "\n")
      }
    }
    try output.flush()
  }

  private static func words(_ interface: CANInterface) -> String {
    var parts = [interface.isUp ? "up" : "down", interface.supportsFD ? "FD" : "classic"]
    if let controller = interface.controller {
      if let rate = controller.bitRate { parts.append("\(rate) bit/s") }
      if let point = controller.samplePoint { parts.append("sample point \(point)") }
      if let state = controller.state { parts.append(state.rawValue) }
      parts += names(controller.mode)
      if let transmit = controller.transmitErrors, let receive = controller.receiveErrors {
        parts.append("errors tx \(transmit) rx \(receive)")
      }
      if let delay = controller.restartDelay { parts.append("restart after \(delay)") }
      if let statistics = controller.statistics, statistics.busOffs > 0 {
        parts.append("bus off \(statistics.busOffs) times")
      }
    } else {
      parts.append("virtual")
    }
    return "\(interface.name): \(parts.joined(separator: ", "))"
  }

  private static func json(_ interface: CANInterface) -> String {
    var name: [UInt8] = []
    name.append(json: interface.name)
    var members = [
      "\"interface\":\(String(decoding: name, as: UTF8.self))", "\"up\":\(interface.isUp)",
      "\"fd\":\(interface.supportsFD)",
    ]
    if let controller = interface.controller {
      func add(_ key: String, _ value: (some CustomStringConvertible)?) {
        if let value { members.append("\"\(key)\":\(value)") }
      }
      add("state", controller.state.map { "\"\($0.rawValue)\"" })
      add("bitrate", controller.bitRate)
      add("sample_point", controller.samplePoint)
      add("modes", "[\(names(controller.mode).map { "\"\($0)\"" }.joined(separator: ","))]")
      add("tx_errors", controller.transmitErrors)
      add("rx_errors", controller.receiveErrors)
      add("restart_ms", controller.restartDelay.map { Int($0 / .milliseconds(1)) })
      add("bus_errors", controller.statistics?.busErrors)
      add("bus_offs", controller.statistics?.busOffs)
      add("restarts", controller.statistics?.restarts)
    }
    return "{\(members.joined(separator: ","))}"
  }

  private static func names(_ mode: CANController.Mode) -> [String] {
    let all: [(CANController.Mode, String)] = [
      (.loopback, "loopback"), (.listenOnly, "listen-only"), (.tripleSampling, "triple-sampling"),
      (.oneShot, "one-shot"), (.busErrorReporting, "bus-error-reporting"), (.fd, "fd"),
      (.presumeAcknowledged, "presume-ack"),
    ]
    return all.filter { mode.contains($0.0) }.map(\.1)
  }
}
