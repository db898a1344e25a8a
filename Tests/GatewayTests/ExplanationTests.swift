#if Gateway
  import Foundation
  import IndustrialModel
  import MQTT
  import Modbus
  import Sinks
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("Each stored value is explained from the wire to the sinks", .timeLimit(.minutes(15)))
  struct ExplanationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var data: String { folder.file("data") }

    @Test("buses of all kinds, formulas, windows, doors and deadbands, with a reload in the middle")
    func live() async throws {
      let server = try ModbusServer(port: 0)
      let broker = Mosquitto.isInstalled ? try await Mosquitto() : nil
      let publisher = try broker.map { try MQTTClient($0.url) }
      let first = try configuration(server, broker, scale: "0.5")
      let second = try configuration(server, broker, scale: "0.25")
      var number: UInt16 = 0
      var hasReloaded = false
      let gateway = try await GatewayRuntime(first)
      try await run(gateway) { gateway in
        number += 1
        // Both registers always hold the same number.
        _ = server.withBank {
          $0.setRegisters([number, number], at: RegisterAddress(.holding, 0))
        }
        try await publisher?.publish(#"{"level":\#(number)}"#, to: "plant/t1/raw")
        if gateway.status.stored > 300, !hasReloaded {
          hasReloaded = true
          try await gateway.reload(second)
        }
        return hasReloaded && gateway.status.stored > 900
      }
      broker?.kill()

      let stored = try storedSamples(in: data)
      func some(_ tag: String) -> [Sample] {
        let all = stored.filter { $0.tag == tag }.map(\.sample)
        #expect(!all.isEmpty, "\(tag) has no samples")
        return stride(from: 0, to: all.count, by: max(1, all.count / 3)).map { all[$0] }
      }
      for sample in some("pump/a") {
        let why = try explained("pump/a", sample)
        guard case .wire(let wire, .known(let decoding))? = why.origin.content?.source else {
          Issue.record("no wire: \(why.jsonLine)")
          continue
        }
        let word = wire.bytes.reduce(0) { $0 << 8 | UInt16($1) }
        let scale = sample.configurationVersion == 1 ? 0.5 : 0.25
        #expect(wire.bus == "plc" && wire.place == "unit 1 holding/0:1" && word <= number)
        #expect(decoding.raw == .uint64(UInt64(word)) || decoding.raw == .int64(Int64(word)))
        #expect(sample.value == .double(Double(word) * scale) && decoding.scale == scale)
        let configuration = try #require(why.configuration.content)
        #expect(configuration.version == sample.configurationVersion && configuration.began != nil)
        let text = try String(contentsOfFile: try #require(configuration.file), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(configuration.places.map(\.what) == ["tag", "rule"])
        #expect(lines[configuration.places[0].line - 1].contains("a: {at: holding/0"))
        #expect(lines[configuration.places[1].line - 1].contains("pump/a: {min"))
        // The check by the rule of the file.
        let range = try #require(why.origin.content?.checks.first { $0.name == "range" })
        #expect((range.quality != nil) == (sample.value.doubleValue ?? 0 > 20))
      }
      for sample in some("sum/both") {
        let why = try explained("sum/both", sample)
        guard case .formula(let formula)? = why.origin.content?.source else {
          Issue.record("no formula: \(why.jsonLine)")
          continue
        }
        #expect(formula.expression == "{pump/a} + {car/M.x}")
        #expect(formula.inputs.map(\.tag) == ["pump/a", "car/M.x"])
        for input in formula.inputs {
          let before = stored.last { $0.tag == input.tag && $0.sample.sequence < sample.sequence }
          #expect(before.map { $0.sample.value.doubleValue == input.value } ?? input.value.isNaN)
          #expect(before.map { $0.sample.quality == input.quality } ?? input.quality.isBad)
          let origin = input.origin.content?.first
          #expect((origin != nil) == (before != nil))
          #expect(origin?.tag == (before == nil ? nil : input.tag))
          #expect(origin?.reading.value == before?.sample.value)
        }
      }
      for sample in some("sum/total") {
        let why = try explained("sum/total", sample)
        guard case .formula(let formula)? = why.origin.content?.source else {
          Issue.record("no formula: \(why.jsonLine)")
          continue
        }
        #expect(formula.functionsWithMemory == 1 && !formula.memory.isEmpty)
        #expect(formula.result.value == sample.value)
      }
      for sample in some("car/M.x") {
        let why = try explained("car/M.x", sample)
        guard case .wire(let wire, .known(let decoding))? = why.origin.content?.source else {
          Issue.record("no frame: \(why.jsonLine)")
          continue
        }
        #expect(wire.kind == .frame && wire.place == "123" && wire.bytes.count == 8)
        #expect(sample.value == .double(Double(wire.bytes[0]) * 0.5) && decoding.form == "0|16@1+")
        #expect(decoding.raw == .int64(Int64(wire.bytes[0])))
      }
      if broker != nil {
        for sample in some("t1/level") {
          let why = try explained("t1/level", sample)
          guard case .wire(let wire, .known(let decoding))? = why.origin.content?.source,
            case .int64(let level) = sample.value
          else {
            // What the broker's end left behind is no message.
            #expect(!sample.quality.isGood)
            continue
          }
          #expect(wire.place == "plant/t1/raw" && wire.bytes == Array(#"{"level":\#(level)}"#.utf8))
          #expect(decoding.name == "level" && decoding.raw == .int64(level))
        }
      }
      for sample in some("sim/wave.mean") {
        let why = try explained("sim/wave.mean", sample)
        guard case .window(let window)? = why.origin.content?.source else {
          Issue.record("no window: \(why.jsonLine)")
          continue
        }
        func result(_ function: String) -> Value? {
          stored.first {
            $0.tag == "sim/wave.\(function)" && $0.sample.sourceTime == sample.sourceTime
          }?.sample.value
        }
        #expect(window.tag == "sim/wave" && window.start == sample.sourceTime)
        #expect(result("count") == .int64(Int64(window.count)) && !window.isCutShort)
        #expect(window.minimum?.value == result("min") && window.maximum?.value == result("max"))
        #expect(window.last?.value == result("last") && window.readings.count == window.count)
      }
      try checkDropped(stored)
    }

    /// What came from the simulator and is not in the buffer: the journal itself says what that is.
    private func checkDropped(_ stored: [(tag: String, sample: Sample)]) throws {
      var came: [String: [(time: Timestamp, value: Value)]] = [:]
      let reader = try JournalReader(folder: folder.file("data/journal"))
      while let item = try reader.next() {
        guard case .entry(.wire("made-up", .values(let values), let time)) = item else { continue }
        for entry in values.entries {
          came[values.names[entry.name], default: []].append((time.gateway, entry.value))
        }
      }
      let times = Dictionary(grouping: stored, by: \.tag).mapValues {
        Set($0.map(\.sample.gatewayTime))
      }
      func dropped(_ tag: String) -> [(time: Timestamp, value: Value)] {
        let all = came[tag, default: []].filter { times[tag]?.contains($0.time) != true }
        return stride(from: 0, to: all.count, by: max(1, all.count / 3)).map { all[$0] }
      }
      for tag in ["sim/steps", "sim/wave", "sim/door"] {
        #expect(!dropped(tag).isEmpty, "nothing of \(tag) was left out")
      }
      for (time, value) in dropped("sim/steps") {
        let why = try Explanation(of: "sim/steps", at: time, dataFolder: data)
        let fate = try #require(why.fate.content)
        #expect(
          fate.kind == .suppressed && why.stored.content == nil && why.reading?.value == value)
        #expect(fate.rule?.words == "deadband 2.0, silence 0.2 seconds")
        let before = stored.last { $0.tag == "sim/steps" && $0.sample.gatewayTime < time }
        #expect(fate.compared?.value == before?.sample.value)
        let distance = (value.doubleValue ?? 0) - (before?.sample.value.doubleValue ?? 99)
        #expect(distance.magnitude <= 2)
      }
      for (time, value) in dropped("sim/wave") {
        let why = try Explanation(of: "sim/wave", at: time, dataFolder: data)
        let fate = try #require(why.fate.content)
        #expect(fate.kind == .folded && why.reading?.value == value)
        let start = try #require(fate.windowStart)
        #expect(start <= time && fate.results.count == 5)
        for result in fate.results {
          let own = stored.first { $0.sample.sequence == result.sequence }
          #expect(own?.tag == result.tag && own?.sample.value == result.reading.value)
          #expect(own?.sample.sourceTime == start)
        }
      }
      for (time, _) in dropped("sim/door") {
        let why = try Explanation(of: "sim/door", at: time, dataFolder: data)
        #expect(why.fate.content?.kind == .suppressed && why.stored.content == nil)
      }
    }

    /// The explanation of a sample that the buffer has, after what is true of all of them was looked at.
    private func explained(_ tag: String, _ sample: Sample) throws -> Explanation {
      let why = try Explanation(of: tag, at: sample.time, dataFolder: data)
      #expect(why.findings == [] && why.notes == [], "\(tag) \(sample.sequence)")
      #expect(why.distance == .zero)
      let stored = try #require(why.stored.content)
      #expect(stored.sequence == sample.sequence && stored.reading.value == sample.value)
      #expect(stored.reading.quality == sample.quality)
      #expect(why.fate.content?.kind == .stored)
      #expect(why.fate.content?.sequence == sample.sequence)
      #expect(why.origin.content?.reading.value == sample.value, "\(why.jsonLine)")
      #expect(why.origin.content?.reading.quality == sample.quality)
      #expect(why.receipts.content?.map(\.state) == [.delivered])
      #expect(OrderedJSON(parsing: Array(why.jsonLine.utf8)) != nil)
      return why
    }

    // MARK: Sinks

    @Test(
      "delivered, waiting, refused for good and withheld",
      .enabled(if: WebServer.path != nil, "python3 is not installed"))
    func sinks() async throws {
      let server = try await WebServer(["--refuse", "\"seq\":7}"], in: folder, posts: "posts")
      let nobody = Loopback.refusingPort
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(data)}
          buses: {made-up: {driver: simulator}}
          groups: {own: {sinks: [web]}}
          devices:
            sim:
              bus: made-up
              every: 2ms
              tags: {a: {shape: ramp}, b: {shape: sine, group: own}}
          sinks:
            web: {type: http, url: "\(server.url)", body: json}
            local: {type: file, path: \(folder.file("out.jsonl"))}
            far: {type: http, url: "http://127.0.0.1:\(nobody)/", body: json}
          """)
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway, grace: .seconds(3)) { $0.status.stored > 40 }
      let stored = try storedSamples(in: data)
      func states(_ tag: String, _ sample: Sample) throws -> [String: Explanation.Receipt.State] {
        let why = try Explanation(of: tag, at: sample.time, dataFolder: data)
        #expect(why.stored.content?.sequence == sample.sequence)
        let receipts = try #require(why.receipts.content)
        return Dictionary(uniqueKeysWithValues: receipts.map { ($0.sink, $0.state) })
      }
      for (tag, sample) in stored.prefix(12) {
        let states = try states(tag, sample)
        #expect(states["web"] == (sample.sequence == 7 ? .deadLettered : .delivered))
        #expect(states["local"] == (tag == "sim/b" ? .withheld : .delivered))
        #expect(states["far"] == .waiting)
      }
      withExtendedLifetime(server) {}
    }

    @Test("where letters of refused samples are gone, nobody knows which were delivered")
    func lettersGone() async throws {
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(data)}
          buses: {made-up: {driver: simulator}}
          devices: {sim: {bus: made-up, every: 2ms, tags: {a: {shape: ramp}}}}
          sinks: {local: {type: file, path: \(folder.file("out.jsonl"))}}
          """)
      // Each first one of a batch is refused.
      let sink = ScriptedSink { _, _ in .success([.init(index: 0, reason: "a word")]) }
      var isExchanged = false
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway) { gateway in
        guard gateway.status.sinks[0].counts.delivered > 0 else { return false }
        if !isExchanged { try await gateway.exchangeSink("local", for: sink) }
        isExchanged = true
        return gateway.status.sinks[0].counts.deadLettered > 2
      }
      let letters = folder.file("data/dead-local.jsonl")
      let refused = try IndependentCounts.inLines(of: letters)
      let stored = try storedSamples(in: data).map(\.sample)
      let dead = try #require(stored.first { refused[$0.sequence] != nil })
      let delivered = try #require(stored.first { refused[$0.sequence] == nil })
      func receipt(_ sample: Sample) throws -> Explanation.Receipt {
        let why = try Explanation(of: "sim/a", at: sample.time, dataFolder: data)
        #expect(why.stored.content?.sequence == sample.sequence)
        return try #require(why.receipts.content?.first)
      }
      #expect(try receipt(dead).state == .deadLettered && receipt(dead).words == "a word")
      #expect(try receipt(delivered).state == .delivered)
      try FileManager.default.removeItem(atPath: letters)
      for sample in [dead, delivered] {
        let receipt = try receipt(sample)
        #expect(receipt.state == .unknown)
        #expect(receipt.words.hasSuffix("were refused, and their letters are not all there"))
      }
    }

    // MARK: Without a journal, or with part of one

    @Test("without a journal what is stored is told, and how to keep the rest from now on")
    func noJournal() async throws {
      try await put(100, journal: nil)
      let sample = try #require(try storedSamples(in: data).last?.sample)
      let why = try Explanation(of: "sim/s", at: sample.time, dataFolder: data)
      #expect(why.stored.content?.sequence == sample.sequence)
      guard case .unknown(let words) = why.origin else {
        Issue.record("an origin out of nothing")
        return
      }
      #expect(words.contains("no journal: `journal: {}`") && why.fate.content == nil)
    }

    @Test("the last before a time, none before the first, and a tag that there never was")
    func times() async throws {
      try await put(100, journal: "{}")
      let stored = try storedSamples(in: data).map(\.sample)
      let (first, last) = (try #require(stored.first), try #require(stored.last))
      func moved(_ sample: Sample, _ by: Int64) -> Timestamp {
        Timestamp(nanoseconds: sample.time.nanoseconds + by)
      }
      let late = try Explanation(of: "sim/s", at: moved(last, 5), dataFolder: data)
      #expect(late.distance == .nanoseconds(5) && late.stored.content?.sequence == last.sequence)
      #expect(late.origin.content != nil)
      #expect { try Explanation(of: "sim/s", at: moved(first, -1), dataFolder: data) } throws: {
        "\($0)".contains("the first in the buffer is of \(first.time)")
      }
      #expect { try Explanation(of: "sim/z", at: last.time, dataFolder: data) } throws: {
        "\($0)".contains("did you mean 'sim/s'?")
      }
      #expect { try Explanation(of: "sim/s", at: last.time, dataFolder: data + "x") } throws: {
        "\($0)".contains("no such data folder")
      }
    }

    @Test("what the journal had to give up is told as that; what it has is explained")
    func evictedJournal() async throws {
      try await put(60_000, journal: "{capacity: 1MiB}")
      let stored = try storedSamples(in: data).map(\.sample)
      #expect(stored.count == 60_000)
      let early = try Explanation(of: "sim/s", at: stored[10].time, dataFolder: data)
      #expect(early.stored.content?.sequence == stored[10].sequence)
      guard case .unknown(let words) = early.origin else {
        Issue.record("an origin out of nothing")
        return
      }
      #expect(words.contains("the sample is not in the journal, which has"))
      #expect(early.notes.contains { $0.contains("evicted") } && early.findings == [])
      let late = try Explanation(of: "sim/s", at: stored[59_990].time, dataFolder: data)
      #expect(late.origin.content?.reading.value == stored[59_990].value && late.findings == [])
    }

    @Test("a damaged journal never crashes, and makes nothing up")
    func damagedJournal() async throws {
      try await put(2_000, journal: "{}")
      let stored = try storedSamples(in: data).map(\.sample)
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.file("data/journal")
      ).sorted().map { folder.file("data/journal/\($0)") }
      let whole = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
      let seed: UInt64 = 11
      var random = SeededGenerator(seed: seed)
      var isTold = false
      for _ in 0..<20 {
        let file = Int.random(in: files.indices, using: &random)
        guard !whole[file].isEmpty else { continue }
        var bytes = whole[file]
        // Where it is in use, not in the room that is kept for later.
        let place = Int.random(in: 0..<min(bytes.count, 60_000), using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try bytes.write(to: URL(fileURLWithPath: files[file]))
        let sample = try #require(stored.randomElement(using: &random))
        let why = try Explanation(of: "sim/s", at: sample.time, dataFolder: data)
        #expect(why.findings == [], "seed \(seed)")
        #expect(why.stored.content?.sequence == sample.sequence)
        if let origin = why.origin.content { #expect(origin.reading.value == sample.value) }
        if !why.notes.isEmpty { isTold = true }
        try whole[file].write(to: URL(fileURLWithPath: files[file]))
      }
      #expect(isTold, "seed \(seed)")
    }

    @Test("a journal that gives other values than the buffer has is a finding")
    func contradiction() async throws {
      try await put(100, journal: "{}")
      let stored = try storedSamples(in: data).map(\.sample)
      try FileManager.default.moveItem(
        atPath: folder.file("data/buffer"), toPath: folder.file("buffer"))
      try FileManager.default.removeItem(atPath: data)
      try await put(100, journal: "{}", step: 2)
      try FileManager.default.removeItem(atPath: folder.file("data/buffer"))
      try FileManager.default.moveItem(
        atPath: folder.file("buffer"), toPath: folder.file("data/buffer"))
      let why = try Explanation(of: "sim/s", at: stored[50].time, dataFolder: data)
      #expect(why.findings.count == 1)
      #expect(why.findings.first?.contains("the buffer has double(50.0)") == true)
      #expect(why.findings.first?.contains("the journal gives double(100.0)") == true)
      #expect(why.reading?.value == stored[50].value)
    }

    // MARK: -

    /// So many values of `sim/s`, a millisecond apart.
    private func put(_ count: Int, journal: String?, step: Double = 1) async throws {
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(data)}
          buses: {made-up: {driver: simulator}}
          devices: {sim: {bus: made-up, tags: {s: {shape: sine}}}}
          buffer: {capacity: 64MiB}
          \(journal.map { "journal: \($0)" } ?? "")
          """)
      var bench = try await LaneBench(configuration, version: 1)
      let names = ["sim/s"]
      for number in 0..<count {
        let time = WireTime(
          gateway: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(number) * 1_000_000),
          monotonic: Int64(number) * 1_000_000)
        let entry = NamedValues.Entry(name: 0, value: .double(Double(number) * step))
        bench.put(
          .wire("made-up", .values(NamedValues(names: names, entries: [entry])), time))
        if number % 1000 == 999 { await bench.settle() }
      }
      try await bench.finish()
    }

    private func configuration(
      _ server: ModbusServer, _ broker: Mosquitto?, scale: String
    ) throws -> GatewayConfiguration {
      try folder.writeDatabase(signals: ["x"])
      let frames = (0..<50).map {
        let hex = String(format: "%02X00%02X0000000000", $0 % 200, $0 % 256)
        return "(\(1_600_000_000 + $0).000000) can0 123#\(hex)\n"
      }
      try folder.write(frames.joined(), to: "can.log")
      let mqtt = broker.map { broker in
        (
          "  broker: {driver: mqtt, url: \"\(broker.url)\", subscribe: \"plant/#\", client_id: e}\n",
          """
            "{device}":
              bus: broker
              tags: {level: {topic: "plant/{device}/raw", json: level}}

          """
        )
      }
      return try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(data)}
          journal: {capacity: 8MiB}
          buses:
            plc: {driver: modbus-tcp, host: 127.0.0.1, port: \(server.port), timeout: 5s}
            can: {driver: can-log, path: \(folder.file("can.log")), dbc: \(folder.file("m.dbc"))}
            made-up: {driver: simulator}
          \(mqtt?.0 ?? "")
          devices:
            pump:
              bus: plc
              every: 4ms
              tags:
                a: {at: holding/0, scale: \(scale)}
                b: {at: holding/1, type: int16}
            car: {bus: can}
            sim:
              bus: made-up
              every: 4ms
              tags:
                wave: {shape: sine, period: 300ms}
                steps: {shape: sine, period: 2s}
                door: {shape: ramp, period: 100ms}
          \(mqtt?.1 ?? "")
          formulas:
            sum/both: {expression: "{pump/a} + {car/M.x}"}
            sum/total: {expression: "integral({pump/b})"}
          processing:
            sim/wave: {aggregate: 40ms}
            sim/steps: {deadband: 2, silence: 200ms}
            sim/door: {deviation: 3}
            pump/a: {min: 0, max: 20}
          buffer: {capacity: 32MiB, segment: 1MiB}
          sinks:
            out: {type: file, path: \(folder.file("out.jsonl"))}
          """)
    }
  }
#endif
