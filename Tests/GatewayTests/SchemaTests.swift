#if Gateway
  import Foundation
  import Gateway
  import TestSupport
  import Testing

  private let python = PeerProcess.find("python3")
  private let hasValidator =
    python.map { (try? Tool($0, ["-c", "import jsonschema, yaml"]))?.status == 0 } ?? false

  /// The root of the repository.
  private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The example that stands in the reference of all keys.
  func documentedConfiguration() throws -> String {
    let page = try String(
      contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "```yaml\n")
    try #require(parts.count == 2)
    return try #require(parts[1].components(separatedBy: "```").first)
  }

  @Suite("The schema, the reading of the file and its documentation say the same")
  struct SchemaTests {
    @Test(
      "every example is right by the schema, by a validator that is not ours",
      .enabled(if: hasValidator, "needs python3-jsonschema and python3-yaml"))
    func examples() async throws {
      let python = try #require(python)
      let folder = try TemporaryFolder()
      try folder.write(ConfigurationSchema.text, to: "schema.json")
      try folder.write(documentedConfiguration(), to: "reference.yaml")
      var files = [folder.file("reference.yaml")]
      for place in ["Examples", "Tests/Fixtures/iiotctl"] {
        let base = root.appending(path: place)
        let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
        files += try names.filter { $0.hasSuffix("gateway.yaml") }
          .filter { !$0.contains("misspelt") && !$0.contains("not-yaml") }
          .map { base.appending(path: $0).path }
          // Some are whole only when the script has put a port in.
          .filter { try !String(contentsOfFile: $0, encoding: .utf8).contains("PORT") }
      }
      #expect(files.count > 4)
      let wrong = [
        "uint: 3", "every: 100", "order: ACDC", "type: uint12", "scale: much", "bus: [plc]",
        "type: bit:16", "type: string:251", "type: string:0",
      ]
      let alsoRight = ["type: bit:15", "type: string:250", "order: GHEFCDAB"]
      for (number, mistake) in (wrong + alsoRight).enumerated() {
        let key = mistake == "uint: 3" ? "unit: 1 " : mistake.prefix { $0 != ":" } + ":"
        let text = try documentedConfiguration()
        let place = try #require(text.range(of: "pump-01:"))
        let line = try #require(text.range(of: key, range: place.upperBound..<text.endIndex))
        let end = try #require(text[line.lowerBound...].firstIndex(of: "\n"))
        try folder.write(
          text.replacingCharacters(in: line.lowerBound..<end, with: mistake), to: "wrong\(number)")
        if number < wrong.count {
          #expect(throws: ConfigurationError.self, "\(mistake)") {
            try GatewayConfiguration.forReplay(contentsOf: folder.file("wrong\(number)"))
          }
        } else {
          _ = try GatewayConfiguration.forReplay(contentsOf: folder.file("wrong\(number)"))
          files.append(folder.file("wrong\(number)"))
        }
      }
      let script = root.appending(path: "Tests/Fixtures/gateway/validate.py").path
      let all = files + wrong.indices.map { folder.file("wrong\($0)") }
      let judged = try await Tool(python, [script, folder.file("schema.json")] + all)
      #expect(judged.status == 0, "\(judged.errors)")
      let verdicts = judged.output.split(separator: "\n")
      try #require(verdicts.count == all.count)
      for (file, verdict) in zip(files, verdicts) { #expect(verdict == "right", "\(file)") }
      for (mistake, verdict) in zip(wrong, verdicts.dropFirst(files.count)) {
        #expect(verdict.hasPrefix("wrong"), "\(mistake)")
      }
    }

    @Test(
      "every key that is read is in the schema, and the other way round",
      arguments: [
        // Where a key is added that nobody knows; where the schema lists those that are known.
        ("UNKNOWN: 1", ""),
        ("gateway: {UNKNOWN: 1}", "gateway"),
        ("buses: {b: {driver: modbus-tcp, UNKNOWN: 1}}", "buses/modbus-tcp"),
        ("buses: {b: {driver: modbus-rtu, UNKNOWN: 1}}", "buses/modbus-rtu"),
        ("buses: {b: {driver: can-log, UNKNOWN: 1}}", "buses/can-log"),
        ("buses: {b: {driver: socketcan, UNKNOWN: 1}}", "buses/socketcan"),
        ("buses: {b: {driver: mqtt, UNKNOWN: 1}}", "buses/mqtt"),
        ("buses: {b: {driver: system, UNKNOWN: 1}}", "buses/system"),
        ("buses: {b: {driver: simulator, UNKNOWN: 1}}", "buses/simulator"),
        // Some keys are of one kind of bus, some of another.
        (
          """
          buses: {b: {driver: modbus-tcp}}
          devices: {d: {bus: b, UNKNOWN: 1}}
          |
          buses: {b: {driver: simulator}}
          devices: {d: {bus: b, UNKNOWN: 1}}
          """, "devices"
        ),
        ("groups: {g: {UNKNOWN: 1}}", "groups"),
        ("groups: {g: {processing: {UNKNOWN: 1}}}", "groups/processing"),
        (
          "buses: {b: {driver: modbus-tcp}}\ndevices: {d: {bus: b, tags: {t: {at: holding/0, UNKNOWN: 1}}}}",
          "devices/tags/at"
        ),
        (
          "buses: {b: {driver: mqtt}}\ndevices: {d: {bus: b, tags: {t: {UNKNOWN: 1}}}}",
          "devices/tags/topic"
        ),
        (
          "buses: {b: {driver: simulator}}\ndevices: {d: {bus: b, tags: {t: {UNKNOWN: 1}}}}",
          "devices/tags/shape"
        ),
        ("formulas: {a/b: {UNKNOWN: 1}}", "formulas"),
        ("processing: {a/b: {UNKNOWN: 1}}", "processing"),
        ("buffer: {UNKNOWN: 1}", "buffer"),
        ("sinks: {s: {type: file, UNKNOWN: 1}}", "sinks/file"),
        ("sinks: {s: {type: influxdb, UNKNOWN: 1}}", "sinks/influxdb"),
        ("sinks: {s: {type: http, UNKNOWN: 1}}", "sinks/http"),
        ("sinks: {s: {type: mqtt, UNKNOWN: 1}}", "sinks/mqtt"),
        ("sinks: {s: {type: twin-mqtt, UNKNOWN: 1}}", "sinks/twin-mqtt"),
        ("sinks: {s: {type: twin-http, UNKNOWN: 1}}", "sinks/twin-http"),
        ("sinks: {s: {type: history, UNKNOWN: 1}}", "sinks/history"),
        ("reports: {r: {UNKNOWN: 1}}", "reports"),
      ])
    func keys(yaml: String, place: String) throws {
      var known: Set<String> = []
      for part in yaml.components(separatedBy: "|") {
        do throws(ConfigurationError) {
          _ = try GatewayConfiguration(
            yaml: String(part).replacing("UNKNOWN", with: "zzzzzzzzzzzz"))
        } catch {
          let problem = try #require(error.problems.first { $0.message.contains("zzzzzzzzzzzz") })
          let list = try #require(problem.advice.components(separatedBy: "known here: ").last)
          known.formUnion(list.components(separatedBy: ", "))
        }
      }
      #expect(known == (try keysOfSchema(place)), "\(place)")
    }

    @Test("the reference shows every key of the schema") func documentation() throws {
      let text = try documentedConfiguration()
      for key in try allKeys(in: schema()) {
        #expect(text.contains(try Regex("\\b\(key)\\b")), "\(key)")
      }
    }

    @Test("the example of the reference can be read as it stands") func reference() throws {
      let folder = try TemporaryFolder()
      setenv("CLOUD_TOKEN", "x", 1)
      for secret in ["audit", "broker", "influx"] {
        try folder.write("secret \(secret)", to: secret)
      }
      let text = try documentedConfiguration().replacing("secrets/", with: "\(folder.path)/")
        .replacing("vehicle.dbc", with: folder.file("none.dbc"))
      let configuration = try GatewayConfiguration(yaml: text)
      #expect(configuration.buses.count == 7 && configuration.sinks.count >= 4)
      // What it holds does not show itself, however it is printed.
      var printed = "\(configuration)"
      dump(configuration, to: &printed)
      #expect(!printed.contains("secret broker") && !printed.contains("secret influx"))
    }

    // MARK: -

    private func schema() throws -> [String: Any] {
      let data = Data(ConfigurationSchema.text.utf8)
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The keys at a place: names of sections, with a kind behind them where there are several.
    private func keysOfSchema(_ place: String) throws -> Set<String> {
      var node = try schema()
      var parts = place.split(separator: "/").map(String.init)
      while !parts.isEmpty {
        let part = parts.removeFirst()
        if let properties = node["properties"] as? [String: [String: Any]], properties[part] != nil
        {
          node = try #require(properties[part])
          if let inner = node["additionalProperties"] as? [String: Any] { node = inner }
          continue
        }
        let kinds = try #require((node["oneOf"] ?? node["anyOf"]) as? [[String: Any]])
        node = try #require(
          kinds.first { kind in
            let properties = kind["properties"] as? [String: [String: Any]] ?? [:]
            let names = ["driver", "type"].compactMap { properties[$0]?["const"] as? String }
            return names.isEmpty ? properties[part] != nil : names.contains(part)
          })
      }
      return Set(try #require(node["properties"] as? [String: Any]).keys)
    }

    private func allKeys(in node: Any) -> Set<String> {
      if let list = node as? [Any] {
        return list.reduce(into: []) { $0.formUnion(allKeys(in: $1)) }
      }
      guard let object = node as? [String: Any] else { return [] }
      var keys: Set<String> = []
      if let properties = object["properties"] as? [String: Any] { keys.formUnion(properties.keys) }
      for (_, value) in object { keys.formUnion(allKeys(in: value)) }
      return keys
    }
  }
#endif
