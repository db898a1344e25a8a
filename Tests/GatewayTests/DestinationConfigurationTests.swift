#if Gateway
  import Gateway
  import MQTT
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
        url: "https://h:8086", authorization: .basic(user: "u", password: Secret("top secret")))
      server.timeout = .seconds(3)
      server.trustedCertificates = "ca.pem"
      server.headers = ["X-Plant": "1"]
      var options = InfluxDBOptions(
        server: server, target: .database("plant", retentionPolicy: "year"))
      options.samplesPerRequest = 100
      #expect(
        try load(
          "{type: influxdb, url: 'https://h:8086', database: plant, retention_policy: year, user: u, "
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

    @Test("a template for a web server, and what goes first") func readsTemplate() throws {
      let sink = try load(
        "{type: http, url: 'http://h', template: '[{value}]', envelope: '[{samples}]', "
          + "content_type: application/x+json, method: PUT, batch: 7, backlog: in-order}")
      var options = HTTPSinkOptions(
        HTTPEndpoint(url: "http://h"),
        template: try HTTPTemplate(
          "[{value}]", envelope: "[{samples}]", contentType: "application/x+json"))
      (options.method, options.samplesPerRequest) = (.put, 7)
      #expect(sink.kind == .http(options))
      #expect(sink.backlog == .inOrder)
      #expect(try load("{type: http, url: 'http://h'}").backlog == .liveFirst)
      #expect(try load("{type: file, path: f}").backlog == .inOrder)
      #expect(try load("{type: file, path: f, backlog: live-first}").backlog == .liveFirst)
      for (text, path) in [
        ("template: '{value}', body: json", "sinks.s.body"),
        ("template: '{valu}'", "sinks.s.template"), ("envelope: '{samples}'", "sinks.s.envelope"),
        ("content_type: a/b", "sinks.s.content_type"), ("method: GET", "sinks.s.method"),
        ("template: '{value}', batch: 3", "sinks.s.batch"), ("backlog: newest", "sinks.s.backlog"),
      ] {
        #expect(
          problems("{type: http, url: 'http://h', \(text)}").map(\.path) == [path], "\(text)")
      }
    }

    @Test("an MQTT broker, all keys") func readsMQTT() throws {
      let folder = try TemporaryFolder()
      try folder.write("top secret", to: "p")
      var broker = MQTTEndpoint(MQTTAddress(host: "h", port: 8883, usesTLS: true))
      (broker.user, broker.password) = ("u", Secret("top secret"))
      (broker.version, broker.clientIdentifier) = (.v311, "c")
      broker.timeout = .seconds(3)
      broker.tls.authorityFile = "ca.pem"
      (broker.tls.certificateFile, broker.tls.keyFile) = ("me.pem", "me.key")
      var options = MQTTSinkOptions(broker: broker, topic: try TopicTemplate("p/{tag}"))
      (options.payload, options.qos, options.retain) = (.influx, .exactlyOnce, true)
      options.samplesPerMessage = 100
      options.state = try TopicTemplate("{gateway}/state")
      let text =
        "{type: mqtt, url: 'mqtts://h', user: u, password: '${file:\(folder.file("p"))}', version: 3.1.1, "
        + "client_id: c, timeout: 3s, ca_file: ca.pem, cert_file: me.pem, key_file: me.key, "
        + "topic: 'p/{tag}', payload: influx, qos: 2, retain: true, batch: 100, state: '{gateway}/state'}"
      #expect(try load(text).kind == .mqtt(options))
      let short = try load("{type: mqtt, url: 'mqtt://h:1884'}").kind
      #expect(
        short
          == .mqtt(
            MQTTSinkOptions(
              broker: MQTTEndpoint(MQTTAddress(host: "h", port: 1884)),
              topic: try TopicTemplate("{gateway}/{device}/{tag}"))))
    }

    @Test("compressed bodies") func readsGzip() throws {
      var server = HTTPEndpoint(url: "http://h")
      server.compressesBodies = true
      #expect(
        try load("{type: http, url: 'http://h', gzip: true}").kind == .http(server, body: .json))
      #expect(
        try load("{type: influxdb, url: 'http://h', gzip: true, database: d}").kind
          == .influxDB(InfluxDBOptions(server: server, target: .database("d"))))
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
        ("{type: http, url: 'http://h', timeout: 0s}", "sinks.s.timeout"),
        ("{type: influxdb, url: 'http://h', database: d, token: plain}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${env:IIOT_NO_SUCH_VARIABLE}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${file:/no/such/file}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', token: '${vault:x}'}", "sinks.s.token"),
        ("{type: http, url: 'http://h', body: xml}", "sinks.s.body"),
        ("{type: http, url: 'http://h', gzip: yes}", "sinks.s.gzip"),
        ("{type: http, url: 'http://u:p@h'}", "sinks.s.url"),
        ("{type: influxdb, url: 'http://h?db=x', database: d}", "sinks.s.url"),
        ("{type: http, url: 'http://h', headers: {A: '${env:NO_SUCH_NAME}'}}", "sinks.s.headers.A"),
        ("{type: http, url: 'http://h', headers: {A: \"a\\nb\"}}", "sinks.s.headers.A"),
        ("{type: http, url: 'http://h', headers: {A: [1]}}", "sinks.s.headers.A"),
        ("{type: history}", "sinks.s"),
        ("{type: history, path: h.db, max_size: 1kB}", "sinks.s.max_size"),
        ("{type: history, path: h.db, max_age: 1s}", "sinks.s.max_age"),
        (
          "{type: twin-mqtt, url: 'mqtt://h', topic: t, attributes: {a/b: ''}}",
          "sinks.s.attributes.a/b"
        ),
        ("{type: twin-mqtt, url: 'mqtt://h', topic: t}", "sinks.s"),
        ("{type: twin-mqtt, url: 'mqtt://h', attributes: {a/b: c}}", "sinks.s"),
        (
          "{type: twin-mqtt, url: 'mqtt://h', topic: 't/{tag}', attributes: {a/b: c}}",
          "sinks.s.topic"
        ),
        ("{type: twin-http, url: 'http://h', path: x, attributes: {a/b: c}}", "sinks.s.path"),
        ("{type: twin-http, url: 'http://h', attributes: {a/b: c}}", "sinks.s.attributes.a/b"),
        ("{type: mqtt}", "sinks.s"),
        ("{type: mqtt, url: 'http://h'}", "sinks.s.url"),
        ("{type: mqtt, url: 'mqtt://u:p@h'}", "sinks.s.url"),
        ("{type: mqtt, url: 'mqtt://h/topic'}", "sinks.s.url"),
        ("{type: mqtt, url: 'mqtt://h', topic: 'a/#'}", "sinks.s.topic"),
        ("{type: mqtt, url: 'mqtt://h', topic: 'a/{unit}'}", "sinks.s.topic"),
        ("{type: mqtt, url: 'mqtt://h', state: '{device}/s'}", "sinks.s.state"),
        ("{type: mqtt, url: 'mqtt://h', qos: 0}", "sinks.s.qos"),
        ("{type: mqtt, url: 'mqtt://h', payload: xml}", "sinks.s.payload"),
        ("{type: mqtt, url: 'mqtt://h', payload: value, batch: 2}", "sinks.s.batch"),
        ("{type: mqtt, url: 'mqtt://h', password: '${env:HOME}'}", "sinks.s.password"),
        ("{type: mqtt, url: 'mqtts://h', cert_file: a}", "sinks.s"),
        ("{type: mqtt, url: 'mqtt://h', ca_file: a}", "sinks.s.ca_file"),
        ("{type: mqtt, url: 'mqtt://h', cert_file: a, key_file: b}", "sinks.s.cert_file"),
        ("{type: http, url: 'http://h', ca_file: a}", "sinks.s.ca_file"),
        (
          "{type: influxdb, url: 'http://h', database: d, organization: o}", "sinks.s.organization"
        ),
        (
          "{type: influxdb, url: 'http://h', bucket: b, retention_policy: p}",
          "sinks.s.retention_policy"
        ),
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
