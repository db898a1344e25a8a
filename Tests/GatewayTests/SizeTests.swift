import IndustrialModel
import StoreForward
import TestSupport
import Testing

@testable import Gateway

@Suite("A gateway and its journal start with the size of now", .timeLimit(.minutes(15)))
struct SizeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a buffer that became smaller meanwhile, with a lane whose files are larger than its part")
  func smallerBuffer() async throws {
    let first = try await GatewayRuntime(configuration(capacity: 8 << 20))
    let tag = first.tags.intern("line/state")
    let event = Sample(tag: tag, value: .bool(true), sampleClass: .event)
    await first.intake.put(Moments(samples: SampleBatch([event]), grouping: .whole))
    try await run(first) { $0.buffer.lanes.count == 2 }
    let second = try await GatewayRuntime(configuration(capacity: 1 << 20))
    let events = try #require(second.buffer.store(of: .events)?.metrics)
    #expect(events.segmentSize == 1 << 17 && events.segmentLimit == 2)
    #expect(events.lastSequence > 0)
    let telemetry = try #require(second.buffer.store(of: .telemetry)?.metrics)
    #expect(telemetry.segmentLimit * telemetry.segmentSize < 1 << 20)
    try await run(second) { $0.status.stored > 10 }
  }

  @Test("a buffer of less than two of its files keeps two")
  func twoFiles() async throws {
    try await run(GatewayRuntime(configuration(capacity: 8 << 20, segment: 1 << 20))) {
      $0.status.stored > 0
    }
    let second = try await GatewayRuntime(configuration(capacity: 1 << 18))
    let telemetry = try #require(second.buffer.store(of: .telemetry)?.metrics)
    #expect(telemetry.segmentSize == 1 << 20 && telemetry.lastSequence > 0)
    try await run(second) { $0.buffer.store(of: .telemetry)?.metrics.segmentLimit == 2 }
  }

  @Test("a buffer of more than as many of its files as a store can have keeps that many")
  func mostFiles() async throws {
    try await run(GatewayRuntime(configuration(capacity: 1 << 18))) { $0.status.stored > 0 }
    let second = try await GatewayRuntime(configuration(capacity: 128 << 30, segment: 16 << 20))
    let telemetry = try #require(second.buffer.store(of: .telemetry)?.metrics)
    #expect(telemetry.segmentSize == 1 << 16 && telemetry.segmentLimit == Self.mostSegments)
    try await run(second) { $0.status.stored > 10 }
  }

  @Test("a journal, be it smaller or larger; its files stay as large as they were made")
  func journal() async throws {
    for (mebibytes, segments) in [(8, 8), (2, 2), (1, 2), (32, 32)] {
      let reader = try await writtenJournal(capacity: mebibytes << 20)
      #expect(reader.segmentSize == 1 << 20)
      #expect(reader.segmentLimit == segments, "\(mebibytes) MiB")
    }
  }

  @Test("a journal of more than as many of its files as a store can have keeps that many")
  func mostFilesOfJournal() async throws {
    for (capacity, segments) in [(1 << 20, 8), (256 << 30, Self.mostSegments)] {
      let reader = try await writtenJournal(capacity: capacity)
      #expect(reader.segmentSize == 1 << 17)
      #expect(reader.segmentLimit == segments, "\(capacity) bytes")
    }
  }

  // MARK: -

  private static let mostSegments = 1_048_575

  /// Writes something into the journal, and looks at its files.
  private func writtenJournal(capacity: Int) async throws -> StoreReader {
    let journal = Journal(JournalOptions(capacity: capacity), dataFolder: folder.path) {
      Issue.record("\($0)")
    }
    journal.note(.finish, before: 1)
    journal.finish()
    await journal.run()
    return try StoreReader(directory: Journal.folder(in: folder.path))
  }

  private func configuration(capacity: Int, segment: Int = 1 << 16) -> GatewayConfiguration {
    .simulated(
      in: folder, tags: [SimulatedTag(name: "s")],
      buffer: .init(capacity: capacity, segment: segment), sinks: ["all"])
  }
}

#if Gateway
  @Suite("Sizes of a buffer as a file gives them") struct BufferSizeTests {
    @Test("a capacity whose quarter is no whole number of blocks starts")
    func decimalCapacity() async throws {
      let folder = try TemporaryFolder()
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("data"))}
          buses: {sim: {driver: simulator}}
          devices: {p: {bus: sim, every: 5ms, tags: {a: {shape: walk}}}}
          buffer: {capacity: 64MB}
          """)
      #expect(configuration.buffer == .init(capacity: 64_000_000, segment: 15_998_976))
      let gateway = try await GatewayRuntime(configuration)
      try await run(gateway) { $0.status.stored > 0 }
    }

    @Test(
      "files that no store can have are mistakes",
      arguments: [
        ("segment: 1MB", "buffer.segment", "1000000", "4KiB"),
        ("segment: 2GiB, capacity: 8GiB", "buffer.segment", "2147483648", "1GiB"),
        ("segment: 2GiB", "buffer", "does not fit", "two of them"),
        ("segment: 64KiB, capacity: 64GiB", "buffer", "too many segments", "larger segments"),
        ("capacity: 20TiB", "buffer", "too many segments", "larger segments"),
      ])
    func impossibleSegments(buffer: String, path: String, message: String, advice: String) throws {
      do {
        _ = try GatewayConfiguration(
          yaml: "schema: iiot/1\ngateway: {id: g}\nbuffer: {\(buffer)}\n")
        Issue.record("'\(buffer)' was taken")
      } catch {
        let problem = try #require(error.problems.first(where: { $0.path == path }), "\(error)")
        #expect(error.problems.count == 1, "\(error)")
        #expect(problem.message.contains(message), "\(error)")
        #expect(problem.advice.contains(advice), "\(error)")
      }
    }
  }
#endif
