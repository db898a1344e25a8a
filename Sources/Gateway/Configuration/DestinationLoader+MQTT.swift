#if Gateway
  internal import MQTT
  internal import Sinks

  extension DestinationLoader {
    func mqtt() -> GatewayConfiguration.Destination.Kind? {
      let broker = section.mqttEndpoint()
      let topic = template("topic") ?? (try? TopicTemplate("{gateway}/{device}/{tag}"))
      let payloads = MQTTSinkOptions.Payload.allCases.map(\.rawValue).joined(separator: ", ")
      let payload = section.value("payload", expected: "one of \(payloads)") {
        MQTTSinkOptions.Payload(rawValue: $0)
      }
      let qos = section.value("qos", expected: "1 or 2 (0 is never acknowledged)") { text in
        ["1": MQTTQoS.atLeastOnce, "2": .exactlyOnce][text]
      }
      let retain = section.flag("retain")
      let batch = section.count("batch", 1...10_000, of: "samples")
      let state = template("state")
      if let state, !state.isConstant {
        section.problem(
          at: "state", "the gateway has one state, not one for each tag",
          "write a topic such as {gateway}/state")
      }
      guard let broker, let topic else { return nil }
      var options = MQTTSinkOptions(broker: broker, topic: topic)
      options.payload = payload ?? .json
      options.qos = qos ?? .atLeastOnce
      options.retain = retain ?? false
      options.samplesPerMessage = batch ?? 1
      options.state = state
      if options.payload == .value, options.samplesPerMessage > 1 {
        section.problem(
          at: "batch", "a message of payload 'value' holds one value", "leave out batch")
      }
      return .mqtt(options)
    }

    func template(_ key: String) -> TopicTemplate? {
      guard let text = section.text(key, expected: "a topic such as {gateway}/{device}/{tag}")
      else { return nil }
      do throws(SinkError) {
        return try TopicTemplate(text)
      } catch {
        section.problem(at: key, error.message, error.advice)
        return nil
      }
    }
  }
#endif
