#if Gateway
  import Gateway
  import Sinks
  import TestSupport
  import Testing

  @Suite("Sinks in the configuration") struct DestinationConfigurationTests {
    private func load(_ sink: String) throws -> GatewayConfiguration.Destination {
      try #require(
        try GatewayConfiguration(
          yaml: "schema: iiot/1\ngateway: {id: t}\nsinks: {s: \(sink)}"
        ).sinks.first)
    }

    private func problems(_ sink: String) -> [ConfigurationError.Problem] {
      do {
        _ = try load(sink)
        return []
      } catch {
        return (error as? ConfigurationError)?.problems ?? []
      }
    }

    @Test("InfluxDB 1 and 2, a web server, all keys") func reads() throws {
      let folder = try TemporaryFolder()
      try folder.write("top secret\n", to: "token")
      let token = "${file:\(folder.file("token"))}"
      var server = HTTPEndpoint(
        url: "http://h:8086", authorization: .basic(user: "u", password: Secret("top secret")))
      server.timeout = .seconds(3)
      server.trustedCertificates = "ca.pem"
      server.headers = ["X-Plant": "1"]
      var options = InfluxDBOptions(
        server: server, target: .database("plant", retentionPolicy: "year"))
      options.samplesPerRequest = 100
      #expect(
        try load(
          "{type: influxdb, url: 'http://h:8086', database: plant, retention_policy: year, user: u, "
            + "password: '\(token)', batch: 100, timeout: 3s, ca_file: ca.pem, headers: {X-Plant: 1}}"
        ).kind == .influxDB(options))
      #expect(
        try load(
          "{type: influxdb, url: 'https://h', bucket: b, organization: o, token: '\(token)'}"
        ).kind
          == .influxDB(
            InfluxDBOptions(
              server: HTTPEndpoint(
                url: "https://h", authorization: .token(Secret("top secret"))),
              target: .bucket("b", organization: "o"))))
      #expect(
        try load("{type: http, url: 'https://h/in', body: jsonl, token: '\(token)'}").kind
          == .http(
            HTTPEndpoint(url: "https://h/in", authorization: .bearer(Secret("top secret"))),
            body: .jsonl))
    }

    @Test(
      "mistakes are told with their key",
      arguments: [
        ("{type: influx, url: 'http://h', database: d}", "sinks.s.type"),
        ("{type: influxdb, database: d}", "sinks.s"),
        ("{type: influxdb, url: h, database: d}", "sinks.s.url"),
        ("{type: influxdb, url: 'http://h'}", "sinks.s"),
        ("{type: influxdb, url: 'http://h', database: d, bucket: b}", "sinks.s"),
        ("{type: influxdb, url: 'http://h', database: d, bach: 1}", "sinks.s.bach"),
        ("{type: influxdb, url: 'http://h', database: d, batch: 0}", "sinks.s.batch"),
        ("{type: influxdb, url: 'http://h', database: d, token: plain}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${env:IIOT_NO_SUCH_VARIABLE}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${file:/no/such/file}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${vault:x}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', body: xml}", "sinks.s.body"),
      ])
    func tells(sink: String, path: String) {
      let problems = problems(sink)
      #expect(problems.map(\.path) == [path])
      #expect(problems.first.map { $0.line == 3 && $0.column > 1 && !$0.advice.isEmpty } == true)
    }

    @Test("a secret does not show itself") func hides() {
      let secret = Secret("hunter2")
      let endpoint = HTTPEndpoint(url: "http://h", authorization: .bearer(secret))
      var dumped = ""
      dump(endpoint, to: &dumped)
      #expect(
        !"\(secret) \(endpoint) \(String(reflecting: endpoint)) \(dumped)".contains("hunter2"))
    }
  }
#endif
