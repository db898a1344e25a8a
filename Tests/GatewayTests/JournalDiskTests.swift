#if Gateway
  import Foundation
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("The journal's disk is full or hangs, and the gateway goes on", .timeLimit(.minutes(15)))
  struct JournalDiskTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
      "full: the samples go on, the journal tells its gap and goes on when there is room",
      .enabled(if: FaultyDisk.isThere, "needs a C compiler and iiotctl, no sanitizer"))
    func full() async throws {
      let process = try await start("full")
      defer { process.end() }
      try await waitForLines(500, of: process)
      try folder.write("", to: "fault")
      try await waitForEvent("warning journal: can't be written", of: process)
      try await waitForLines(lines() + 1000, of: process)
      try FileManager.default.removeItem(atPath: folder.file("fault"))
      try await waitForEvent("info journal: works again", of: process)
      try await waitForLines(lines() + 500, of: process)
      process.signal(SIGTERM)
      #expect(try await process.ended() == 0)
      let there = try balanced()
      let (replayed, findings) = try replay()
      #expect(
        findings.contains { $0.contains("could not be written") }, "\(findings)")
      // Before the gap and behind it, with the numbers that the samples have in the buffer.
      #expect(replayed.isSubset(of: there.keys))
      #expect(replayed.contains(1) && replayed.contains(there.keys.max() ?? 0))
      #expect(replayed.count < there.count)
    }

    @Test(
      "it hangs: the end waits for a grace, gives the journal's last entries up and says so; nothing else is lost",
      .enabled(if: FaultyDisk.isThere, "needs a C compiler and iiotctl, no sanitizer"))
    func hangs() async throws {
      var process = try await start("hang")
      try await waitForLines(500, of: process)
      try folder.write("", to: "fault")
      try await waitForLines(lines() + 3000, of: process)
      process.signal(SIGTERM)
      #expect(try await process.ended() == 0)
      #expect(
        try folder.text(of: "events").contains("error journal: its last entries can't be written"))
      _ = try balanced()
      try FileManager.default.removeItem(atPath: folder.file("fault"))
      process = try await start("hang")
      try await waitForLines(lines() + 500, of: process)
      process.signal(SIGTERM)
      #expect(try await process.ended() == 0)
      let there = try balanced()
      let (replayed, findings) = try replay()
      #expect(findings.contains { $0.contains("without its end") }, "\(findings)")
      #expect(replayed.contains(there.keys.max() ?? 0))
    }

    // MARK: -

    /// The samples in the buffer; the ledger and the file say the same.
    private func balanced() throws -> [UInt64: String] {
      let there = try IndependentCounts.inBuffer(of: folder.file("data"))
      let ledger = try LedgerReader.ledger(dataFolder: folder.file("data"))
      #expect(ledger.discrepancies == [])
      #expect(ledger.counts(\.stored) == IndependentCounts.byTag(there))
      #expect(ledger.sink("all")?.counts(\.delivered) == IndependentCounts.byTag(there))
      #expect(try IndependentCounts.inLines(of: folder.file("all.jsonl")) == there)
      return there
    }

    private func start(_ fault: String) async throws -> ChildProcess {
      try folder.write(
        """
        schema: iiot/1
        gateway: {id: g, data: \(folder.file("data"))}
        journal: {capacity: 64MiB}
        buffer: {capacity: 32MiB, segment: 1MiB}
        buses: {sim: {driver: simulator}}
        devices: {p: {bus: sim, every: 5ms, tags: {a: {shape: walk}, b: {shape: walk}}}}
        sinks: {all: {type: file, path: \(folder.file("all.jsonl")), format: jsonl}}
        """, to: "gateway.yaml")
      var disk = try await FaultyDisk(in: folder, root: folder.file("data/"))
      disk.rules = ["\(fault):/data/journal/@\(folder.file("fault"))"]
      return try GatewayTool.run(in: folder, environment: disk.environment)
    }

    /// The numbers of the samples that the journal gives, and what it tells of itself.
    private func replay() throws -> (numbers: Set<UInt64>, findings: [String]) {
      var replay = try JournalReplay(folder: folder.file("data/journal"))
      var numbers: Set<UInt64> = []
      while let batch = try replay.next() { numbers.formUnion(batch.map(\.sequence)) }
      return (numbers, replay.findings)
    }

    private func lines() -> Int { folder.lineCount(of: "all.jsonl") }

    private struct Ended: Error { var events: String }

    private func waitForLines(_ count: Int, of process: ChildProcess) async throws {
      while lines() < count {
        guard process.isRunning else { throw Ended(events: try folder.text(of: "events")) }
        try await Task.sleep(for: .milliseconds(20))
      }
    }

    private func waitForEvent(_ words: String, of process: ChildProcess) async throws {
      while try !folder.text(of: "events").contains(words) {
        guard process.isRunning else { throw Ended(events: try folder.text(of: "events")) }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
#endif
