#if Gateway
  import Foundation
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("The text of what ran already is read as it ran", .timeLimit(.minutes(15)))
  struct PastConfigurationTests {
    /// What an earlier version took, and a gateway of now does not start with.
    static let text = """
      schema: iiot/1
      gateway: {id: g}
      buses:
        sim: {driver: simulator}
        broker: {driver: mqtt, url: "mqtt://h", subscribe: "plant/#", ca_file: ca.pem}
      devices:
        p: {bus: sim, tags: {a: {}}}
        q: {bus: broker, tags: {b: {topic: plant/b}}}
      formulas:
        p/a: {expression: "{q/b} * 2"}
        f/constant: {expression: "3 * 2"}
      buffer: {capacity: 64MB, segment: 1MB}
      sinks:
        one: {type: http, url: "http://h", ca_file: ca.pem, token: "${env:NO_SUCH_SECRET}"}
        two: {type: influxdb, url: "http://h", database: d, organization: o}
        three: {type: influxdb, url: "http://h", bucket: b, retention_policy: r}

      """

    @Test("a mistake for who wants to work with it or to look at it, and none for a replay")
    func purposes() throws {
      let paths: Set = [
        "buses.broker.ca_file", "formulas.f/constant.expression", "buffer.segment",
        "sinks.one.ca_file", "sinks.two.organization", "sinks.three.retention_policy",
      ]
      let purposes: [(ConfigurationPurpose, [String])] = [
        (.work, ["sinks.one.token"]), (.looking, []),
      ]
      for (purpose, more) in purposes {
        #expect {
          try GatewayConfiguration(yaml: Self.text, for: purpose)
        } throws: {
          Set(($0 as? ConfigurationError)?.problems.map(\.path) ?? []) == paths.union(more)
        }
      }
      let past = try GatewayConfiguration(yaml: Self.text, for: .past)
      #expect(past.formulas.count == 2 && past.sinks.count == 3)
      #expect(throws: ConfigurationError.self) {
        try GatewayConfiguration(yaml: Self.text + "sinkz: {}\n", for: .past)
      }
    }

    @Test("a formula with the name of a device's tag") func doubleName() throws {
      let text = """
        schema: iiot/1
        gateway: {id: g}
        buses: {sim: {driver: simulator}}
        devices: {p: {bus: sim, tags: {a: {}, b: {}}}}
        formulas: {p/a: {expression: "{p/b} * 2"}}
        """
      #expect {
        try GatewayConfiguration(yaml: text)
      } throws: {
        ($0 as? ConfigurationError)?.problems.map(\.path) == ["formulas.p/a"]
      }
      #expect(try GatewayConfiguration(yaml: text, for: .past).formulas.count == 1)
    }

    @Test("a journal with such a text is replayed")
    func replay() async throws {
      let folder = try TemporaryFolder()
      let journal = Journal(JournalOptions(capacity: 2 << 20), dataFolder: folder.path) {
        Issue.record("\($0)")
      }
      journal.note(
        .start(JournalState(configuration: .init(version: 1, text: Self.text), nextSequence: 1)),
        before: 1)
      journal.finish()
      await journal.run()
      var replay = try JournalReplay(folder: Journal.folder(in: folder.path))
      while try replay.next() != nil {}
    }
  }
#endif
