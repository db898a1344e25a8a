#if Gateway
  internal import Sinks
  internal import Yams

  /// Reads the description of a sink. A new kind is one case here, and one in `SinkRegistry.swift`.
  struct DestinationLoader {
    private let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    func load(_ name: String) -> GatewayConfiguration.Destination? {
      let kinds = ["file", "influxdb", "http"]
      let type = section.value("type", expected: "file, influxdb or http", required: true) {
        kinds.contains($0) ? $0 : nil
      }
      let kind: GatewayConfiguration.Destination.Kind? =
        switch type {
        case "file": file()
        case "influxdb": influxDB()
        case "http": http()
        default: nil
        }
      if type == nil { section.giveUp() }
      return kind.map { .init(name: name, kind: $0) }
    }

    private func file() -> GatewayConfiguration.Destination.Kind? {
      let path = section.text("path", expected: "a file", required: true)
      let formats = [SampleFormat.csv, .jsonl, .influx]
      let format = section.value("format", expected: "csv, jsonl or influx") { text in
        formats.first { $0.rawValue == text }
      }
      return path.map { .file(path: $0, format: format ?? .jsonl) }
    }

    private func influxDB() -> GatewayConfiguration.Destination.Kind? {
      let token = section.secret("token")
      let server = server(token.map { .token($0) })
      let database = section.text("database", expected: "a database")
      let policy = section.text("retention_policy", expected: "a retention policy")
      let bucket = section.text("bucket", expected: "a bucket")
      let organization = section.text("organization", expected: "an organization")
      let size = section.value("batch", expected: "a number of samples, 1 to 100000") { text in
        Int(text).flatMap { (1...100_000).contains($0) ? $0 : nil }
      }
      let target: InfluxDBOptions.Target
      switch (database, bucket) {
      case (let database?, nil): target = .database(database, retentionPolicy: policy)
      case (nil, let bucket?): target = .bucket(bucket, organization: organization ?? "")
      default:
        section.problem(
          "a database (InfluxDB 1) or a bucket (InfluxDB 2) is needed, and not both",
          "add  database: NAME  or  bucket: NAME  with  organization: NAME")
        return nil
      }
      guard let server else { return nil }
      var options = InfluxDBOptions(server: server, target: target)
      if let size { options.samplesPerRequest = size }
      return .influxDB(options)
    }

    private func http() -> GatewayConfiguration.Destination.Kind? {
      let token = section.secret("token")
      let body = section.value("body", expected: "json, jsonl, csv or influx") {
        HTTPSink.Body(rawValue: $0)
      }
      return server(token.map { .bearer($0) }).map { .http($0, body: body ?? .json) }
    }

    private func server(_ token: HTTPEndpoint.Authorization?) -> HTTPEndpoint? {
      let url = section.value("url", expected: "http://HOST:PORT", required: true) { text in
        text.hasPrefix("http://") || text.hasPrefix("https://") ? text : nil
      }
      let user = section.text("user", expected: "a user")
      let password = section.secret("password")
      let timeout = section.duration("timeout")
      let certificates = section.text("ca_file", expected: "a file of certificates")
      let headers = section.section("headers")
      guard let url else { return nil }
      var server = HTTPEndpoint(url: url, authorization: token)
      if let user {
        if token != nil {
          section.problem(at: "user", "a token and a user exclude each other", "keep one of them")
        }
        server.authorization = .basic(user: user, password: password ?? Secret(""))
      }
      if let timeout { server.timeout = timeout }
      server.trustedCertificates = certificates
      for (name, node) in headers?.names ?? [] { server.headers[name] = node.scalar?.string ?? "" }
      return server
    }
  }
#endif
