#if Gateway
  import Foundation
  import MQTT
  import Modbus
  import StoreForward
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("The journal of a gateway gives again what was stored", .timeLimit(.minutes(15)))
  struct JournalTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
      "buses of all kinds, formulas, windows and doors; a reload in the middle, a stop and a start")
    func live() async throws {
      let server = try ModbusServer(
        port: 0, holes: [RegisterBlock(.holding, 5, count: 1)])
      let broker = Mosquitto.isInstalled ? try await Mosquitto() : nil
      let publisher = try broker.map { try MQTTClient($0.url) }
      let first = try configuration(server, broker, edition: 1)
      let second = try configuration(server, broker, edition: 2)

      var number: UInt16 = 0
      var hasReloaded = false
      func change() async throws {
        number += 1
        let words = [number % 50, number, 7]
        _ = server.withBank { $0.setRegisters(words, at: RegisterAddress(.holding, 0)) }
        if number % 4 == 0 {
          try await publisher?.publish(
            #"{"level":\#(number % 9),"text":"n\#(number)"}"#, to: "plant/t\(number % 3)/raw")
        }
      }
      let gateway = try await GatewayRuntime(first)
      try await run(gateway) { gateway in
        try await change()
        if gateway.status.stored > 400, !hasReloaded {
          hasReloaded = true
          try await gateway.reload(second)
        }
        let latest = Set(gateway.latest.map { gateway.tags.name(of: $0.tag) })
        let hasMessages = broker == nil || latest.contains("t1/level")
        return hasReloaded && hasMessages && gateway.status.stored > 1000
      }
      if let broker { broker.kill() }
      let again = try await GatewayRuntime(second)
      try await run(again) { gateway in
        try? await change()
        return gateway.status.stored > 400
      }

      let stored = try stored(in: folder.file("data"))
      let (samples, findings) = try replayed(folder.file("data/journal"))
      #expect(findings == [])
      #expect(stored.count > 1400 && samples.count == stored.count)
      let difference = zip(stored, samples).first { $0 != $1 }
      #expect(difference == nil, "stored \(difference?.0 ?? "") replayed \(difference?.1 ?? "")")
      let twice = try replayed(folder.file("data/journal")).samples
      #expect(twice == samples)
      // What the test is about is there.
      for part in ["sum/total", "sim/wave.mean", "pump/hole", "car/M.x", "v1 ", "v2 ", "event"] {
        #expect(samples.contains { $0.contains(part) }, "\(part)")
      }
      #expect(broker == nil || samples.contains { $0.contains("t1/level") })
    }

    @Test("a gateway without a journal makes none")
    func off() async throws {
      let gateway = try await GatewayRuntime(
        .simulated(in: folder, tags: [SimulatedTag(name: "s")]))
      try await run(gateway) { $0.status.stored > 10 }
      #expect(!FileManager.default.fileExists(atPath: folder.file("data/journal")))
    }

    @Test(
      "a journal that can't be written is told once, and the gateway goes on; then it says where entries are missing"
    )
    func unwritable() async throws {
      try FileManager.default.createDirectory(
        atPath: folder.file("data"), withIntermediateDirectories: false)
      try folder.write("", to: "data/journal")
      let events = EventLog()
      var configuration = GatewayConfiguration.simulated(
        in: folder, tags: [SimulatedTag(name: "s")])
      configuration.journal = JournalOptions(capacity: 1 << 20)
      configuration.text = ConfigurationText(simulated)
      let gateway = try await GatewayRuntime(configuration, events: events.add)
      var isFree = false
      try await run(gateway) { gateway in
        guard events.all.contains(where: { $0.source == "journal" }), gateway.status.stored > 50
        else { return false }
        if !isFree {
          try FileManager.default.removeItem(atPath: folder.file("data/journal"))
          isFree = true
        }
        return events.all.contains { $0.source == "journal" && $0.phase == .ends }
      }
      let told = events.all.filter { $0.source == "journal" }
      #expect(told.map(\.phase) == [.begins, .ends])
      let (samples, findings) = try replayed(folder.file("data/journal"))
      #expect(findings.contains { $0.contains("could not be written") })
      #expect(findings.contains { $0.contains("start of the run is not in the journal") })
      // What comes behind the gap has the numbers that were stored.
      let stored = try stored(in: folder.file("data"))
      #expect(samples.count > 0 && samples == Array(stored.suffix(samples.count)))
    }

    // MARK: -

    private var simulated: String {
      """
      schema: iiot/1
      gateway: {id: g, data: \(folder.file("data"))}
      buses: {made-up: {driver: simulator}}
      devices: {sim: {bus: made-up, tags: {s: {shape: sine}}}}
      """
    }

    private func configuration(
      _ server: ModbusServer, _ broker: Mosquitto?, edition: Int
    ) throws -> GatewayConfiguration {
      try folder.writeDatabase(signals: ["x", "y"])
      let frames = (0..<200).map {
        let hex = String(format: "%02X00%02X0000000000", $0 % 7, $0 % 256)
        return "(\(1_600_000_000 + $0 / 3).000000) can0 123#\(hex)\n"
      }
      try folder.write(frames.joined(), to: "can.log")
      let mqtt = broker.map { broker in
        (
          "  broker: {driver: mqtt, url: \"\(broker.url)\", subscribe: \"plant/#\", client_id: j}\n",
          """
            "{device}":
              bus: broker
              tags:
                level: {topic: "plant/{device}/raw", json: level}
                text: {topic: "plant/{device}/raw", json: text, type: text}

          """
        )
      }
      return try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("data"))}
          journal: {capacity: 8MiB}
          buses:
            plc: {driver: modbus-tcp, host: 127.0.0.1, port: \(server.port), timeout: 5s}
            can: {driver: can-log, path: \(folder.file("can.log")), dbc: \(folder.file("m.dbc"))}
            made-up: {driver: simulator}
            host: {driver: system}
          \(mqtt?.0 ?? "")
          devices:
            pump:
              bus: plc
              every: \(edition == 1 ? "4ms" : "3ms")
              tags:
                a: {at: holding/0, scale: \(edition == 1 ? "0.5" : "0.25")}
                b: {at: holding/1, type: int16}
                hole: {at: holding/5}
            slow:
              bus: plc
              every: 20ms
              tags: {wide: {at: holding/0, type: uint32}}
            car: {bus: can}
            edge: {bus: host, every: 50ms}
            sim:
              bus: made-up
              every: 2ms
              tags:
                wave: {shape: sine, period: 300ms}
                steps: {shape: walk}
                door: {shape: ramp, period: 100ms}
          \(mqtt?.1 ?? "")
          formulas:
            sum/total: {expression: "integral({pump/a}) + count_if({sim/steps} > 50)"}
            sum/mean: {expression: "mavg({sim/wave}, \(edition == 1 ? 5 : 9))"}
            sum/can: {expression: "{car/M.x} + delta({car/M.y})"}
          processing:
            sim/wave: {aggregate: \(edition == 1 ? "40ms" : "70ms")}
            sum/mean: {aggregate: 30ms, functions: [max, count]}
            sim/steps: {deadband: 2, silence: 200ms}
            sim/door: {deviation: 3, silence: 500ms}
            pump/b: {class: event}
            pump/a: {min: 1, max: 20, rate: 100/s, gap: 1s}
            slow/*: {deviation: 1}
          buffer: {capacity: 32MiB, segment: 1MiB}
          """)
    }
  }
#endif
