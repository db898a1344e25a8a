public import Gateway
internal import Sinks

extension GatewayRuntime {
  /// Whether everything that is read can be stored: it runs, and each lane of the buffer takes samples. Sinks and devices
  /// that are away don't count: waiting for those is what a gateway is for.
  public var isReady: Bool {
    isRunning && bufferStatus.allSatisfy(\.isWritable)
      && !conditions.contains { $0.source == "buffer" }
  }

  /// How it is, as one JSON object: `{"status":"ok","ready":true,"configuration":3,"conditions":[...]}`; the status is `ok`,
  /// or `degraded` when something is wrong.
  public var healthText: String {
    var text: [UInt8] = []
    let conditions = conditions
    text += "{\"status\":\"\(conditions.isEmpty ? "ok" : "degraded")\",\"ready\":\(isReady)".utf8
    text += ",\"configuration\":\(configurationVersion.number),\"conditions\":[".utf8
    for (index, condition) in conditions.enumerated() {
      text += (index > 0 ? "," : "").utf8
      text += "{\"since\":\"\(condition.time)\",\"level\":\"\(condition.level.rawValue)\"".utf8
      text += ",\"source\":".utf8
      text.append(json: condition.source)
      text += ",\"message\":".utf8
      text.append(json: condition.message)
      text += "}".utf8
    }
    text += "]}\n".utf8
    return String(decoding: text, as: UTF8.self)
  }
}
