#if History
  import Foundation
  import IndustrialModel
  import Sinks
  import TestSupport
  import Testing

  @testable import Gateway

  private let python = PeerProcess.find("python3")

  @Suite("Reports of what tags were like", .timeLimit(.minutes(15))) struct ReportTests {
    let folder: TemporaryFolder
    let tags = TagRegistry()

    init() throws { folder = try TemporaryFolder() }

    @Test(
      "each file and number is what an independent program makes of the same history, also when the clocks are set",
      .enabled(if: python != nil, "python3 is not installed"),
      arguments: [
        // When the clocks are set forward and back, and a place where it is by half an hour.
        ("Europe/Prague", 1_774_746_000), ("Europe/Prague", 1_792_890_000),
        ("Australia/Lord_Howe", 1_775_314_800), ("UTC", 1_767_225_600),
      ], [(1, 30), (15, 12), (60, 12), (360, 5), (1440, 2)])
    func recomputed(
      place: (zone: String, moment: Int64), length: (minutes: Int, spans: Int64)
    ) async throws {
      let minutes = length.minutes
      let zone = try #require(TimeZoneRules(named: place.zone))
      let calendar = ReportCalendar(zone: zone, minutes: minutes)
      let around = length.spans * Int64(minutes) * 60
      let first = calendar.span(containing: place.moment - around).start
      let last = calendar.span(containing: place.moment + around).end
      try await fill(from: first, to: last, every: max(7, 2 * around / 3000))
      let runner = try ReportRunner(rule(minutes), of: configuration(place.zone, minutes))
      let files = try await runner.write(from: seconds(first), to: seconds(last))
      #expect(files.count > 2)
      let script = URL(filePath: #filePath).appending(path: "../../Fixtures/gateway/recompute.py")
      let answer = try await Tool(
        try #require(python),
        [
          script.standardized.path, folder.file("h.db"), folder.file("out"), place.zone,
          "\(minutes)", "\(first)", "\(last)",
        ])
      let lines = answer.output.split(separator: "\n")
      #expect(
        answer.status == 0 && lines.count == 1, "\(answer.output.prefix(2000)) \(answer.errors)")
      #expect(lines.last?.hasPrefix("\(files.count) ") == true)
    }

    @Test("columns and quotes are those of the reference") func form() async throws {
      let sink = try HistorySink(HistoryOptions(path: folder.file("h.db")), tags: tags)
      let samples = [1.0, 2, 4].enumerated().map { number, value in
        Sample(
          tag: tags.intern("p/a\""), value: .double(value), gatewayTime: seconds(Int64(number)),
          sequence: UInt64(number))
      }
      try await sink.deliver(SampleBatch(samples))
      var configuration = configuration("Europe/Prague", 60)
      configuration.formulas = [.init(tag: "p/a\"", expression: "1", unit: "m3/h")]
      var runner = try ReportRunner(rule(60), of: configuration)
      #expect(
        try await runner.write(from: seconds(0), to: seconds(3600))
          == [folder.file("out/report_1hour_1970-01-01_0100.csv")])
      #expect(
        try folder.text(of: "out/report_1hour_1970-01-01_0100.csv") == """
          "timestamp","sensor_id","sensor_name","unit","interval","count","mean","min","max","stddev"
          "1970-01-01T01:00:00+01:00",1,"p/a""\","m3/h","1hour",3,2.3333,1.0,4.0,1.5275

          """)
      runner = try ReportRunner(rule(1440), of: configuration)
      #expect(try await runner.write(from: seconds(0), to: seconds(90_000)).count == 1)
      #expect(
        try folder.text(of: "out/daily_summary_1970-01-01.csv") == """
          "date","sensor_id","sensor_name","unit","count","mean","min","max","stddev"
          "1970-01-01",1,"p/a""\","m3/h",3,2.3333,1.0,4.0,1.5275

          """)
    }

    @Test("what was missed is made up for, once; a clock that is set does no harm")
    func schedule() async throws {
      try await fill(from: 1_767_225_600, to: 1_767_225_600 + 7200, every: 60)
      let configuration = configuration("UTC", 60)
      try FileManager.default.createDirectory(
        atPath: configuration.dataFolder, withIntermediateDirectories: true)
      func start() throws -> ReportRunner {
        try ReportRunner(rule(60), of: configuration, remembers: true)
      }
      func due(_ runner: ReportRunner, _ time: Int64, isWhole: Bool = true) async throws {
        try await runner.writeDue(now: seconds(1_767_225_600 + time)) { _ in isWhole }
      }
      var runner = try start()
      // The first start: what was before is not reported.
      try await due(runner, 100)
      #expect(files().isEmpty)
      // Not yet: what is on its way may arrive, and the history has not all yet.
      try await due(runner, 3605)
      try await due(runner, 3700, isWhole: false)
      #expect(files().isEmpty)
      try await due(runner, 3700)
      #expect(files() == ["report_1hour_2026-01-01_0000.csv"])
      // The gateway was away for a day.
      runner = try start()
      try await due(runner, 90_000)
      #expect(files().count == 2)
      // What is written is not written again.
      try FileManager.default.removeItem(
        atPath: folder.file("out/report_1hour_2026-01-01_0000.csv"))
      try await due(runner, 90_010)
      #expect(files() == ["report_1hour_2026-01-01_0100.csv"])
      // A boot in 1970 or when the system was built, until the network tells the time: nothing is written again.
      for time in [5, 1_700_000_000] as [Int64] {
        runner = try start()
        for minute in [0, 59] as [Int64] {
          let reason = try await runner.writeDue(
            now: seconds(time), at: minute * 60_000_000_000
          ) { _ in true }
          #expect(reason?.contains("go on in \(60 - minute) minutes") == true, "\(reason ?? "")")
        }
        try await due(runner, 90_020)
        #expect(files() == ["report_1hour_2026-01-01_0100.csv"])
      }
      // A clock ten years ahead for a moment, and right again: reports go on, an hour later.
      try await due(runner, 315_360_000)
      try await fill(from: 1_767_225_600 + 97_200, to: 1_767_225_600 + 100_800, every: 60)
      runner = try start()
      for (time, minutes) in [(97_300, 0), (97_301, 60), (100_900, 120)] as [(Int64, Int64)] {
        try await runner.writeDue(
          now: seconds(1_767_225_600 + time), at: minutes * 60_000_000_000
        ) { _ in true }
      }
      #expect(files().contains("report_1hour_2026-01-02_0300.csv"), "\(files())")
    }

    @Test("a gateway that is started again and again waits an hour for a clock that was ahead")
    func restarts() async throws {
      let configuration = try await configurationFarAhead()
      var reasons: [String?] = []
      for start in [0, 55] as [Int64] {
        let runner = try ReportRunner(rule(60), of: configuration, remembers: true)
        for minute in [0, 50] as [Int64] {
          reasons.append(try await look(runner, at: start + minute, after: minute))
        }
      }
      #expect(reasons.map { $0 != nil } == [true, true, true, false])
      #expect(
        reasons[0]
          == "the clock is behind the last report: it shows 2026-01-01T00:00:00.000000000Z, and reports are written up to "
          + "2036-01-01T00:00:00.000000000Z; they go on in 60 minutes, or when the clock is set right"
      )
      #expect(reasons[2]?.contains("in 10 minutes") == true)
      // From where the clock was when it was first seen behind.
      #expect(files() == ["report_1hour_2026-01-01_0000.csv"])
    }

    @Test("a clock that begins anew with each boot is not believed for having been looked at often")
    func boots() async throws {
      let configuration = try await configurationFarAhead()
      for (length, boots) in [(50, 3), (1, 70), (59, 3)] as [(Int64, Int)] {
        for _ in 0..<boots {
          let runner = try ReportRunner(rule(60), of: configuration, remembers: true)
          for minute in [0, length] {
            #expect(try await look(runner, at: minute, after: minute) != nil)
          }
        }
      }
      #expect(files().isEmpty)
    }

    @Test("a clock that is set while it is behind is believed an hour later, and not for before")
    func setClock() async throws {
      let configuration = try await configurationFarAhead()
      let runner = try ReportRunner(rule(60), of: configuration, remembers: true)
      // From the year 2000 to the second hour of the history.
      #expect(try await look(runner, at: -26 * 365 * 1440, after: 0) != nil)
      #expect(try await look(runner, at: 61, after: 30) != nil)
      #expect(try await look(runner, at: 120, after: 89) != nil)
      #expect(try await look(runner, at: 122, after: 91) == nil)
      #expect(files() == ["report_1hour_2026-01-01_0100.csv"])
    }

    @Test("old files are compressed, then deleted; others are left alone") func tidying()
      async throws
    {
      try await fill(from: 1_767_225_600, to: 1_767_225_600 + 3 * 86_400, every: 600)
      var rule = rule(1440)
      rule.compressAfter = .seconds(86_400)
      rule.deleteAfter = .seconds(2 * 86_400)
      let configuration = configuration("UTC", 1440)
      let runner = try ReportRunner(rule, of: configuration)
      let end = seconds(1_767_225_600 + 3 * 86_400)
      #expect(try await runner.write(from: seconds(1_767_225_600), to: end).count == 3)
      let strangers = ["daily_summary_2020-01-01.txt", "report_1hour_2020-01-01_0000.csv", "x.csv"]
      for name in strangers { try folder.write("mine", to: "out/\(name)") }
      let second = try folder.text(of: "out/daily_summary_2026-01-02.csv")
      let reports = ReportFolder(
        rule: rule, calendar: ReportCalendar(zone: .utc, minutes: 1440))
      try reports.tidy(now: 1_767_225_600 + 3 * 86_400)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
      #expect(
        Set(names)
          == Set(strangers + ["daily_summary_2026-01-02.csv.gz", "daily_summary_2026-01-03.csv"]))
      let unpacked = try await Tool(
        "/bin/gzip", ["-dc", folder.file("out/daily_summary_2026-01-02.csv.gz")])
      #expect(unpacked.output == second)
      // Made again, the new one takes the place of the compressed one.
      _ = try await runner.write(from: seconds(1_767_225_600 + 86_400), to: end)
      #expect(
        !FileManager.default.fileExists(atPath: folder.file("out/daily_summary_2026-01-02.csv.gz")))
    }

    @Test("a running gateway writes what is due") func running() async throws {
      let configuration = try await configurationWithReportsDue()
      let events = EventLog()
      let gateway = try await GatewayRuntime(configuration, events: events.add)
      try await run(gateway) { _ in written() >= 2 }
      #expect(events.all.allSatisfy { $0.level != .error }, "\(events.all)")
      #expect(gateway.status.sinks.first?.counts.newest != nil)
    }

    @Test(
      "what is wrong with a report is told while it lasts, and not after the reload that mends it")
    func mended() async throws {
      let right = try await configurationWithReportsDue()
      var wrong = right
      wrong.reports[0].folder = "/dev/null/out"
      let gateway = try await GatewayRuntime(wrong)
      func isTold() -> Bool { gateway.conditions.contains { $0.source == "report r" } }
      try await run(gateway) { gateway in
        while !isTold() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(written() == 0)
        try await gateway.reload(right)
        while written() < 2 || isTold() { try await Task.sleep(for: .milliseconds(10)) }
        return true
      }
    }

    @Test("that the clock is behind the last report is told once, also when something else changes")
    func behind() async throws {
      let configuration = try await configurationWithReportsDue()
      var other = configuration
      other.reports.append(configuration.reports[0])
      other.reports[1].name = "q"
      other.reports[1].minutes = 30
      other.formulas = [.init(tag: "f/x", expression: "{d/s} + 1", unit: "m")]
      for name in ["r", "q"] {
        try folder.write("2200-01-01T00:00:00Z\n", to: "data/report-\(name).next")
      }
      let events = EventLog()
      let gateway = try await GatewayRuntime(configuration, events: events.add)
      func isTold(_ source: String) -> Bool {
        gateway.conditions.contains {
          $0.source == source && $0.level == .warning && $0.message.contains("the clock is behind")
        }
      }
      try await run(gateway) { gateway in
        while !isTold("report r") { try await Task.sleep(for: .milliseconds(10)) }
        try await gateway.reload(other)
        while !isTold("report q") { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isTold("report r"))
        return true
      }
      #expect(events.all.count { $0.source == "report r" } == 1)
      #expect(written() == 0)
    }

    // MARK: -

    /// With two hours of history from 2026 on, and reports that were written up to 2036.
    private func configurationFarAhead() async throws -> GatewayConfiguration {
      try await fill(from: Self.year2026, to: Self.year2026 + 7200, every: 60)
      let configuration = configuration("UTC", 60)
      try FileManager.default.createDirectory(
        atPath: configuration.dataFolder, withIntermediateDirectories: true)
      try folder.write("2036-01-01T00:00:00Z\n", to: "data/report-r.next")
      return configuration
    }

    private static let year2026: Int64 = 1_767_225_600

    /// Has a report look at a clock.
    ///
    /// - Parameters:
    ///   - minute: What the clock shows, since the beginning of 2026.
    ///   - monotonic: How many minutes the machine has run.
    private func look(
      _ runner: ReportRunner, at minute: Int64, after monotonic: Int64
    ) async throws -> String? {
      try await runner.writeDue(
        now: seconds(Self.year2026 + minute * 60), at: monotonic * 60_000_000_000
      ) { _ in true }
    }

    /// The names of the reports.
    private func files() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.file("out"))) ?? []).sorted()
    }

    /// Of a gateway that was away for two spans.
    private func configurationWithReportsDue() async throws -> GatewayConfiguration {
      let hour = Int64(Date().timeIntervalSince1970) / 3600 * 3600
      try await fill(from: hour - 7200, to: hour, every: 30)
      var configuration = configuration("UTC", 60)
      configuration.buses = [.init(name: "sim", transport: .simulator)]
      configuration.devices = [
        .init(name: "d", bus: "sim", every: .milliseconds(5), simulated: [SimulatedTag(name: "s")])
      ]
      configuration.buffer = .init(capacity: 4 << 20, segment: 1 << 20)
      try FileManager.default.createDirectory(
        atPath: configuration.dataFolder, withIntermediateDirectories: true)
      let earlier = Timestamp(nanoseconds: (hour - 7200) * 1_000_000_000)
      try folder.write("\(earlier)\n", to: "data/report-r.next")
      return configuration
    }

    /// How many reports there are.
    private func written() -> Int {
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
      return (names ?? []).count { $0.hasSuffix(".csv") }
    }

    private func configuration(_ zone: String, _ minutes: Int) -> GatewayConfiguration {
      var configuration = GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        sinks: [.init(name: "h", kind: .history(HistoryOptions(path: folder.file("h.db"))))])
      configuration.timeZone = zone
      configuration.reports = [rule(minutes)]
      return configuration
    }

    private func rule(_ minutes: Int) -> ReportRule {
      ReportRule(name: "r", history: "h", minutes: minutes, folder: folder.file("out"))
    }

    /// Three tags with values of every kind.
    private func fill(from first: Int64, to last: Int64, every: Int64) async throws {
      let sink = try HistorySink(HistoryOptions(path: folder.file("h.db")), tags: tags)
      var random = SeededGenerator(seed: UInt64(first))
      var batch = SampleBatch()
      var sequence = UInt64(first)
      for time in stride(from: first, to: last, by: Int64.Stride(every)) {
        let value = Double.random(in: -1...1, using: &random)
        let more: [(String, Value, Quality)] = [
          ("p/flow", .double(1e6 + value), .good), ("p/on", .bool(value > 0), .uncertainSubNormal),
          ("p/count", .int64(Int64(value * 1000)), value > 0.9 ? .badTimeout : .good),
          ("p/name", .string("x"), .good),
          ("p/odd", value > 0 ? .none : .double(.infinity), .good),
        ]
        for (name, value, quality) in more {
          sequence += 1
          batch.append(
            Sample(
              tag: tags.intern(name), value: value, quality: quality, gatewayTime: seconds(time),
              sequence: sequence))
        }
      }
      try await sink.deliver(batch)
      await sink.close()
    }

    private func seconds(_ seconds: Int64) -> Timestamp {
      Timestamp(nanoseconds: seconds * 1_000_000_000)
    }
  }
#endif
