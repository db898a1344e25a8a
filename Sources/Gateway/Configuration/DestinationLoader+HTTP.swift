#if Gateway
  internal import Sinks

  extension DestinationLoader {
    func http() -> GatewayConfiguration.Destination.Kind? {
      let token = section.secret("token")
      let body = section.value("body", expected: "json, jsonl, csv or influx") {
        HTTPSink.Body(rawValue: $0)
      }
      let methods = HTTPSinkOptions.Method.allCases.map(\.rawValue).joined(separator: ", ")
      let method = section.value("method", expected: "one of \(methods)") {
        HTTPSinkOptions.Method(rawValue: $0)
      }
      let batch = section.count("batch", 1...100_000, of: "samples")
      let template = template()
      if template != nil, body != nil {
        section.problem(at: "body", "a body and a template exclude each other", "keep one of them")
      }
      if batch != nil, section.node("template") != nil, section.node("envelope") == nil {
        section.problem(
          at: "batch", "without an envelope each sample is a request",
          "add  envelope: '[{samples}]'  or leave out batch")
      }
      guard let server = server(token.map { .bearer($0) }) else { return nil }
      var options = HTTPSinkOptions(server, body: body ?? .json)
      options.template = template
      if let method { options.method = method }
      if let batch { options.samplesPerRequest = batch }
      return .http(options)
    }

    private func template() -> HTTPTemplate? {
      let sample = section.text("template", expected: "a text with names such as {value}")
      let envelope = section.text("envelope", expected: "a text with {samples}")
      let type = section.text("content_type", expected: "a media type such as application/json")
      guard let sample else {
        for key in ["envelope", "content_type"] where section.node(key) != nil {
          section.problem(at: key, "'\(key)' belongs to a template", "add  template: '{value}'")
        }
        return nil
      }
      do throws(SinkError) {
        return try HTTPTemplate(
          sample, envelope: envelope, contentType: type ?? "application/json")
      } catch {
        section.problem(at: "template", error.message, error.advice)
        return nil
      }
    }
  }
#endif
