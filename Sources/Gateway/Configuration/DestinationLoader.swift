#if Gateway
  internal import Sinks
  internal import Yams

  /// Reads the description of a sink. A new kind is one case here, and one in `SinkRegistry.swift`.
  struct DestinationLoader {
    let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    func load(_ name: String) -> GatewayConfiguration.Destination? {
      let kinds = ["file", "influxdb", "http", "mqtt", "twin-mqtt", "twin-http", "history"]
      let expected = "one of \(kinds.joined(separator: ", "))"
      let type = section.value("type", expected: expected, required: true) {
        kinds.contains($0) ? $0 : nil
      }
      let kind: GatewayConfiguration.Destination.Kind? =
        switch type {
        case "file": file()
        case "influxdb": influxDB()
        case "http": http()
        case "mqtt": mqtt()
        case "twin-mqtt": twinOverMQTT()
        case "twin-http": twinOverHTTP()
        case "history": history()
        default: nil
        }
      if type == nil { section.giveUp() }
      let backlog = ["file", "influxdb", "http", "mqtt"].contains(type) ? backlog() : nil
      return kind.map { .init(name: name, kind: $0, backlog: backlog) }
    }

    private func backlog() -> GatewayConfiguration.Destination.Backlog? {
      let words = GatewayConfiguration.Destination.Backlog.allCases.map(\.rawValue)
      return section.value("backlog", expected: words.joined(separator: " or ")) {
        .init(rawValue: $0)
      }
    }

    private func file() -> GatewayConfiguration.Destination.Kind? {
      let path = section.text("path", expected: "a file", required: true)
      let formats = [SampleFormat.csv, .jsonl, .influx]
      let format = section.value("format", expected: "csv, jsonl or influx") { text in
        formats.first { $0.rawValue == text }
      }
      var rotation = FileRotation()
      rotation.size = section.size("rotate_size")
      if let size = rotation.size, size < 4096 {
        section.problem(at: "rotate_size", "a file of less than 4KiB", "write rotate_size: 64MiB")
      }
      rotation.every = section.duration("rotate_every")
      if let every = rotation.every, every < .seconds(1) {
        section.problem(
          at: "rotate_every", "a new file more often than each second", "write rotate_every: 1d")
      }
      rotation.keep = section.count("keep", 0...1_000_000, of: "old files")
      if rotation.keep != nil, rotation.size == nil, rotation.every == nil {
        section.problem(
          at: "keep", "no file is ever put aside", "add  rotate_size: 64MiB  or  rotate_every: 1d")
      }
      return path.map { .file(path: $0, format: format ?? .jsonl, rotation: rotation) }
    }

    private func history() -> GatewayConfiguration.Destination.Kind? {
      let path = section.text("path", expected: "a file", required: true)
      var options = HistoryOptions(path: path ?? "")
      options.maximumSize = section.size("max_size") ?? options.maximumSize
      if let size = options.maximumSize, size < 1 << 20 {
        section.problem(at: "max_size", "a history of less than 1MiB", "write max_size: 1GiB")
      }
      options.maximumAge = section.duration("max_age")
      if let age = options.maximumAge, age < .seconds(60) {
        section.problem(at: "max_age", "a history of less than 1min", "write max_age: 30d")
      }
      return path == nil ? nil : .history(options)
    }

    private func influxDB() -> GatewayConfiguration.Destination.Kind? {
      let token = section.secret("token")
      let server = server(token.map { .token($0) })
      let database = section.text("database", expected: "a database")
      let policy = section.text("retention_policy", expected: "a retention policy")
      let bucket = section.text("bucket", expected: "a bucket")
      let organization = section.text("organization", expected: "an organization")
      let size = section.count("batch", 1...100_000, of: "samples")
      if organization != nil, bucket == nil {
        section.newProblem(
          at: "organization", "an organization goes with a bucket (InfluxDB 2)", "add  bucket: NAME"
        )
      }
      if policy != nil, database == nil {
        section.newProblem(
          at: "retention_policy", "a retention policy goes with a database (InfluxDB 1)",
          "add  database: NAME; a bucket has its retention at the server")
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

    func server(_ token: HTTPEndpoint.Authorization?) -> HTTPEndpoint? {
      let url = section.value("url", expected: "http://HOST:PORT", required: true) { text in
        text.hasPrefix("http://") || text.hasPrefix("https://") ? text : nil
      }
      // Addresses are shown; and what follows a question mark is ours to add.
      if let url, url.contains("@") || url.contains("?") {
        section.problem(
          at: "url", "user, password and query don't belong into the address",
          "use the keys user, password and token")
      }
      let user = section.text("user", expected: "a user")
      let password = section.secret("password")
      let timeout = section.timeout(example: "10s")
      let certificates = section.text("ca_file", expected: "a file of certificates")
      let headers = headers()
      let gzip = section.flag("gzip")
      if certificates != nil, let url, url.hasPrefix("http://") {
        section.newProblem(
          at: "ca_file", "certificates are for TLS, and http:// is without",
          "write https://HOST:PORT")
      }
      if password != nil, user == nil {
        section.problem(at: "password", "a password without a user", "add  user: NAME")
      }
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
      server.compressesBodies = gzip ?? false
      server.headers = headers
      return server
    }

    /// Header fields; a value of `${env:NAME}` or `${file:PATH}` is a secret.
    private func headers() -> [String: Secret] {
      guard let fields = section.section("headers") else { return [:] }
      var headers: [String: Secret] = [:]
      for (name, node) in fields.names() {
        let text = node.scalar?.string ?? ""
        headers[name] = text.hasPrefix("${") ? fields.secret(name) : Secret(text)
        if node.scalar == nil || headers[name]?.isOneLine == false {
          fields.problem(at: name, "no value of a header field", "write one line of text")
        }
      }
      return headers
    }
  }
#endif
