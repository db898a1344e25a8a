#if Gateway
  import Gateway
  import MQTT
  import Testing

  @Suite("Buses and devices in the configuration") struct BusConfigurationTests {
    private func load(
      _ bus: String, _ device: String, _ rest: String = ""
    ) throws -> GatewayConfiguration {
      try GatewayConfiguration(
        yaml:
          "schema: iiot/1\ngateway: {id: t}\nbuses: {b: \(bus)}\ndevices: {d: \(device)}\n\(rest)")
    }

    @Test("a serial line, and RTU over TCP") func serial() throws {
      let device = "{bus: b, unit: 7, tags: {t: {at: input/1}}}"
      let url = "modbus+rtu:///dev/ttyUSB0?baud=9600&parity=N&stop=2"
      let line = SerialLine("/dev/ttyUSB0", baud: 9600, parity: .none, stopBits: 2)
      let configuration = try load("{driver: modbus-rtu, url: '\(url)', timeout: 1s}", device)
      #expect(
        configuration.buses.first?.transport == .modbusRTU(.rtu(line), timeout: .seconds(1)))
      #expect(configuration.devices.first?.unit == 7)
      #expect(
        try load("{driver: modbus-rtu, url: 'modbus+rtu://10.0.0.9:4001'}", device).buses.first?
          .transport == .modbusRTU(.rtuOverTCP("10.0.0.9", port: 4001), timeout: .milliseconds(500))
      )
    }

    @Test("a broker, the machine, a simulator, a CAN interface") func others() throws {
      let configuration = try load(
        "{driver: mqtt, url: 'mqtt://h', subscribe: 'plant/+/raw'}",
        "{bus: b, tags: {a: {topic: plant/x/raw, json: v.0, scale: 2, offset: 1, unit: bar}, "
          + "o: {topic: plant/y/raw, type: bool}}}")
      #expect(
        configuration.buses.first?.transport
          == .mqtt(MQTTEndpoint(MQTTAddress(host: "h")), filter: "plant/+/raw"))
      #expect(
        configuration.devices.first?.messages == [
          MessageTag(
            name: "a", topic: "plant/x/raw", path: "v.0", scale: 2, offset: 1, unit: "bar"),
          MessageTag(name: "o", topic: "plant/y/raw", type: .bool),
        ])
      let system = try load("{driver: system, disk: /var}", "{bus: b, every: 10s}")
      #expect(system.buses.first?.transport == .system(disk: "/var"))
      #expect(system.devices.first?.every == .seconds(10))
      let simulator = try load(
        "{driver: simulator}",
        "{bus: b, tags: {w: {shape: walk, min: -1, max: 1, period: 5s, unit: m}, s: {}}}")
      #expect(
        simulator.devices.first?.simulated == [
          SimulatedTag(
            name: "w", shape: .walk, minimum: -1, maximum: 1, period: .seconds(5), unit: "m"),
          SimulatedTag(name: "s"),
        ])
      let can = try load("{driver: socketcan, interface: can0, dbc: x.dbc}", "{bus: b}")
      #expect(can.buses.first?.transport == .socketCAN(interface: "can0", database: "x.dbc"))
    }

    @Test("a formula can't have the name of a tag that a device has") func takenName() throws {
      let error = #expect(throws: ConfigurationError.self) {
        try load(
          "{driver: system}", "{bus: b}", "formulas: {d/uptime: {expression: '{d/cpu/use} * 2'}}")
      }
      #expect(error?.problems.map(\.path) == ["formulas.d/uptime"], "\(error as Any)")
      #expect(error?.problems.first?.message.contains("device 'd' has a tag") == true)
      #expect(error?.problems.first?.line == 5)
      // Which tags there are can't be told without the database.
      _ = try load(
        "{driver: can-log, path: x, dbc: /no/such.dbc}", "{bus: b}",
        "formulas: {d/M.s: {expression: '{d/M.t} * 2'}}")
    }

    @Test("devices and tags that topics name") func templates() throws {
      let bus = "{driver: mqtt, url: 'mqtt://h', subscribe: 'iot/{device}/#'}"
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: t}
          buses: {b: \(bus)}
          devices:
            "{device}": {bus: b, tags: {level: {topic: "iot/{device}/raw", json: level}}}
            pump-1: {bus: b, tags: {"{kind}": {topic: "iot/{device}/{kind}"}, t: {topic: iot/pump-1/t}}}
          formulas: {sum/level: {expression: "{pump-7/level} + {pump-1/rpm}"}}
          processing: {pump-7/level: {min: 0}, pump-8/*: {max: 1}}
          """)
      #expect(configuration.devices.map(\.name) == ["{device}", "pump-1"])
      #expect(configuration.devices[1].messages[0].topic == "iot/{device}/{kind}")
      for wrong in ["{pump-7/pressure}", "{pump-1/a/b}"] {
        #expect(throws: ConfigurationError.self) {
          try load(
            bus, "{bus: b, tags: {level: {topic: iot/d/raw}}}",
            "formulas: {sum/level: {expression: '\(wrong)'}}")
        }
      }
    }

    @Test("rules for single tags") func rules() throws {
      let rest = """
        processing:
          d/a: {min: 0, max: 25, rate: 5/s, deadband: 1%, silence: 60s}
          d/*: {aggregate: 1min, functions: [min, mean]}
          d/b*: {aggregate: 10s}
        """
      let configuration = try load(
        "{driver: simulator}", "{bus: b, tags: {a: {}, bc: {}}}", rest)
      var first = ProcessingRule("d/a")
      (first.minimum, first.maximum, first.rate) = (0, 25, 5)
      (first.deadband, first.silence) = (.percent(1), .seconds(60))
      var second = ProcessingRule("d/*")
      second.window = .init(length: .seconds(60), functions: [.min, .mean])
      var third = ProcessingRule("d/b*")
      third.window = .init(length: .seconds(10), functions: [.min, .max, .mean, .last, .count])
      #expect(configuration.processing == [first, second, third])
    }

    @Test(
      "mistakes in buses and devices are told with their key",
      arguments: [
        ("{driver: modbus-ascii}", "{bus: b}", ["buses.b.driver", "devices.d.bus"]),
        ("{driver: modbus-rtu}", "{bus: b, tags: {t: {at: coil/1}}}", ["buses.b"]),
        (
          "{driver: modbus-rtu, url: 'modbus://h'}", "{bus: b, tags: {t: {at: coil/1}}}",
          ["buses.b.url"]
        ),
        (
          "{driver: modbus-rtu, url: 'modbus+rtu:///dev/x?unit=3'}",
          "{bus: b, tags: {t: {at: coil/1}}}", ["buses.b.url"]
        ),
        (
          "{driver: modbus-rtu, url: 'modbus+rtu:///dev/x?baud=1'}",
          "{bus: b, tags: {t: {at: coil/1}}}", ["buses.b.url"]
        ),
        ("{driver: mqtt, url: 'mqtt://h'}", "{bus: b, tags: {t: {topic: x}}}", ["buses.b"]),
        (
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/#/b'}", "{bus: b, tags: {t: {topic: x}}}",
          ["buses.b.subscribe"]
        ),
        (
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/#'}", "{bus: b, tags: {t: {topic: x}}}",
          ["devices.d.tags.t.topic"]
        ),
        (
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/#'}",
          "{bus: b, tags: {t: {topic: a/x, json: 'a..b', type: real}}}",
          ["devices.d.tags.t.json", "devices.d.tags.t.type"]
        ),
        (
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/{device'}",
          "{bus: b, tags: {t: {topic: x}}}",
          ["buses.b.subscribe"]
        ),
        (
          // Several topics in one tag; a name that the topic does not give; wildcards; not subscribed to.
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/{x}/c'}",
          "{bus: b, tags: {t: {topic: 'a/{x}/c'}, '{k}': {topic: a/b/c}, u: {topic: a/+/c}, "
            + "'{x}': {topic: 'a/{x}/d'}, v: {topic: 'a/{x/c'}}}",
          [
            "devices.d.tags.t.topic", "devices.d.tags.{k}.topic", "devices.d.tags.u.topic",
            "devices.d.tags.{x}.topic", "devices.d.tags.v.topic",
          ]
        ),
        ("{driver: simulator}", "{bus: b, tags: {'{t}': {}}}", ["devices.d.tags.{t}"]),
        (
          "{driver: mqtt, url: 'mqtt://h', subscribe: 'a/#'}", "{bus: b, every: 1s}",
          ["devices.d", "devices.d.every"]
        ),
        ("{driver: system, path: /}", "{bus: b}", ["buses.b.path"]),
        ("{driver: system}", "{bus: b, tags: {}}", ["devices.d.tags"]),
        (
          "{driver: simulator}", "{bus: b, tags: {t: {shape: cosine}}}",
          ["devices.d.tags.t.shape"]
        ),
        (
          "{driver: simulator}", "{bus: b, tags: {t: {min: 5, max: 1}}}", ["devices.d.tags.t.min"]
        ),
        ("{driver: socketcan, interface: can0}", "{bus: b}", ["buses.b"]),
      ])
    func tells(bus: String, device: String, paths: [String]) {
      expect(paths) { try load(bus, device) }
    }

    @Test(
      "mistakes in rules are told with their key",
      arguments: [
        ("d/x: {min: 1}", "processing.d/x"), ("power: {min: 1}", "processing.power"),
        ("'d/*/x': {min: 1}", "processing.d/*/x"), ("d/a: {}", "processing.d/a"),
        ("d/a: {min: 2, max: 1}", "processing.d/a.min"),
        ("d/a: {deadband: 1%}", "processing.d/a.deadband"),
        ("d/a: {deadband: -1}", "processing.d/a.deadband"),
        ("d/a: {silence: 5s, min: 0}", "processing.d/a.silence"),
        ("d/a: {rate: 5/min}", "processing.d/a.rate"),
        ("d/a: {aggregate: 1min, deadband: 1}", "processing.d/a.aggregate"),
        ("d/a: {min: 0, functions: [min]}", "processing.d/a.functions"),
        ("d/a: {aggregate: 1min, functions: [median]}", "processing.d/a.functions"),
        ("d/a: {aggregate: 0s}", "processing.d/a.aggregate"),
        ("d/a: {dead_band: 1}", "processing.d/a.dead_band"),
      ])
    func tellsRules(rule: String, path: String) {
      expect([path]) {
        try load("{driver: simulator}", "{bus: b, tags: {a: {}}}", "processing: {\(rule)}")
      }
    }

    @Test("no time at all is no time to wait for an answer")
    func noTime() {
      for bus in [
        "{driver: modbus-tcp, host: h, timeout: 0s}",
        "{driver: modbus-rtu, url: 'modbus+rtu:///dev/ttyS0', timeout: 0ms}",
      ] {
        expect(["buses.b.timeout"]) {
          try load(
            bus, "{bus: b, unit: 7, tags: {t: {at: input/1}}}")
        }
      }
    }

    @Test(
      "a window's result never takes the name of a tag",
      arguments: [
        ("{a: {}, a.max: {}}", "", "d/a"), ("{a: {}, a.max: {}}", "", "d/*"),
        ("{a: {}}", "formulas: {d/a.max: {expression: '{d/a}'}}", "d/a"),
      ])
    func windowsAndTags(tags: String, formulas: String, pattern: String) throws {
      #expect {
        try load(
          "{driver: simulator}", "{bus: b, tags: \(tags)}",
          "\(formulas)\nprocessing: {'\(pattern)': {aggregate: 1s, functions: [mean, max]}}")
      } throws: { error in
        (error as? ConfigurationError)?.problems.map(\.path) == ["processing.\(pattern)"]
      }
      #expect(throws: Never.self) {
        try load(
          "{driver: simulator}", "{bus: b, tags: \(tags)}",
          "\(formulas)\nprocessing: {'\(pattern)': {aggregate: 1s, functions: [mean, min]}}")
      }
    }

    private func expect(_ paths: [String], _ load: () throws -> GatewayConfiguration) {
      do {
        _ = try load()
        Issue.record("taken")
      } catch {
        let problems = (error as? ConfigurationError)?.problems ?? []
        #expect(Set(problems.map(\.path)) == Set(paths), "\(error)")
        #expect(problems.allSatisfy { $0.line > 0 && $0.column > 0 && !$0.advice.isEmpty })
      }
    }
  }
#endif
