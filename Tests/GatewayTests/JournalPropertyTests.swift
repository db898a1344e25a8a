#if Gateway
  import CANCore
  import Foundation
  import IndustrialModel
  import MQTT
  import Modbus
  import StoreForward
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("Replay of random journals", .timeLimit(.minutes(15)))
  struct JournalPropertyTests {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      try folder.writeDatabase(signals: ["x", "y"])
    }

    @Test(
      "how moments are gathered changes nothing, and another configuration gives what a fresh run of it gives",
      arguments: 1...8)
    func random(_ seed: UInt64) async throws {
      var random = SeededGenerator(seed: seed)
      let events = self.events(&random)
      let first = try configuration("a", &random)
      let other = try configuration("b", &random)

      let stored = try await run(first, events, gathering: seed)
      let together = try await run(try renamed(first, "c"), events, gathering: nil)
      #expect(stored.count > 100 && stored == together, "seed \(seed)")
      let (samples, findings) = try replayed(folder.file("a/journal"))
      #expect(samples == stored && findings == [], "seed \(seed)")

      let fresh = try await run(other, events, gathering: seed &+ 1, version: 0)
      let whatIf = try replayed(folder.file("a/journal"), with: other)
      #expect(whatIf.samples == fresh, "seed \(seed)")
      #expect(try replayed(folder.file("a/journal"), with: other).samples == fresh)
    }

    @Test(
      "registers that were read for other tags, at other periods, are decoded as often as they were read"
    )
    func otherPeriods() async throws {
      var random = SeededGenerator(seed: 7)
      let events = self.events(&random)
      let recorded = try await run(try configuration("a", &random), events, gathering: 3)
      #expect(recorded.count > 100)
      let other = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("b"))}
          buses: {plc: {driver: modbus-tcp, host: 127.0.0.1}, gone: {driver: simulator}}
          devices:
            renamed:
              bus: plc
              every: 100ms
              tags: {n: {at: holding/3, type: int16, scale: 2}, far: {at: holding/900}}
            made: {bus: gone, tags: {x: {shape: sine}}}
          """)
      // Each answer that has the register, as a person would read it.
      var expected: [String] = []
      for case .wire(_, .registers(let round), _) in events {
        // Those of the nearest period, and no others.
        guard round.every == 1_000_000_000,
          let answer = round.answers.first(where: { $0.span.count >= 4 })
        else { continue }
        let word = answer.words.isEmpty ? nil : answer.words[answer.words.startIndex + 3]
        expected.append(word.map { "\(2 * Double(Int16(bitPattern: $0)))" } ?? "none")
      }
      var replay = try JournalReplay(folder: folder.file("a/journal"), configuration: other)
      var values: [String] = []
      while let samples = try replay.next() {
        values += samples.map { $0.value.doubleValue.map { "\($0)" } ?? "none" }
      }
      #expect(values == expected && !values.isEmpty)
      #expect(replay.findings.contains("bus gone: not in the journal"))
      #expect(replay.findings.contains("renamed/far: its registers are not in the journal"))
      #expect(replay.findings.contains { $0.hasPrefix("renamed/n: read every") })
    }

    @Test("every entry survives its bytes, and no damage to them traps")
    func codec() throws {
      var random = SeededGenerator(seed: 11)
      let entries =
        events(&random) + [
          .finish, .gap,
          .start(
            JournalState(
              configuration: .init(version: 7, text: "ä: b"), nextSequence: .max, memory: [1, 2])),
          .mark(JournalState(configuration: .init(version: 0), nextSequence: 0)),
          .change(
            JournalChange(
              configuration: .init(version: 1, text: ""), changesStages: true,
              changesVersion: false,
              opened: ["a", "b"], closed: [""]), time(5)),
        ]
      for entry in entries {
        let bytes = entry.encoded()
        #expect(JournalEntry(bytes)?.encoded() == bytes)
        for _ in 0..<20 {
          var damaged = bytes
          switch UInt8.random(in: 0..<3, using: &random) {
          case 0: damaged.removeLast(Int.random(in: 1...damaged.count, using: &random))
          case 1: damaged.append(UInt8.random(in: 0...255, using: &random))
          default:
            damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(
              in: 0...255, using: &random)
          }
          // What can be read of it is an entry like others.
          if let entry = JournalEntry(damaged) { _ = entry.encoded() }
        }
        #expect(JournalEntry(Array(bytes.dropLast())) == nil || bytes.count == 1)
      }
    }

    @Test(
      "a journal of a newer version is refused, and one without its beginning goes on from where it can"
    )
    func damage() async throws {
      var random = SeededGenerator(seed: 5)
      let events = self.events(&random)
      let stored = try await run(try configuration("a", &random), events, gathering: 5)
      let journal = folder.file("a/journal")
      let file = try #require(
        try FileManager.default.subpathsOfDirectory(atPath: journal).map { journal + "/" + $0 }
          .filter { $0.contains("seg-") }.sorted().first)
      var bytes = try Data(contentsOf: URL(filePath: file))
      // In the middle of what is written.
      let places = bytes.ranges(of: Data("sim/p".utf8))
      let place = places[places.count / 2].lowerBound
      for index in place..<(place + 5) { bytes[index] ^= 0x5A }
      try bytes.write(to: URL(filePath: file))
      let (samples, findings) = try replayed(journal)
      #expect(findings.contains { $0.contains("damaged") })
      #expect(samples.count > 10 && samples.count < stored.count)
      #expect(samples.first == stored.first)

      let store = try await RingStore(
        directory: folder.file("newer"), options: StoreOptions(capacity: .mebibytes(1)))
      var records = RecordBatch()
      try records.append([JournalCodec.mark, JournalCodec.version + 1, 0, 5], time: 0)
      try await store.append(records)
      try await store.close()
      #expect(JournalReplay.isJournal(folder.file("newer")))
      #expect(throws: JournalError.self) { try replayed(folder.file("newer")) }
      #expect(throws: JournalError.self) { try replayed(folder.file("nowhere")) }
    }

    @Test("a small journal forgets its oldest entries, and says so")
    func eviction() async throws {
      var random = SeededGenerator(seed: 9)
      var configuration = try configuration("a", &random)
      configuration.journal = JournalOptions(capacity: 1 << 20)
      configuration.processing = []
      configuration.formulas = []
      configuration.text = ConfigurationText(
        """
        schema: iiot/1
        gateway: {id: g, data: x}
        buses: {made-up: {driver: simulator}}
        devices: {sim: {bus: made-up, tags: {p: {shape: sine}, q: {shape: sine}}}}
        """)
      let events = (0..<40_000).map { index in
        JournalEntry.wire(
          "made-up",
          .values(
            NamedValues(
              names: ["sim/p"], entries: [.init(name: 0, value: .int64(Int64(index)))])),
          time(Int64(index)))
      }
      let stored = try await run(configuration, events, gathering: nil)
      let (samples, findings) = try replayed(folder.file("a/journal"))
      #expect(findings.contains { $0.contains("evicted") })
      #expect(findings.contains { $0.contains("start of the run is not in the journal") })
      #expect(samples.count > 1000 && samples == Array(stored.suffix(samples.count)))
    }

    @Test(
      "what another configuration changes: which values, by how much, from when, and what it costs")
    func comparison() async throws {
      func configuration(_ factor: Int, _ every: String, _ rule: String) throws
        -> GatewayConfiguration
      {
        try GatewayConfiguration(
          yaml: """
            schema: iiot/1
            gateway: {id: g, data: \(folder.file("a"))}
            journal: {}
            buses: {plc: {driver: modbus-tcp, host: 127.0.0.1}, made-up: {driver: simulator}}
            devices:
              pump: {bus: plc, every: \(every), tags: {a: {at: holding/0}, b: {at: holding/1}}}
              sim: {bus: made-up, tags: {p: {shape: sine}, q: {shape: sine}}}
            formulas: {f/x: {expression: "{sim/p} * \(factor)"}}
            processing: {sim/q: {\(rule)}}
            """)
      }
      let events = (0..<200).map { index in
        JournalEntry.wire(
          "made-up",
          .values(
            NamedValues(
              names: ["sim/p", "sim/q"],
              entries: [
                .init(name: 0, value: .double(Double(index % 10))),
                .init(name: 1, value: .double(Double(index / 2))),
              ])), time(Int64(index) * 100))
      }
      let old = try configuration(2, "100ms", "deadband: 0")
      let stored = try await run(old, events, gathering: nil)
      let journal = folder.file("a/journal")
      let same = try JournalComparison(folder: journal, from: old, to: old)
      #expect(same.tags.isEmpty && same.old == same.new && same.old.samples == stored.count)

      let new = try configuration(3, "200ms", "deadband: 1000")
      let changed = try JournalComparison(folder: journal, from: old, to: new)
      #expect(changed.tags.map(\.name) == ["f/x", "sim/q"])
      // A tenth of the values is 0, whatever the factor.
      #expect(changed.tags[0].differing == 180 && changed.tags[0].largestDifference == 9)
      #expect(
        changed.tags[0].first
          == .init(time: time(100).gateway, old: .double(2), new: .double(3)))
      #expect(changed.tags[1].oldCount == 100 && changed.tags[1].newCount == 1)
      #expect(changed.tags[1].differing == 99 && changed.tags[1].largestDifference == nil)
      #expect(
        changed.tags[1].first == .init(time: time(200).gateway, old: .double(1), new: nil))
      #expect(changed.new.samples == stored.count - 99 && changed.new.bytes < changed.old.bytes)
      #expect(changed.old.requestRate == 10 && changed.new.requestRate == 5)
      #expect(changed.span == .milliseconds(19_900))
      #expect(
        changed.findings == [
          "old: bus plc: not in the journal", "new: bus plc: not in the journal",
        ])
    }

    // MARK: -

    private func time(_ milliseconds: Int64) -> WireTime {
      WireTime(
        gateway: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + milliseconds * 1_000_000),
        monotonic: 77 + milliseconds * 1_000_000)
    }

    /// What happens to a gateway, at times that go on by chance.
    private func events(_ random: inout SeededGenerator) -> [JournalEntry] {
      var now: Int64 = 0
      return (0..<300).map { index in
        now += Int64.random(in: 0...40, using: &random)
        if index % 50 == 49 { now += 3000 }
        let time = time(now)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .tick(time)
        case 1: return .wire("broker", Bool.random(using: &random) ? .lost : .back, time)
        case 2...4: return .wire("plc", .registers(round(time, &random)), time)
        case 5, 6:
          var frames = CANFrameBatch()
          for offset in 0..<Int.random(in: 1...5, using: &random) {
            frames.append(
              CANFrame(
                time: time.gateway.nanoseconds + Int64(offset / 2),
                identifier: CANIdentifier(truncating: offset == 3 ? 5 : 291),
                payload: CANPayload(
                  (0..<(offset == 4 ? 1 : 8)).map { _ in UInt8.random(in: 0...255, using: &random) }
                )
                  ?? CANPayload()))
          }
          return .wire("can", .frames(frames), time)
        case 7, 8:
          let messages = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            MQTTMessage(
              topic: "plant/t\(Int.random(in: 0...4, using: &random))/raw",
              text: #"{"level":\#(Int.random(in: 0...9, using: &random))}"#,
              retain: Int.random(in: 0...9, using: &random) == 0)
          }
          return .wire("broker", .messages(messages), time)
        default:
          return .wire(
            "made-up",
            .values(
              NamedValues(
                names: ["sim/p", "sim/q"],
                entries: [
                  .init(name: 0, value: .double(Double.random(in: 0...10, using: &random))),
                  .init(
                    name: 1, value: .int64(Int64.random(in: 0...3, using: &random)),
                    quality: Int.random(in: 0...9, using: &random) == 0 ? .badTimeout : .good),
                ])), time)
        }
      }
    }

    private func round(_ time: WireTime, _ random: inout SeededGenerator) -> RegisterRound {
      var answer = RegisterRound.Answer(
        span: .init(unit: 1, table: .holding, address: 0, count: 8))
      if Int.random(in: 0...5, using: &random) == 0 {
        answer.quality = .badTimeout
      } else {
        answer.time = time.gateway.nanoseconds - 1000
        answer.words = ArraySlice((0..<8).map { _ in UInt16.random(in: 0...99, using: &random) })
      }
      var coils = RegisterRound.Answer(span: .init(unit: 1, table: .coil, address: 0, count: 3))
      coils.time = time.gateway.nanoseconds
      coils.words = [UInt16.random(in: 0...7, using: &random)]
      let every: Int64 = Bool.random(using: &random) ? 1_000_000_000 : 5_000_000_000
      return RegisterRound(device: "pump", every: every, answers: [answer, coils])
    }

    private func configuration(
      _ data: String, _ random: inout SeededGenerator
    ) throws -> GatewayConfiguration {
      let types = ["int16", "uint16", "int32", "float32", "bcd16"]
      let tags = (0..<4).map { index in
        let every = Bool.random(using: &random) ? "1s" : "5s"
        return
          "{at: holding/\(Int.random(in: 0...6, using: &random)), type: \(types.randomElement(using: &random) ?? ""), scale: \(index + 1), every: \(every)}"
      }
      let inputs = [
        "pump/r0", "pump/r1", "pump/bit", "sim/p", "sim/q", "car/M.x", "t1/level", "f/one",
      ]
      let expressions = [
        "integral({A})", "mavg({A}, 4) + {B}", "{A} * {B}", "count_if({A} > 3)", "on_time({B} > 1)",
        "delta({A})",
      ]
      func expression(_ inputs: [String]) -> String {
        (expressions.randomElement(using: &random) ?? "")
          .replacing("{A}", with: "{\(inputs.randomElement(using: &random) ?? "")}")
          .replacing("{B}", with: "{\(inputs.randomElement(using: &random) ?? "")}")
      }
      let rules = [
        "{aggregate: 100ms, functions: [mean, count]}",
        "{aggregate: 1s, late: 50ms, too_late: drop}",
        "{deadband: 1}", "{deviation: 0.5, silence: 1s}", "{class: alarm}",
        "{min: 1, max: 5, rate: 10/s}", "{gap: 100ms, deadband: 0, silence: 300ms}", "{class: log}",
      ]
      var processing = ""
      for tag in inputs + ["f/two", "t2/level"] where Int.random(in: 0...2, using: &random) > 0 {
        processing += "  \(tag): \(rules.randomElement(using: &random) ?? "")\n"
      }
      return try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file(data))}
          journal: {}
          buses:
            plc: {driver: modbus-tcp, host: 127.0.0.1}
            can: {driver: can-log, path: /no/such.log, dbc: \(folder.file("m.dbc"))}
            made-up: {driver: simulator}
            broker: {driver: mqtt, url: "mqtt://127.0.0.1", subscribe: "plant/#"}
          devices:
            pump:
              bus: plc
              tags:
                r0: \(tags[0])
                r1: \(tags[1])
                r2: \(tags[2])
                bit: {at: coil/1, every: 1s}
                more: {at: holding/7, every: 5s}
            car: {bus: can}
            sim: {bus: made-up, tags: {p: {shape: sine}, q: {shape: sine}}}
            "{device}": {bus: broker, tags: {level: {topic: "plant/{device}/raw", json: level}}}
          formulas:
            f/one: {expression: "\(expression(Array(inputs.dropLast())))"}
            f/two: {expression: "\(expression(inputs))"}
          \(processing.isEmpty ? "" : "processing:\n\(processing)")
          """.replacing(", every: 1s}", with: ", group: fast}")
            .replacing(", every: 5s}", with: ", group: slow}")
            + "\ngroups: {fast: {every: 1s}, slow: {every: 5s}}\n")
    }

    private func renamed(
      _ configuration: GatewayConfiguration, _ data: String
    ) throws -> GatewayConfiguration {
      var configuration = configuration
      configuration.dataFolder = folder.file(data)
      return configuration
    }

    /// - Parameter gathering: Decides when the lane gets what has come; nil: all at once.
    private func run(
      _ configuration: GatewayConfiguration, _ events: [JournalEntry], gathering: UInt64?,
      version: UInt32 = 3
    ) async throws -> [String] {
      try FileManager.default.createDirectory(
        atPath: configuration.dataFolder, withIntermediateDirectories: true)
      var bench = try await LaneBench(configuration, version: version)
      var random = SeededGenerator(seed: gathering ?? 0)
      for event in events {
        bench.put(event)
        if gathering != nil, Int.random(in: 0..<5, using: &random) == 0 { await bench.settle() }
      }
      try await bench.finish()
      return try stored(in: configuration.dataFolder)
    }
  }
#endif
