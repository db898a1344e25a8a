#if Gateway
  import Foundation
  import Gateway
  import TestSupport
  import Testing

  @Suite("An alarm gets through a flood and an outage", .timeLimit(.minutes(15)))
  struct UrgencyTests {
    @Test(
      "a class in the file, a sink that is away: alarms come first, and the flood takes no room of theirs"
    )
    func outage() async throws {
      let folder = try TemporaryFolder()
      func text(_ path: String) -> String {
        """
        schema: iiot/1
        gateway: {id: g, data: \(folder.file("data"))}
        buffer: {capacity: 1MiB, segment: 64KiB}
        buses: {sim: {driver: simulator}}
        devices:
          flood: {bus: sim, every: 1ms, tags: {\((0..<200).map { "t\($0): {shape: walk}" }.joined(separator: ", "))}}
          door: {bus: sim, every: 10ms, tags: {alarm: {shape: sine}, event: {shape: sine}}}
        processing:
          door/alarm: {class: alarm}
          door/event: {class: event}
        sinks: {s: {type: file, path: \(path), format: jsonl}}
        """
      }
      var away = try GatewayConfiguration(yaml: text("/dev/full"))
      let gateway = try await GatewayRuntime(away)
      var order: [String] = []
      try await run(gateway, grace: .seconds(600)) { gateway in
        let evicted = gateway.evictedSamples(of: "s")
        guard evicted["flood"] ?? 0 > 100_000 else { return false }
        #expect(evicted["door"] == nil, "\(evicted)")
        // The destination is back.
        away = try GatewayConfiguration(yaml: text(folder.file("out.jsonl")))
        try await gateway.reload(away)
        while gateway.status.sinks[0].counts.delivered < 10_000 {
          try await Task.sleep(for: .milliseconds(5))
        }
        return true
      }
      #expect(gateway.evictedSamples(of: "s")["door"] == nil)
      let kinds = ["telemetry", "alarm", "event"]
      for line in try folder.text(of: "out.jsonl").split(separator: "\n") {
        order.append(kinds.first { line.contains("\"class\":\"\($0)\"") } ?? "?")
      }
      // None of the alarms and events is missing: what waited of them came before all that waited of the flood.
      let urgent = order.prefix { $0 != "telemetry" }
      #expect(urgent.count > 20 && Set(urgent) == ["alarm", "event"], "\(urgent.count)")
      let telemetry = order.count { $0 == "telemetry" }
      #expect(telemetry > 1000 && !order.contains("?"))
      let status = gateway.status
      #expect(status.acquired == status.stored)
      let numbers = try folder.text(of: "out.jsonl").split(separator: "\n")
        .filter { $0.contains("door/alarm") }.count
      // As often as the event, which is read in the same rounds.
      let events = order.count { $0 == "event" }
      #expect(numbers == events)
    }
  }
#endif
