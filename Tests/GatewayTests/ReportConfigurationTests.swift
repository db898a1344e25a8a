#if Gateway
  import Gateway
  import Sinks
  import Testing

  @Suite("Reports in the configuration") struct ReportConfigurationTests {
    static let local = "local: {type: history, path: h.db, max_size: 2MiB, max_age: 1d}"

    @Test("all keys, and the defaults") func reads() throws {
      let configuration = try load(
        """
          a: {every: 15min, folder: out, history: local, tags: [p/*, q/x], decimals: 2, wait: 1min, gzip_after: 1d, delete_after: 2d}
          b: {every: 1d, folder: out, tags: p/x}
        """)
      var first = ReportRule(name: "a", history: "local", minutes: 15, folder: "out")
      (first.tags, first.decimals, first.wait) = (["p/*", "q/x"], 2, .seconds(60))
      (first.compressAfter, first.deleteAfter) = (.seconds(86_400), .seconds(172_800))
      var second = ReportRule(name: "b", history: "local", minutes: 1440, folder: "out")
      second.tags = ["p/x"]
      #expect(configuration.reports == [first, second])
      #expect(second.isDaily && first.interval == "15min")
      #expect(
        configuration.history()
          == HistoryOptions(path: "h.db", maximumSize: 2 << 20, maximumAge: .seconds(86_400)))
      #expect(configuration.timeZone == "Europe/Prague")
    }

    @Test(
      "mistakes are told with their key",
      arguments: [
        ("{folder: out}", "reports.r"), ("{every: 1h}", "reports.r"),
        ("{every: 7min, folder: out}", "reports.r.every"),
        ("{every: 30s, folder: out}", "reports.r.every"),
        ("{every: 2d, folder: out}", "reports.r.every"),
        ("{every: 1h, folder: out, history: lokal}", "reports.r.history"),
        ("{every: 1h, folder: out, decimals: 18}", "reports.r.decimals"),
        ("{every: 1h, folder: out, tags: [[a]]}", "reports.r.tags"),
      ])
    func tells(report: String, path: String) {
      do {
        _ = try load("  r: \(report)")
        Issue.record("taken")
      } catch {
        #expect(error.problems.map(\.path) == [path], "\(error)")
      }
    }

    @Test("two that would write the same files are told", arguments: ["out", "./out/"])
    func sameFiles(folder: String) {
      #expect {
        try load("  a: {every: 1h, folder: out}\n  b: {every: 60min, folder: \(folder)}")
      } throws: { error in
        (error as? ConfigurationError)?.problems.map(\.path) == ["reports.b"]
      }
      #expect(throws: Never.self) {
        try load("  a: {every: 1h, folder: out}\n  b: {every: 30min, folder: \(folder)}")
      }
    }

    @Test("which history is told when there is none, or more than one") func histories() {
      for sinks in ["", "\(Self.local)\n  other: {type: history, path: i.db}"] {
        #expect { try load("  r: {every: 1h, folder: out}", sinks: sinks) } throws: { error in
          (error as? ConfigurationError)?.problems.map(\.path) == ["reports.r"]
        }
      }
      #expect { try load("", zone: "Mars/Base") } throws: { error in
        (error as? ConfigurationError)?.problems.map(\.path) == ["gateway.timezone"]
      }
    }

    private func load(
      _ reports: String, sinks: String = local, zone: String = "Europe/Prague"
    ) throws(ConfigurationError) -> GatewayConfiguration {
      try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, timezone: \(zone)}
          sinks:
            \(sinks.isEmpty ? "out: {type: file, path: x}" : sinks)
          reports:
          \(reports.isEmpty ? "  r: {every: 1h, folder: out}" : reports)
          """)
    }
  }
#endif
