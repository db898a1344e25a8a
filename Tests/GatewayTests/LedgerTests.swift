#if Gateway && HTTP
  import Foundation
  import IndustrialModel
  import Sinks
  import StoreForward
  import TestSupport
  import Testing

  @testable import Gateway

  /// The ledger beside what others count: the buffer's records as they are decoded, the destinations, the dead-letter file.
  @Suite(
    "The ledger balances, and each term is what an independent count says", .timeLimit(.minutes(30))
  )
  struct LedgerTests {
    let folder: TemporaryFolder

    /// A body with this in it is refused.
    private static let refused = "q/refused"

    init() throws { folder = try TemporaryFolder() }

    static let rounds = Soak.isOn ? 200 : 4

    @Test(
      "over kills, evictions, flipped bits, dead letters, a stopped sink, suppressed and folded samples",
      .enabled(
        if: WebServer.path != nil && GatewayTool.path != nil, "python3 or iiotctl is not there"))
    func campaign() async throws {
      let seed =
        ProcessInfo.processInfo.environment["IIOT_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0 ... .max)
      var random = SeededGenerator(seed: seed)
      try folder.write("seed \(seed)\n", to: "events")
      let server = try await WebServer(
        ["--refuse", Self.refused], in: folder, posts: "posts")
      try writeConfiguration(web: server.url, stuck: "/dev/full")
      let healthy = ["all", "web", "some"]
      /// All samples that were ever seen in the buffer, by number.
      var seen: [UInt64: String] = [:]
      var damaged: [UInt64: String] = [:]
      var round = 0
      var isFull = false
      // Until the buffer was full, in any case.
      while round < Self.rounds || !isFull {
        round += 1
        try await killed(after: .milliseconds(Int.random(in: 200...900, using: &random)))
        seen.merge(try dump()) { $1 }
        var ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
        #expect(ledger.discrepancies == [], "seed \(seed), round \(round), after the kill")
        isFull = ledger.sinks.contains { $0.tags.contains { $0.evicted > 0 } }
        guard round % 3 == 0 else { continue }
        try await settled(healthy, web: server.url, stuck: "/dev/full")
        let before = try dump()
        seen.merge(before) { $1 }
        try flipBits(Int.random(in: 1...4, using: &random), using: &random)
        let after = try dump()
        for (number, tag) in before where after[number] == nil { damaged[number] = tag }
        ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
        #expect(ledger.discrepancies == [], "seed \(seed), round \(round), after the damage")
      }
      // Once to its end: the file and the web server get all.
      try await settled(healthy, web: server.url, stuck: "/dev/full")
      let there = try dump()
      seen.merge(there) { $1 }
      let file = try numbers(in: "all.jsonl")
      seen.merge(file) { $1 }
      var ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [], "seed \(seed)")
      try compareStored(ledger, seen, seed)

      let all = try #require(ledger.sinks.first { $0.name == "all" })
      // What a sink took just before a kill, and what was evicted before it could go there again, is not known to have arrived.
      compareReceived(all, \.delivered, counts(file), "delivered to the file", seed)
      let dead = try numbers(in: "data/dead-web.jsonl")
      let web = try #require(ledger.sinks.first { $0.name == "web" })
      #expect(!dead.isEmpty)
      compareReceived(web, \.deadLettered, counts(dead), "dead letters", seed)
      let taken = try posted()
      compareReceived(web, \.delivered, counts(taken), "taken by the web server", seed)
      let some = try #require(ledger.sinks.first { $0.name == "some" })
      let selected = try numbers(in: "some.jsonl")
      compareReceived(some, \.delivered, counts(selected), "selection", seed)
      compareReceived(
        some, \.withheld, counts(seen.filter { $0.value == Self.refused }), "withheld", seed)
      for sink in [all, web, some] { #expect(sink.tags.allSatisfy { $0.waiting == 0 }) }

      // The stopped sink has nothing, and what was evicted is no longer there.
      var stuck = try #require(ledger.sinks.first { $0.name == "stuck" })
      #expect(stuck.tags.allSatisfy { $0.delivered == 0 && $0.deadLettered == 0 })
      for tag in stuck.tags {
        // What can't be read waits as well, until the sink comes to it.
        let readable = counts(there)[tag.tag] ?? 0
        let unreadable = counts(damaged)[tag.tag] ?? 0
        #expect(tag.waiting >= readable && tag.waiting <= readable + unreadable)
      }
      #expect(stuck.tags.contains { $0.evicted > 0 }, "seed \(seed)")
      // And when it works again it gets what is there.
      try await settled(
        healthy + ["stuck"], web: server.url, stuck: folder.file("stuck.jsonl"))
      seen.merge(try dump()) { $1 }
      seen.merge(try numbers(in: "all.jsonl")) { $1 }
      ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [], "seed \(seed)")
      try compareStored(ledger, seen, seed)
      stuck = try #require(ledger.sinks.first { $0.name == "stuck" })
      let late = try numbers(in: "stuck.jsonl")
      compare(stuck, { $0.delivered + $0.late }, counts(late), "delivered after the stop", seed)
      let gone = seen.filter { late[$0.key] == nil }
      compare(stuck, { $0.damaged }, counts(damaged), "damaged", seed)
      compare(
        stuck, { $0.evicted &- $0.late }, counts(gone.filter { damaged[$0.key] == nil }), "evicted",
        seed)
      withExtendedLifetime(server) {}
    }

    // MARK: Comparisons

    private func compareStored(_ ledger: Ledger, _ seen: [UInt64: String], _ seed: UInt64) throws {
      let stored = Dictionary(uniqueKeysWithValues: ledger.tags.map { ($0.tag, $0.stored) })
      #expect(stored.filter { $0.value > 0 } == counts(seen), "stored, seed \(seed)")
      // Each poll of the device has one sample of each of its tags, and the plain one is stored each time.
      let plain = try #require(ledger.tags.first { $0.tag == "p/plain" })
      let polls = counts(seen)["p/plain"] ?? 0
      #expect(plain.acquired == polls)
      for name in ["p/t7", "p/quiet", "p/line", "p/window"] {
        let tag = try #require(ledger.tags.first { $0.tag == name })
        #expect(tag.acquired == polls, "\(name), seed \(seed)")
      }
      let quiet = try #require(ledger.tags.first { $0.tag == "p/quiet" })
      #expect(quiet.suppressed == polls - (counts(seen)["p/quiet"] ?? 0))
      let window = try #require(ledger.tags.first { $0.tag == "p/window" })
      #expect(window.folded == polls)
      let line = try #require(ledger.tags.first { $0.tag == "p/line" })
      #expect(line.held <= 1)
    }

    private func compare(
      _ sink: Ledger.Sink, _ term: (Ledger.Receipt) -> UInt64, _ counts: [String: UInt64],
      _ what: Comment, _ seed: UInt64
    ) {
      let told = Dictionary(uniqueKeysWithValues: sink.tags.map { ($0.tag, term($0)) })
      #expect(told.filter { $0.value > 0 } == counts, "\(what.rawValue), seed \(seed)")
    }

    /// As `compare`, where samples that were evicted may have been received all the same.
    private func compareReceived(
      _ sink: Ledger.Sink, _ term: KeyPath<Ledger.Receipt, UInt64>, _ counts: [String: UInt64],
      _ what: Comment, _ seed: UInt64
    ) {
      let comment: Comment = "\(what.rawValue), seed \(seed)"
      #expect(Set(counts.keys).isSubset(of: sink.tags.map(\.tag)), comment)
      for tag in sink.tags {
        let (told, received) = (tag[keyPath: term], counts[tag.tag] ?? 0)
        if tag.evicted == 0 { #expect(told == received, comment) }
        #expect(told <= received && received <= told + tag.evicted, comment)
      }
    }

    // MARK: What others say

    private func dump() throws -> [UInt64: String] {
      try IndependentCounts.inBuffer(of: folder.file("data"))
    }

    private func numbers(in file: String) throws -> [UInt64: String] {
      try IndependentCounts.inLines(of: folder.file(file))
    }

    private func posted() throws -> [UInt64: String] {
      try IndependentCounts.posted(to: folder.file("posts"), without: Self.refused)
    }

    private func counts(_ samples: [UInt64: String]) -> [String: UInt64] {
      IndependentCounts.byTag(samples)
    }

    // MARK: What is done to it

    private func killed(after time: Duration) async throws {
      let process = try GatewayTool.run(in: folder)
      while !FileManager.default.fileExists(atPath: folder.file("all.jsonl")) {
        try await pause(.milliseconds(5), process) { "the first file" }
      }
      try await Task.sleep(for: time)
      process.signal(SIGKILL)
      try await process.ended()
    }

    /// Runs until these sinks have all, with hardly any more samples, and kills it then.
    private func settled(_ names: [String], web: String, stuck: String) async throws {
      try writeConfiguration(web: web, stuck: stuck, every: "1h")
      defer { try? writeConfiguration(web: web, stuck: stuck) }
      // Before it starts: its first poll may be its only one.
      let polls = try LedgerReader.ledger(dataFolder: folder.file("data")).tags[0].acquired
      let process = try GatewayTool.run(in: folder)
      defer { process.end() }
      while true {
        let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
        let sinks = ledger.sinks.filter { names.contains($0.name) }
        if ledger.tags[0].acquired > polls,
          sinks.allSatisfy({ $0.tags.allSatisfy { $0.waiting == 0 } })
        {
          return
        }
        try await pause(.milliseconds(50), process) {
          "\(names) to have all: \(polls) polls before, now \(ledger.tags[0].acquired); "
            + "\(sinks.map { "\($0.name) \($0.counts(\.waiting))" })"
        }
      }
    }

    /// Waits a little for what a gateway does. One that has ended will not do it, and at the suite's limit it says what it waited for.
    private func pause(
      _ time: Duration, _ gateway: ChildProcess, for what: () -> String
    ) async throws {
      do {
        try await Task.sleep(for: time)
        guard gateway.isRunning else { throw GatewayTool.HasEnded() }
      } catch {
        let events = try folder.text(of: "events").split(separator: "\n").suffix(30)
        Issue.record("\(error) while waiting for \(what())\n\(events.joined(separator: "\n"))")
        throw error
      }
    }

    /// Flips bits of records in segments that are full, some place apart.
    private func flipBits(_ count: Int, using random: inout SeededGenerator) throws {
      let directory = folder.file("data/buffer")
      let reader = try StoreReader(directory: directory)
      let segments = try reader.segments().filter { $0.lastSequence > $0.firstSequence }.dropFirst()
        .dropLast()
      for _ in 0..<count {
        guard let segment = segments.randomElement(using: &random) else { return }
        let path = "\(directory)/\(segment.file)"
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = Int.random(in: 8192..<(bytes.count - 8192), using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try bytes.write(to: URL(filePath: path))
      }
    }

    private func writeConfiguration(
      web: String, stuck: String, every: String = "2ms"
    ) throws {
      let many = (0..<24).map { "t\($0): {shape: walk}" }.joined(separator: ", ")
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g}
        buffer: {capacity: 384KiB, segment: 64KiB}
        groups: {few: {sinks: [all, web, stuck]}}
        buses: {sim: {driver: simulator}}
        devices:
          p:
            bus: sim
            every: \(every)
            tags: {plain: {shape: walk}, quiet: {shape: walk}, line: {shape: walk}, window: {shape: walk}, \(many)}
          q: {bus: sim, every: \(every == "1h" ? "1h" : "300ms"), tags: {refused: {shape: walk, group: few}}}
        formulas:
          f/sum: {expression: "{p/plain} + {p/quiet}"}
        processing:
          p/quiet: {deadband: 2}
          p/line: {deviation: 1}
          p/window: {aggregate: 100ms, functions: [mean, count]}
        sinks:
          all: {type: file, path: \(folder.file("all.jsonl")), format: jsonl}
          some: {type: file, path: \(folder.file("some.jsonl")), format: jsonl}
          web: {type: http, url: "\(web)", gzip: false}
          stuck: {type: file, path: \(stuck), format: jsonl}
        """, to: "gateway.yaml")
    }
  }
#endif
