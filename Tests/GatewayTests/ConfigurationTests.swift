import Gateway
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    ("250ms", Duration.milliseconds(250)), ("1s", .seconds(1)), ("1.5h", .seconds(5400)),
    ("2min", .seconds(120)), ("10us", .microseconds(10)), ("0s", .zero), ("1d", .seconds(86_400)),
  ])
  func readsDurations(text: String, duration: Duration) {
    #expect(Quantity.duration(text) == duration)
  }

  @Test(arguments: ["", "1", "s", "-1s", "1 s", "1e3s", "1..5s", "nan", "99999999999999d", "1m"])
  func refusesWhatIsNoDuration(text: String) {
    #expect(Quantity.duration(text) == nil)
  }

  @Test(arguments: [("64MiB", 64 << 20), ("1kB", 1000), ("4096B", 4096), ("0.5GiB", 1 << 29)])
  func readsSizes(text: String, size: Int) {
    #expect(Quantity.size(text) == size)
    #expect(Quantity.size("-" + text) == nil)
  }
}

#if Gateway
  @Suite struct ConfigurationTests {
    static let whole = """
      schema: iiot/1
      gateway: {id: plant-1, data: run}
      buses:
        plc: {driver: modbus-tcp, host: 10.0.0.10, port: 1502, timeout: 250ms}
        drive: {driver: can-log, path: drive.log, dbc: no-such.dbc}
      devices:
        pump-01:
          bus: plc
          unit: 3
          every: 100ms
          tags:
            pressure: {at: holding/10, type: float32, order: CDAB, unit: bar}
            running: {at: coil/0, type: bool}
            speed: {at: input/4, type: int16, scale: 0.1, offset: -5}
        motor-7: {bus: drive}
      formulas:
        pump-01/power: {expression: "{pump-01/pressure} * 2", unit: kW}
      buffer: {capacity: 64MiB, segment: 1MiB}
      sinks:
        archive: {type: file, path: plant.lp, format: influx}
      """

    @Test func readsEveryPart() throws {
      let configuration = try GatewayConfiguration(yaml: Self.whole)
      #expect(configuration.id == "plant-1")
      #expect(configuration.dataFolder == "run")
      #expect(
        configuration.buses.map(\.transport) == [
          .modbusTCP(host: "10.0.0.10", port: 1502, timeout: .milliseconds(250)),
          .canLog(path: "drive.log", database: "no-such.dbc"),
        ])
      let pump = try #require(configuration.devices.first)
      #expect(pump.unit == 3 && pump.every == .milliseconds(100))
      #expect(
        pump.tags == [
          RegisterTag(
            name: "pressure", table: .holding, address: 10, type: .float32, order: .cdab,
            unit: "bar"),
          RegisterTag(name: "running", table: .coil, address: 0, type: .bool),
          RegisterTag(
            name: "speed", table: .input, address: 4, type: .int16, scale: 0.1, offset: -5),
        ])
      #expect(configuration.formulas.map(\.unit) == ["kW"])
      #expect(configuration.buffer == .init(capacity: 64 << 20, segment: 1 << 20))
      #expect(
        configuration.sinks == [
          .init(name: "archive", kind: .file(path: "plant.lp", format: .influx))
        ])
    }

    @Test(arguments: [
      // What is put in place of what, and what is then said where.
      ("unit: 3", "uint: 3", 9, 5, "unknown key 'uint'", "did you mean 'unit'?"),
      ("bus: plc", "bus: plx", 8, 10, "there is no bus 'plx'", "did you mean 'plc'?"),
      ("holding/10", "holding/x", 12, 22, "\"holding/x\" is no place", "TABLE/ADDRESS"),
      ("holding/10", "40011", 12, 22, "a bare number", "modicon/40011"),
      ("every: 100ms", "every: 100", 10, 12, "'100' is no valid every", "unit"),
      ("order: CDAB", "order: ACDC", 12, 56, "'ACDC' is no valid order", "ABCD"),
      ("type: file", "type: fiel", 20, 19, "'fiel' is no valid type", "file"),
      ("type: bool", "type: int16", 13, 35, "'int16' is no valid type", "always is"),
      ("port: 1502", "port: 0", 4, 52, "'0' is no valid port", "65535"),
      ("schema: iiot/1", "schema: iiot/2", 1, 9, "'iiot/2' is no valid schema", "iiot/1"),
      ("pump-01/power:", "power:", 17, 3, "'power' is no tag path", "device/tag"),
      ("* 2\"", "* \"", 17, 31, "a value is missing", "^"),
      ("segment: 1MiB", "segment: 1KiB", 18, 9, "does not fit", "64KiB"),
    ])
    func tellsEachMistakeWithItsPlace(
      right: String, wrong: String, line: Int, column: Int, message: String, advice: String
    ) throws {
      let text = Self.whole.replacing(right, with: wrong, maxReplacements: 1)
      do {
        _ = try GatewayConfiguration(yaml: text, file: "g.yaml")
        Issue.record("'\(wrong)' was taken")
      } catch {
        #expect(error.problems.count == 1, "\(error)")
        let problem = try #require(error.problems.first)
        #expect(problem.message.contains(message), "\(error)")
        #expect(problem.advice.contains(advice), "\(error)")
        #expect((problem.line, problem.column) == (line, column), "\(error)")
        #expect(error.description.contains("g.yaml:\(line):\(column)"))
      }
    }

    @Test func tellsAllMistakesAtOnce() {
      let text = Self.whole.replacing("unit: 3", with: "uint: 3")
        .replacing("type: file", with: "type: tape").replacing("id: plant-1", with: "name: x")
      #expect {
        try GatewayConfiguration(yaml: text)
      } throws: { ($0 as? ConfigurationError)?.problems.count == 4 }
    }

    @Test(
      "formulas and rules with the rest, but what a missing tag may explain is no mistake of its own"
    )
    func tellsAllOfAllSections() {
      func paths(_ text: String) -> [String] {
        do throws(ConfigurationError) {
          _ = try GatewayConfiguration(yaml: text)
          return []
        } catch {
          return error.problems.map(\.path).sorted()
        }
      }
      let rules = "\nprocessing: {pump-01/presure: {min: 0}}\n"
      // All tags are known without the database that is not there.
      let whole = Self.whole.replacing("  motor-7: {bus: drive}\n", with: "")
      let text = whole.replacing("type: file", with: "type: tape")
        .replacing("* 2\"", with: "* \"")
      #expect(
        paths(text + rules)
          == [
            "formulas.pump-01/power.expression", "processing.pump-01/presure", "sinks.archive.type",
          ])
      #expect(
        paths(whole.replacing("unit: 3", with: "uint: 3") + rules) == ["devices.pump-01.uint"])
    }

    @Test("an empty section is told once")
    func emptySections() {
      for section in ["formulas", "sinks"] {
        #expect {
          try GatewayConfiguration(yaml: "schema: iiot/1\ngateway: {id: g}\n\(section):\n")
        } throws: {
          ($0 as? ConfigurationError)?.problems.map(\.path) == [section]
        }
      }
    }

    @Test("a formula of no tag would never be computed") func constant() {
      let text = Self.whole.replacing("{pump-01/pressure}", with: "3")
      #expect {
        try GatewayConfiguration(yaml: text)
      } throws: {
        ($0 as? ConfigurationError)?.problems.map(\.message)
          == ["the formula reads no tag, so it would never be computed"]
      }
    }

    @Test(arguments: [
      "", "[1, 2]", "just text", "a: [1", "a: 1\na: 2", "schema: iiot/1\ngateway: 7", "\u{0}",
      "&a [*a]", "gateway: {id: \"\"}", "? [x]\n: y",
    ])
    func refusesWhatIsNoConfiguration(text: String) {
      #expect(throws: ConfigurationError.self) { try GatewayConfiguration(yaml: text) }
    }

    @Test func findsCirclesAndUnknownTagsInFormulas() {
      let formulas = """
        formulas:
          a/x: {expression: "{a/y} + 1"}
          a/y: {expression: "{a/x} + 1"}
          a/z: {expression: "{pump-01/presure} + 1"}
          a/w: {expression: "pressure + 1"}
        """
      let text = Self.whole.replacing("/no-such.dbc", with: "")
        .replacing(#"  pump-01/power: {expression: "{pump-01/pressure} * 2", unit: kW}"#, with: "")
        .replacing("formulas:", with: formulas)
        .replacing("  drive: {driver: can-log, path: drive.log, dbc: no-such.dbc}\n", with: "")
        .replacing("  motor-7: {bus: drive}\n", with: "")
      do {
        _ = try GatewayConfiguration(yaml: text)
        Issue.record("taken")
      } catch {
        let said = error.description
        #expect(said.contains("the formula needs its own result: a/x -> a/y -> a/x"), "\(said)")
        #expect(said.contains("did you mean 'pump-01/pressure'?"), "\(said)")
        #expect(said.contains("unknown name 'pressure'"), "\(said)")
      }
    }

    @Test func aMissingFileIsToldByName() {
      #expect {
        try GatewayConfiguration(contentsOf: "no/such.yaml")
      } throws: { "\($0)".contains("No such file") && "\($0)".contains("no/such.yaml") }
    }
  }
#endif
