internal import ArgumentParser
internal import Gateway
internal import Sinks

/// How events of a gateway are told on standard error.
enum EventFormat: String, ExpressibleByArgument, CaseIterable {
  /// A line of words each.
  case text
  /// A JSON object each (docs/json-lines.md).
  case jsonl

  func show(_ event: GatewayEvent) {
    switch self {
    case .text: StandardError.print("\(event)")
    case .jsonl:
      var line = Array("{\"time\":\"\(event.time)\",\"level\":\"\(event.level.rawValue)\"".utf8)
      for (key, value) in [
        ("source", event.source), ("phase", event.phase.rawValue), ("message", event.message),
      ] {
        line += ",\"\(key)\":".utf8
        line.append(json: value)
      }
      line += "}".utf8
      StandardError.print(String(decoding: line, as: UTF8.self))
    }
  }
}
