#if Gateway && HTTP
  import Foundation
  import IndustrialModel
  import Sinks
  import StoreForward
  import TestSupport
  import Testing

  @testable import Gateway

  /// The ledger beside what others count, where disks fail, sinks come and go, and the power is cut.
  @Suite("The ledger balances through faults", .timeLimit(.minutes(30)))
  struct LedgerFaultTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func seed() -> UInt64 {
      ProcessInfo.processInfo.environment["IIOT_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0 ... .max)
    }

    // MARK: Power cuts

    @Test(
      "power cuts at random places of runs that are killed, reloaded and find a full disk lose what was not synced, of the buffer, the ledger and a file alike",
      .enabled(if: FaultyDisk.isThere, "needs a C compiler and iiotctl, no sanitizer"))
    func powerCuts() async throws {
      let seed = Self.seed()
      var random = SeededGenerator(seed: seed)
      var disk = try await loggedDisk()
      let client = ControlClient(dataFolder: folder.file("disk/data"))
      for round in 1...(Soak.isOn ? 4 : 3) {
        // At its beginning a full disk would end it at once; later it waits for room.
        disk.rules = ["full:/disk/:\(Int.random(in: 100...300, using: &random)):3"]
        let process = try GatewayTool.run(in: folder, environment: disk.environment)
        try await waitForLines(round * 12_000 - 6000, in: "disk/all.jsonl", of: process)
        try writeConfiguration(
          data: folder.file("disk/data"), all: folder.file("disk/all.jsonl"),
          extra: round % 2 == 1 ? folder.file("disk/extra.jsonl") : nil)
        _ = try? await client.ask("reload")
        try await waitForLines(round * 12_000, in: "disk/all.jsonl", of: process)
        process.end()
      }
      // Every sample that was ever stored.
      var tags = try IndependentCounts.inLines(of: folder.file("disk/all.jsonl"))
      tags.merge(try IndependentCounts.inBuffer(of: folder.file("disk/data"))) { $1 }
      try #require(Set(tags.keys) == Set(1...UInt64(tags.count)))
      let cuts = PowerCut(log: [UInt8](try Data(contentsOf: URL(filePath: folder.file("log")))))
      let places = (0..<(Soak.isOn ? 300 : 25)).map { _ in
        Int.random(in: 0...cuts.count, using: &random)
      }
      var evictions = 0
      try await cuts.disks(after: places, using: &random) { cut, files in
        let comment: Comment = "seed \(seed), cut behind change \(cut) of \(cuts.count)"
        let left = folder.file("left-\(cut)")
        defer { try? FileManager.default.removeItem(atPath: left) }
        try write(files, to: left)
        let ledger = try await settled(left)
        try compare(ledger, in: left, tags, comment)
        if ledger.sinks.contains(where: { $0.tags.contains { $0.evicted > 0 } }) { evictions += 1 }
      }
      #expect(evictions > 0, "seed \(seed)")
    }

    @Test(
      "a power cut anywhere in the first start leaves nothing that the next one calls damaged",
      .enabled(if: FaultyDisk.isThere, "needs a C compiler and iiotctl, no sanitizer"))
    func powerCutInTheFirstStart() async throws {
      let seed = Self.seed()
      var random = SeededGenerator(seed: seed)
      let disk = try await loggedDisk()
      let process = try GatewayTool.run(in: folder, environment: disk.environment)
      try await waitForLines(1, in: "disk/all.jsonl", of: process)
      process.end()
      let cuts = PowerCut(log: [UInt8](try Data(contentsOf: URL(filePath: folder.file("log")))))
      let start = try #require(cuts.firstChange(ofFileEndingIn: "all.jsonl"))
      for draw in 0..<(Soak.isOn ? 20 : 1) {
        try await cuts.disks(after: Array(0...start), using: &random) { cut, files in
          let left = folder.file("first-\(draw)-\(cut)")
          defer { try? FileManager.default.removeItem(atPath: left) }
          try write(files, to: left)
          let ledger = try await settled(left)
          #expect(ledger.discrepancies == [], "seed \(seed), cut behind change \(cut)")
        }
      }
    }

    /// A disk that writes down what happens on it, and a configuration that works there.
    private func loggedDisk() async throws -> FaultyDisk {
      var disk = try await FaultyDisk(in: folder, root: folder.file("disk/"))
      disk.log = folder.file("log")
      try FileManager.default.createDirectory(
        atPath: folder.file("disk"), withIntermediateDirectories: true)
      try writeConfiguration(data: folder.file("disk/data"), all: folder.file("disk/all.jsonl"))
      return disk
    }

    private func write(_ files: [String: [UInt8]], to left: String) throws {
      let root = folder.file("disk")
      try FileManager.default.createDirectory(
        atPath: "\(left)/data", withIntermediateDirectories: true)
      for (path, bytes) in files {
        let place = URL(filePath: left + path.dropFirst(root.count))
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: place)
      }
    }

    /// The sink `all` gets the rest; then what the folder says.
    private func settled(_ left: String) async throws -> Ledger {
      let configuration = GatewayConfiguration(
        id: "g", dataFolder: "\(left)/data", buses: [], devices: [],
        buffer: .init(capacity: 3 << 17, segment: 1 << 16),
        sinks: [.init(name: "all", kind: .file(path: "\(left)/all.jsonl", format: .jsonl))])
      let events = EventLog()
      let gateway = try await GatewayRuntime(configuration, events: events.add)
      try await gateway.run(grace: .seconds(600))
      #expect(!events.all.contains { $0.source == "ledger" }, "\(events.all)")
      return try LedgerReader.ledger(dataFolder: "\(left)/data")
    }

    private func compare(
      _ ledger: Ledger, in left: String, _ tags: [UInt64: String], _ comment: Comment
    ) throws {
      #expect(ledger.discrepancies == [], comment)
      let there = try IndependentCounts.inBuffer(of: "\(left)/data")
      let received = try IndependentCounts.inLines(of: "\(left)/all.jsonl")
      // Samples are numbered in the order in which they are stored; the newest is always there.
      let last = there.keys.max() ?? 0
      let stored = tags.filter { $0.key <= last }
      #expect(ledger.counts(\.stored) == IndependentCounts.byTag(stored), comment)
      #expect(ledger.counts(\.acquired) == ledger.counts(\.stored), comment)
      #expect((received.keys.max() ?? 0) <= last, comment)
      if let all = ledger.sink("all") {
        let counts = IndependentCounts.byTag(received)
        for tag in all.tags {
          #expect(tag.waiting == 0, comment)
          // What it had taken just before the cut, and was given up before it could go there again.
          let found = counts[tag.tag] ?? 0
          #expect(tag.delivered <= found && found <= tag.delivered + tag.evicted, comment)
        }
        #expect(Set(counts.keys).isSubset(of: all.tags.map(\.tag)), comment)
      }
      if let extra = ledger.sink("extra") {
        let counts = IndependentCounts.byTag(
          try IndependentCounts.inLines(of: "\(left)/extra.jsonl"))
        #expect(extra.tags.allSatisfy { $0.delivered <= counts[$0.tag] ?? 0 }, comment)
      }
      if let stuck = ledger.sink("stuck") {
        // Records that were counted as evicted may be there still: the power went before their first byte had gone. Where the
        // books put the border is a place; whose samples lie on either side the buffer says.
        let lanes = try LedgerReader.state(in: "\(left)/data").state.lanes
        let rest = try IndependentCounts.inBuffer(of: "\(left)/data") {
          lanes[$0.rawValue].evictedThrough
        }
        #expect(stuck.counts(\.waiting) == IndependentCounts.byTag(rest), comment)
        let gone = stored.filter { rest[$0.key] == nil }
        #expect(stuck.counts(\.evicted) == IndependentCounts.byTag(gone), comment)
        #expect(stuck.tags.allSatisfy { $0.delivered == 0 && $0.damaged == 0 }, comment)
      }
    }

    // MARK: Full disks

    @Test(
      "a disk is full for the buffer, for the ledger alone, for the dead letters, from random places on and for a while",
      .enabled(
        if: FaultyDisk.isThere && WebServer.path != nil,
        "needs a C compiler, iiotctl and python3, no sanitizer"),
      arguments: ["/data/buffer/", "/data/ledger.", "/data/dead-web", "/disk/"])
    func fullDisk(part: String) async throws {
      let seed = Self.seed()
      var random = SeededGenerator(seed: seed)
      try FileManager.default.createDirectory(
        atPath: folder.file("disk"), withIntermediateDirectories: true)
      let server = try await WebServer(["--refuse", "q/refused"], in: folder, posts: "posts")
      try writeConfiguration(
        data: folder.file("disk/data"), all: folder.file("disk/all.jsonl"), web: server.url)
      var round = 0
      while round < (Soak.isOn ? 40 : 4) || round < 100 && folder.lineCount(of: "told") == 0 {
        round += 1
        var disk = try await FaultyDisk(in: folder, root: folder.file("disk/"))
        // Dead letters and the ledger are written seldom; the buffer needs room until it is full for the first time.
        let latest = ["/data/dead-web": 1, "/data/ledger.": 2, "/data/buffer/": 6][part] ?? 120
        let first = Int.random(in: 1...latest, using: &random)
        let count = Int.random(in: 1...4, using: &random)
        disk.rules = ["full:\(part):\(first):\(count)"]
        disk.told = folder.file("told")
        let before = folder.lineCount(of: "disk/all.jsonl")
        let process = try GatewayTool.run(in: folder, environment: disk.environment)
        // At its beginning, the gateway may find that it can't work; that is told, and the next one does.
        try? await waitForLines(before + 3000, in: "disk/all.jsonl", of: process)
        process.end()
        let ledger = try? LedgerReader.ledger(dataFolder: folder.file("disk/data"))
        #expect(ledger?.discrepancies ?? [] == [], "seed \(seed), round \(round), \(disk.rules)")
      }
      #expect(folder.lineCount(of: "told") > 0, "seed \(seed): the disk was never full")
      let process = try GatewayTool.run(in: folder)
      let before = folder.lineCount(of: "disk/all.jsonl")
      try await waitForLines(before + 1000, in: "disk/all.jsonl", of: process)
      process.end()
      // All that was stored reaches the file and the server.
      let comment: Comment = "seed \(seed)"
      var configuration = GatewayConfiguration(
        id: "g", dataFolder: folder.file("disk/data"), buses: [], devices: [],
        buffer: .init(capacity: 3 << 17, segment: 1 << 16),
        sinks: [
          .init(name: "all", kind: .file(path: folder.file("disk/all.jsonl"), format: .jsonl))
        ])
      let yaml = try GatewayConfiguration(contentsOf: folder.file("gateway.yaml"))
      configuration.sinks += yaml.sinks.filter { $0.name == "web" }
      let gateway = try await GatewayRuntime(configuration)
      try await gateway.run(grace: .seconds(600))
      let ledger = try LedgerReader.ledger(dataFolder: folder.file("disk/data"))
      #expect(ledger.discrepancies == [], comment)
      let there = try IndependentCounts.inBuffer(of: folder.file("disk/data"))
      var seen = try IndependentCounts.inLines(of: folder.file("disk/all.jsonl"))
      let received = seen
      seen.merge(there) { $1 }
      #expect(ledger.counts(\.stored) == IndependentCounts.byTag(seen), comment)
      #expect(ledger.counts(\.acquired) == IndependentCounts.byTag(seen), comment)
      let all = try #require(ledger.sink("all"))
      #expect(all.counts(\.delivered) == IndependentCounts.byTag(received), comment)
      let dead = try IndependentCounts.inLines(of: folder.file("disk/data/dead-web.jsonl"))
      let web = try #require(ledger.sink("web"))
      #expect(!dead.isEmpty, comment)
      let posted = try IndependentCounts.posted(to: folder.file("posts"), without: "q/refused")
      if web.counts(\.evicted).isEmpty {
        #expect(web.counts(\.deadLettered) == IndependentCounts.byTag(dead), comment)
        #expect(web.counts(\.delivered) == IndependentCounts.byTag(posted), comment)
      } else {
        // What it had taken, and was given up before it could go there again.
        let (posts, letters) = (IndependentCounts.byTag(posted), IndependentCounts.byTag(dead))
        for tag in web.tags {
          #expect(tag.delivered <= posts[tag.tag] ?? 0, comment)
          #expect(posts[tag.tag] ?? 0 <= tag.delivered + tag.evicted, comment)
          #expect(tag.deadLettered <= letters[tag.tag] ?? 0, comment)
        }
      }
      let stuck = try #require(ledger.sink("stuck"))
      // Records whose eviction was counted may be there still: the ledger could not be written, and the end came before the next try.
      let lanes = try LedgerReader.state(in: folder.file("disk/data")).state.lanes
      let rest = try IndependentCounts.inBuffer(of: folder.file("disk/data")) {
        lanes[$0.rawValue].evictedThrough
      }
      #expect(stuck.counts(\.waiting) == IndependentCounts.byTag(rest), comment)
      let gone = seen.filter { rest[$0.key] == nil }
      #expect(stuck.counts(\.evicted) == IndependentCounts.byTag(gone), comment)
      withExtendedLifetime(server) {}
    }

    // MARK: Sinks that come and go

    @Test(
      "sinks are added, taken out and added again under load; one that could not be opened leaves no row"
    )
    func sinksComeAndGo() async throws {
      let seed = Self.seed()
      var random = SeededGenerator(seed: seed)
      var configuration = simulated(whenFull: .shed)
      configuration.buffer = .init(capacity: 64 << 20, segment: 1 << 20)
      configuration.sinks = [file("all")]
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway) { gateway in
        for round in 0..<(Soak.isOn ? 200 : 25) {
          let target = gateway.status.stored + UInt64.random(in: 0...2000, using: &random)
          while gateway.status.stored < target { try await Task.sleep(for: .milliseconds(2)) }
          let name = "s\(Int.random(in: 0..<3, using: &random))"
          var new = configuration
          if let index = new.sinks.firstIndex(where: { $0.name == name }) {
            new.sinks.remove(at: index)
          } else {
            new.sinks.append(file(name))
          }
          if round % 4 == 0 {
            // Behind one that can be opened, one that can't.
            var wrong = new
            wrong.sinks.append(file("never"))
            wrong.sinks.append(
              .init(name: "wrong", kind: .file(path: "/no/such/folder/x", format: .jsonl)))
            await #expect(throws: SinkError.self) { try await gateway.reload(wrong) }
            let names = try await gateway.ledger().sinks.map(\.name)
            #expect(!names.contains("never") && !names.contains("wrong"), "seed \(seed)")
          }
          try await gateway.reload(new)
          configuration = new
          let ledger = try await gateway.ledger()
          #expect(ledger.discrepancies == [], "seed \(seed), round \(round)")
          #expect(
            Set(ledger.sinks.map(\.name)).isSuperset(of: configuration.sinks.map(\.name)),
            "seed \(seed), round \(round)")
        }
        return true
      }
      let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [], "seed \(seed)")
      #expect(!ledger.sinks.contains { ["never", "wrong"].contains($0.name) })
      let there = try IndependentCounts.byTag(IndependentCounts.inBuffer(of: folder.file("data")))
      #expect(ledger.counts(\.stored) == there)
      for sink in ledger.sinks {
        let received = IndependentCounts.byTag(
          try IndependentCounts.inLines(of: folder.file("\(sink.name).jsonl")))
        #expect(sink.counts(\.delivered) == received, "\(sink.name), seed \(seed)")
        // Nothing went: what was there when it began and what came since is delivered or waits.
        #expect(sink.counts(\.stored) == there, "\(sink.name), seed \(seed)")
      }
    }

    // MARK: A full buffer at the end

    @Test(
      "what finds no room at the end is counted as shed: what was handed over less what is there",
      arguments: 0..<4)
    func fullAtStop(seed: UInt64) async throws {
      var random = SeededGenerator(seed: seed)
      var configuration = simulated(whenFull: .wait)
      configuration.devices = []
      configuration.buses = []
      configuration.sinks = [
        .init(name: "stuck", kind: .file(path: "/dev/full", format: .jsonl))
      ]
      // A bus that says nothing, so that it runs until it is told to end.
      configuration.buses = [.init(name: "idle", transport: .simulator)]
      configuration.devices = [
        .init(
          name: "idle", bus: "idle", every: .seconds(3600), simulated: [SimulatedTag(name: "t")])
      ]
      let events = EventLog()
      let gateway = try await GatewayRuntime(configuration, events: events.add)
      var handed: [String: UInt64] = [:]
      let names = (0..<20).map { "d/t\($0)" }
      let numbers = names.map { gateway.tags.intern($0) }
      try await run(gateway, grace: .milliseconds(100)) { gateway in
        while !events.all.contains(where: { $0.message.contains("full of") }) {
          var samples = SampleBatch()
          for _ in 0..<Int.random(in: 1...800, using: &random) {
            let tag = Int.random(in: 0..<names.count, using: &random)
            samples.append(Sample(tag: numbers[tag], value: .double(1)))
            handed[names[tag], default: 0] += 1
          }
          gateway.intake.add(Moments(samples: samples, grouping: .whole))
          await Task.yield()
        }
        return true
      }
      let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [])
      let there = try IndependentCounts.byTag(IndependentCounts.inBuffer(of: folder.file("data")))
      let rows = Dictionary(uniqueKeysWithValues: ledger.tags.map { ($0.tag, $0) })
      for name in names {
        let row = try #require(rows[name])
        #expect(row.acquired == handed[name])
        #expect(row.stored == there[name] ?? 0)
        #expect(row.shed.whenFull == (handed[name] ?? 0) - (there[name] ?? 0))
        #expect(row.shed.total == row.shed.whenFull)
      }
      #expect(ledger.tags.contains { $0.shed.whenFull > 0 })
    }

    // MARK: Both copies of an entry

    @Test(
      "both copies of an entry damaged: it is told, by the reader and by the next start; the sums come out or are told"
    )
    func bothCopies() async throws {
      var configuration = simulated(whenFull: .shed)
      configuration.sinks = [file("all")]
      var gateway = try await GatewayRuntime(configuration)
      try await run(gateway) { gateway in
        guard gateway.status.stored > 500 else { return false }
        // Some entries one after the other.
        for _ in 0..<6 {
          let stored = gateway.status.stored
          while gateway.status.stored < stored + 50 { try await Task.sleep(for: .milliseconds(2)) }
          try await gateway.keeper.save()
        }
        return true
      }
      let contents = try #require(try LedgerFile.load(folder: folder.file("data")))
      #expect(contents.unread == 0)
      try #require(contents.entries.count > 4)
      let path = LedgerFile.path(contents.file, in: folder.file("data"))
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      let damaged = contents.entries.count - 3
      let place = 64 + contents.entries[..<damaged].reduce(0) { $0 + 24 + $1.count } + 30
      bytes[place] ^= 1
      bytes[bytes.count / 2 + place] ^= 1
      try Data(bytes).write(to: URL(filePath: path))
      #expect(try LedgerFile.load(folder: folder.file("data"))?.unread == 3)
      let read = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(read.unreadEntries == 3 && !read.isBalanced)
      #expect(read.discrepancies.first?.contains("3 entries of the ledger's file") == true)
      let events = EventLog()
      configuration.devices = []
      configuration.buses = []
      gateway = try await GatewayRuntime(configuration, events: events.add)
      try await gateway.run(grace: .seconds(600))
      let told = events.all.filter { $0.source == "ledger" && $0.level == .error }
      #expect(told.count == 1 && told.first?.message.contains("both copies of an entry") == true)
      #expect(try Data(contentsOf: URL(filePath: path + ".old")) == Data(bytes))
      // Nothing was given up, so all of it is found again.
      let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [])
      let there = try IndependentCounts.byTag(IndependentCounts.inBuffer(of: folder.file("data")))
      #expect(ledger.counts(\.stored) == there)
      #expect(ledger.sink("all")?.counts(\.delivered) == there)
      #expect(
        try IndependentCounts.byTag(IndependentCounts.inLines(of: folder.file("all.jsonl")))
          == there)
    }

    // MARK: Asked while it runs

    @Test(
      "a gateway under load is asked over its socket again and again: the rows balance at any moment, and nothing is older than the file"
    )
    func asked() async throws {
      var configuration = simulated(whenFull: .shed)
      configuration.sinks = [
        file("all"), .init(name: "stuck", kind: .file(path: "/dev/full", format: .jsonl)),
      ]
      var rule = ProcessingRule("sim/t1")
      rule.deviation = .absolute(5)
      configuration.processing = [rule]
      let gateway = try await GatewayRuntime(configuration)
      let client = ControlClient(dataFolder: folder.file("data"))
      try await run(gateway, grace: .zero) { gateway in
        guard gateway.evictedSamples(of: "stuck").count > 0 else { return false }
        var last: UInt64 = 0
        for _ in 0..<60 {
          let file = try LedgerReader.ledger(dataFolder: folder.file("data"))
          var ledger = try await client.ledger()
          // In the file is also what is written and not yet durable, which counts a moment later.
          while stored(ledger) < stored(file) { ledger = try await client.ledger() }
          #expect(ledger.discrepancies == [])
          #expect(ledger.sinks.map(\.name) == ["all", "stuck"])
          #expect(stored(ledger) >= last)
          last = stored(ledger)
          let stuck = try #require(ledger.sink("stuck"))
          #expect(
            stuck.tags.allSatisfy { $0.delivered == 0 && $0.stored == $0.evicted + $0.waiting })
        }
        return true
      }
      await #expect(throws: ControlError.self) { try await client.ledger() }
    }

    // MARK: -

    private func stored(_ ledger: Ledger) -> UInt64 { ledger.tags.reduce(0) { $0 + $1.stored } }

    private func file(_ name: String) -> GatewayConfiguration.Destination {
      .init(name: name, kind: .file(path: folder.file("\(name).jsonl"), format: .jsonl))
    }

    private func simulated(
      whenFull: GatewayConfiguration.Buffer.WhenFull
    ) -> GatewayConfiguration {
      .simulated(
        in: folder, tags: (0..<60).map { SimulatedTag(name: "t\($0)") },
        buffer: .init(capacity: 1 << 19, segment: 1 << 16, whenFull: whenFull))
    }

    private func waitForLines(
      _ count: Int, in file: String, of process: ChildProcess
    ) async throws {
      struct Ended: Error { var events: String }
      while folder.lineCount(of: file) < count {
        guard process.isRunning else {
          throw Ended(events: (try? folder.text(of: "events")) ?? "")
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }

    private func writeConfiguration(
      data: String, all: String, web: String? = nil, extra: String? = nil
    ) throws {
      let many = (0..<20).map { "t\($0): {shape: walk}" }.joined(separator: ", ")
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g, data: \(data)}
        buffer: {capacity: 384KiB, segment: 64KiB}
        buses: {sim: {driver: simulator}}
        devices:
          p: {bus: sim, every: 2ms, tags: {\(many)}}
          q: {bus: sim, every: 300ms, tags: {refused: {shape: walk}}}
        sinks:
          all: {type: file, path: \(all), format: jsonl}
          stuck: {type: file, path: /dev/full, format: jsonl}
        \(extra.map { "  extra: {type: file, path: \($0), format: jsonl}" } ?? "")
        \(web.map { "  web: {type: http, url: \"\($0)\", gzip: false}" } ?? "")
        """, to: "gateway.yaml")
    }
  }
#endif
