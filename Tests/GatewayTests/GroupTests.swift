#if Gateway
  import Foundation
  import IndustrialModel
  import Modbus
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("Tags in groups", .timeLimit(.minutes(15))) struct GroupTests {
    @Test("a tag has what its group says, unless it says it itself")
    func settings() throws {
      let configuration = try load(
        """
        groups:
          fast: {every: 100ms, processing: {deadband: 0.5}}
          slow: {every: 10s, processing: {aggregate: 1min, functions: mean}, sinks: b}
          quiet: {sinks: [a]}
        devices:
          p:
            bus: b
            group: slow
            tags:
              one: {at: holding/0, group: fast}
              two: {at: holding/1}
              three: {at: holding/2, group: quiet}
          q: {bus: b, group: slow, every: 3s, tags: {one: {at: holding/9}}}
          s: {bus: m, group: fast}
        formulas:
          f/x: {expression: "{p/one} * 2", group: fast}
        processing:
          p/two: {max: 5}
          p/*: {min: 0}
        """)
      let devices = configuration.devices
      #expect(devices.map(\.every) == [.seconds(10), .seconds(3), .milliseconds(100)])
      #expect(devices[0].tags.map(\.every) == [.milliseconds(100), nil, nil])
      #expect(devices[1].tags.map(\.every) == [nil])
      let rules = configuration.processing
      #expect(
        rules.map(\.pattern).sorted() == ["f/x", "p/*", "p/one", "p/two", "q/one", "s/*"])
      #expect(rules.first { $0.pattern == "p/one" }?.deadband == .absolute(0.5))
      #expect(rules.first { $0.pattern == "p/two" }?.window == nil)
      #expect(rules.first { $0.pattern == "q/one" }?.window?.length == .seconds(60))
      #expect(configuration.withheld == ["a": ["p/two", "q/one"], "b": ["p/three"]])
    }

    @Test("a formula with a name like a device's tags is in its own group, or in none")
    func formulasBesideTags() throws {
      let configuration = try load(
        """
        groups: {fast: {sinks: [a]}, slow: {sinks: [b]}}
        devices: {s: {bus: m, group: fast}}
        formulas:
          s/own: {expression: "{s/uptime} * 2", group: slow}
          s/same: {expression: "{s/uptime} * 3", group: fast}
          s/free: {expression: "{s/uptime} * 4"}
        processing: {s/free: {aggregate: 1min}}
        """)
      func sinks(of tag: String) -> [String] {
        ["a", "b"].filter { !WithheldTags(configuration.withheld[$0] ?? []).contains(tag) }
      }
      #expect(sinks(of: "s/uptime") == ["a"] && sinks(of: "s/uptime.mean") == ["a"])
      #expect(sinks(of: "s/own") == ["b"] && sinks(of: "s/own.mean") == ["b"])
      #expect(sinks(of: "s/same") == ["a"])
      #expect(sinks(of: "s/free") == ["a", "b"] && sinks(of: "s/free.mean") == ["a", "b"])
      #expect(sinks(of: "elsewhere/tag") == ["a", "b"])
    }

    @Test("what is said more closely counts first, also for a device that tells its tags itself")
    func order() throws {
      func load(_ deadband: String) throws -> GatewayConfiguration {
        try self.load(
          """
          groups: {calm: {processing: {deadband: \(deadband)}}}
          devices: {s: {bus: m, group: calm}}
          formulas: {s/own: {expression: "{s/uptime} * 2"}}
          processing: {s/*: {min: 0}, s/temp*: {min: 1}, s/disk/use: {max: 90}}
          """)
      }
      let configuration = try load("0.5")
      let rules = ProcessingRules(configuration.processing)
      for tag in ["s/uptime", "s/temperature"] {
        let rule = try #require(rules.rule(for: tag))
        #expect(rule.deadband == .absolute(0.5) && rule.minimum == nil, "\(tag)")
      }
      #expect(rules.rule(for: "s/disk/use")?.maximum == 90)
      #expect(rules.rule(for: "s/disk/use")?.deadband == nil)
      #expect(rules.rule(for: "s/own")?.minimum == 0)
      #expect(rules.rule(for: "s/own")?.deadband == nil)
      // Of two rules with the same pattern the one that changed is told.
      let plan = try ReloadPlan(from: configuration, to: load("0.7"))
      #expect(plan.changes.map { "\($0)" } == ["rule s/* changed"])
    }

    @Test("mistakes are told with their place and what was meant")
    func mistakes() throws {
      for (text, message, advice, line) in [
        ("groups: {fast: {evry: 1s}}", "unknown key 'evry'", "'every'", 1),
        ("groups: {fast: {processing: {mim: 1}}}", "unknown key 'mim'", "'min'", 1),
        ("groups: {fast: {sinks: [aa]}}", "no sink 'aa'", "'a'", 1),
        ("groups: {fast: {}}", "says nothing", "add every", 1),
        ("groups: {fast: {every: 0s}}", "longer than nothing", "1s", 1),
        (
          "groups: {fast: {every: 1s}}\ndevices: {p: {bus: b, group: fats, tags: {t: {at: coil/0}}}}",
          "no group 'fats'", "'fast'", 2
        ),
        (
          "groups: {fast: {every: 1s}}\ndevices: {'{d}': {bus: q, tags: {t: {topic: '{d}/t', group: fast}}}}",
          "no group", "processing", 2
        ),
        (
          "groups: {e: {processing: {class: event, deadband: 1}}}", "class event is stored",
          "leave out", 1
        ),
      ] {
        let error = #expect(throws: ConfigurationError.self) { try load(text) }
        let problem = error?.problems.first
        #expect(problem?.message.contains(message) == true, "\(text): \(error as Any)")
        #expect(problem?.advice.contains(advice) == true, "\(text): \(error as Any)")
        #expect(problem?.line == line + Self.head.count { $0 == "\n" }, "\(text)")
      }
    }

    @Test("two periods on one device, and each sink gets what is for it")
    func works() async throws {
      let folder = try TemporaryFolder()
      let server = try ModbusServer(port: 0)
      let gateway = try await GatewayRuntime(
        GatewayConfiguration(
          yaml: """
            schema: iiot/1
            gateway: {id: g, data: \(folder.file("data"))}
            buses: {b: {driver: modbus-tcp, host: 127.0.0.1, port: \(server.port), timeout: 5s}}
            groups:
              fast: {every: 2ms, processing: {class: event}, sinks: [some, all]}
              mean: {processing: {aggregate: 10ms, functions: mean}, sinks: all}
            devices:
              d:
                bus: b
                every: 20ms
                tags: {f: {at: holding/0, group: fast}, s: {at: holding/1}, m: {at: holding/2, group: mean}}
            buffer: {capacity: 16MiB}
            sinks:
              all: {type: file, path: "\(folder.file("all"))"}
              some: {type: file, path: "\(folder.file("some"))"}
              rest: {type: file, path: "\(folder.file("rest"))"}
            """))
      try await run(gateway) { $0.status.stored > 300 }
      let all = try counts(folder.text(of: "all"))
      #expect(Set(all.keys) == ["d/f event", "d/s telemetry", "d/m.mean telemetry"])
      // On a machine that is slower than both periods they take turns.
      #expect((all["d/f event"] ?? 0) >= (all["d/s telemetry"] ?? 0))
      let some = try counts(folder.text(of: "some"))
      #expect(some == all.filter { $0.key != "d/m.mean telemetry" })
      #expect(try counts(folder.text(of: "rest")) == all.filter { $0.key == "d/s telemetry" })
      for sink in gateway.status.sinks { #expect(sink.counts.delivered == gateway.status.stored) }
    }

    // MARK: -

    private static let head = """
      schema: iiot/1
      gateway: {id: t}
      buses:
        b: {driver: modbus-tcp, host: h}
        m: {driver: system}
        q: {driver: mqtt, url: "mqtt://h", subscribe: "#"}
      sinks: {a: {type: file, path: a}, b: {type: file, path: b}}

      """

    private func load(_ text: String) throws(ConfigurationError) -> GatewayConfiguration {
      try GatewayConfiguration(yaml: Self.head + text)
    }

    private func counts(_ text: String) throws -> [String: Int] {
      var counts: [String: Int] = [:]
      for line in text.split(separator: "\n") {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let key = "\(object?["tag"] ?? "") \(object?["class"] ?? "")"
        counts[key, default: 0] += 1
      }
      return counts
    }
  }
#endif
