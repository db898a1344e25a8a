#if Gateway
  internal import Formula
  internal import Sinks
  internal import Yams

  extension DestinationLoader {
    func twinOverMQTT() -> GatewayConfiguration.Destination.Kind? {
      let broker = section.mqttEndpoint()
      let attributes = attributes()
      if section.node("topic") == nil {
        section.problem("'topic' is missing", "add  topic: twin/{device}")
      }
      let topic = template("topic")
      checkPlace(topic, "topic")
      guard let broker, let topic else { return nil }
      return .twin(TwinOptions(.mqtt(broker, topic: topic), attributes: attributes))
    }

    func twinOverHTTP() -> GatewayConfiguration.Destination.Kind? {
      let token = section.secret("token")
      let server = server(token.map { .bearer($0) })
      let attributes = attributes()
      let path = template("path")
      checkPlace(path, "path")
      if let path, !path.text.hasPrefix("/") {
        section.problem(at: "path", "a path begins with a slash", "write  path: /{device}")
      }
      return server.map { .twin(TwinOptions(.http($0, path: path), attributes: attributes)) }
    }

    /// The twin of a device is one thing, not one for each tag.
    private func checkPlace(_ template: TopicTemplate?, _ key: String) {
      guard let template, template.text.contains("{tag}") else { return }
      section.problem(
        at: key, "the attributes of a twin go together", "use {gateway} and {device} only")
    }

    private func attributes() -> [String: String] {
      guard let map = section.section("attributes") else {
        section.problem(
          "'attributes' is missing", "add  attributes: {pump-01/pressure: pressure}")
        return [:]
      }
      var attributes: [String: String] = [:]
      for (tag, node) in map.paths {
        attributes[tag] = node.scalar?.string
        if node.scalar?.string.isEmpty ?? true {
          map.problem(at: tag, "no name of an attribute", "write  \(tag): pressure")
        }
      }
      return attributes
    }
  }
#endif
