#if History
  import Foundation
  import IndustrialModel
  import Synchronization
  import TestSupport
  import Testing

  @testable import Sinks

  private let python = PeerProcess.find("python3")

  @Suite("The local history keeps every sample once, and no more than it may")
  struct HistoryTests {
    let folder: TemporaryFolder
    let tags = TagRegistry()

    init() throws { folder = try TemporaryFolder() }

    @Test("every kind of value comes back as it was, and once however often it came")
    func roundTrip() async throws {
      let values: [Value] = [
        .none, .bool(true), .bool(false), .int64(.min), .int64(.max), .uint64(.max), .double(0.1),
        .double(-.infinity), .double(.leastNonzeroMagnitude), .double(.nan), .string(""),
        .string("Grüße\u{0}'\""),
        .bytes([]), .bytes([0, 255]),
      ]
      let samples = values.enumerated().map { number, value in
        Sample(
          tag: tags.intern("d/\(number % 3)"), value: value,
          quality: number % 2 == 0 ? .good : .uncertainSubNormal,
          sourceTime: number % 4 == 0 ? time(-1000 + number) : nil, gatewayTime: time(number),
          monotonicTime: 0, sequence: UInt64(number + 1),
          sampleClass: SampleClass.allCases[number % 4], configurationVersion: UInt32(number))
      }
      for _ in 0..<2 {
        let sink = try open()
        try await sink.deliver(SampleBatch(samples))
        try await sink.deliver(SampleBatch(samples.prefix(3)))
        await sink.close()
      }
      let wanted = samples.sorted { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
      let found = try read()
      try #require(found.count == wanted.count)
      for (sample, original) in zip(found, wanted) {
        // NaN is not equal to itself.
        #expect("\(sample)" == "\(original)")
      }
    }

    @Test("what is asked for comes in the order of time, and nothing else")
    func queries() async throws {
      let sink = try open()
      var random = SeededGenerator(seed: 11)
      var all: [Sample] = []
      for number in 0..<5000 {
        // Most of them crowded, some years apart.
        let second =
          number % 50 == 0 ? Int.random(in: 0...1_000_000_000, using: &random) : number / 9
        all.append(
          Sample(
            tag: tags.intern("a/\(Int.random(in: 0..<20, using: &random))"),
            value: .int64(Int64(number)), gatewayTime: time(second), monotonicTime: 0,
            sequence: UInt64(number)))
      }
      for start in stride(from: 0, to: all.count, by: 700) {
        try await sink.deliver(SampleBatch(all[start..<min(start + 700, all.count)]))
      }
      all.sort { ($0.gatewayTime, $0.sequence) < ($1.gatewayTime, $1.sequence) }
      #expect(try read().map(\.sequence) == all.map(\.sequence))
      for _ in 0..<20 {
        let since = time(Int.random(in: 0...600, using: &random))
        let until = time(Int.random(in: 0...1_000_000_000, using: &random))
        let patterns =
          [["a/1"], ["a/1*"], ["a/2", "a/7"], ["b/*"]].randomElement(using: &random) ?? []
        let query = HistoryQuery(tags: patterns, since: since, until: until)
        let wanted = all.filter {
          query.matches(tags.name(of: $0.tag)) && $0.gatewayTime >= since && $0.gatewayTime < until
        }
        #expect(try read(query).map(\.sequence) == wanted.map(\.sequence))
      }
    }

    @Test("batches are bounded, also behind hours of few samples; one moment stays in one batch")
    func batches() async throws {
      let sink = try open()
      var all: [Sample] = []
      func add(_ nanoseconds: Int64) {
        let number = all.count
        all.append(
          Sample(
            tag: tags.intern("a/\(number % 20)"), value: .int64(Int64(number)),
            gatewayTime: Timestamp(nanoseconds: time(0).nanoseconds + nanoseconds),
            monotonicTime: 0, sequence: UInt64(number)))
      }
      let hour: Int64 = 3_600_000_000_000
      for number in 0..<24 { add(Int64(number) * hour) }
      // A slice of time that is right for the hours holds all of these.
      for number in 0..<2000 { add(24 * hour + Int64(number) * 1_000_000) }
      for _ in 0..<150 { add(30 * hour) }
      add(30 * hour + 1)
      try await sink.deliver(SampleBatch(all))

      var batches: [SampleBatch] = []
      let reader = try HistoryReader(path: folder.file("h.db"))
      let bound = HistoryBatchBound(samples: 100)
      try reader.read(HistoryQuery(), names: tags, bound: bound) { batches.append($0) }
      #expect(batches.joined().map(\.sequence) == all.map(\.sequence))
      let large = batches.filter { $0.count > 100 }
      #expect(large.map(\.count) == [150])
      #expect(large.allSatisfy { $0.first?.time == $0.last?.time })
      for (batch, next) in zip(batches, batches.dropFirst()) {
        #expect(try #require(batch.last).time < (try #require(next.first)).time)
      }
    }

    @Test("texts count too: a few large ones fill a batch") func largeTexts() async throws {
      let sink = try open()
      let samples = (0..<200).map {
        Sample(
          tag: tags.intern("d/t"), value: .string(String(repeating: "x", count: 100)),
          gatewayTime: time($0), monotonicTime: 0, sequence: UInt64($0))
      }
      try await sink.deliver(SampleBatch(samples))
      var counts: [Int] = []
      let reader = try HistoryReader(path: folder.file("h.db"))
      let bound = HistoryBatchBound(bytes: 1000)
      try reader.read(HistoryQuery(), names: tags, bound: bound) { counts.append($0.count) }
      #expect(counts.reduce(0, +) == 200 && counts.allSatisfy { $0 <= 10 }, "\(counts)")
    }

    @Test(
      "the oldest samples make room for the newest; a clock that is wrong does not throw out the others"
    )
    func bounds() async throws {
      let clock = Mutex(time(0))
      let options = HistoryOptions(
        path: folder.file("h.db"), maximumSize: 1 << 20, maximumAge: .seconds(1_000_000))
      let sink = try HistorySink(options, tags: tags) { clock.withLock { $0 } }
      let tag = tags.intern("d/t")
      // A device that lives in the future, one that lives in 1970.
      try await sink.deliver(
        SampleBatch([
          Sample(tag: tag, value: .bool(true), sourceTime: time(2_000_000_000), sequence: 1),
          Sample(tag: tag, value: .bool(true), sourceTime: Timestamp(nanoseconds: 5), sequence: 2),
        ]))
      var sequence: UInt64 = 3
      for round in 0..<100 {
        clock.withLock { $0 = time(round * 100) }
        var batch = SampleBatch()
        for second in 0..<1000 {
          batch.append(
            Sample(
              tag: tags.intern("d/\(second % 7)"), value: .double(Double(second)),
              gatewayTime: time(round * 100 + second / 10), monotonicTime: 0, sequence: sequence))
          sequence += 1
        }
        try await sink.deliver(batch)
      }
      let size = try FileManager.default.attributesOfItem(atPath: options.path)[.size] as? Int
      #expect(try #require(size) < 1_200_000)
      let found = try read()
      #expect(found.count > 10_000)
      #expect(found.last?.time == time(2_000_000_000))
      // What is left is an unbroken piece up to the newest.
      let numbers = found.dropLast().map(\.sequence)
      #expect(numbers.last == sequence - 1)
      #expect(
        try #require(numbers.last) - (try #require(numbers.first)) == UInt64(numbers.count) - 1)
    }

    @Test("what is too old goes, by its own time") func age() async throws {
      var options = HistoryOptions(path: folder.file("h.db"))
      options.maximumAge = .seconds(100)
      let now = time(1000)
      let sink = try HistorySink(options, tags: tags) { now }
      try await sink.deliver(
        SampleBatch(
          [800, 899, 900, 1000].map {
            Sample(
              tag: tags.intern("d/t"), value: .none, gatewayTime: time($0), sequence: UInt64($0))
          }))
      #expect(try read().map(\.sequence) == [900, 1000])
    }

    @Test(
      "programs that are not ours read it in SQL",
      .enabled(if: python != nil, "python3 is not installed"))
    func sql() async throws {
      let sink = try open()
      try await sink.deliver(
        SampleBatch([
          Sample(
            tag: tags.intern("p/flow"), value: .double(2.5), gatewayTime: time(1), sequence: 1),
          Sample(
            tag: tags.intern("p/flow"), value: .none, quality: .badTimeout, gatewayTime: time(2),
            sequence: 2),
        ]))
      let script =
        "import sqlite3,sys; print(*sqlite3.connect(sys.argv[1]).execute('select * from reading'), sep='\\n')"
      let answer = try await Tool(try #require(python), ["-c", script, folder.file("h.db")])
      #expect(
        answer.output == """
          ('p/flow', '2026-01-01T00:00:01.000Z', 2.5, '0x00000000')
          ('p/flow', '2026-01-01T00:00:02.000Z', None, '0x800A0000')

          """, "\(answer.errors)")
    }

    @Test("a file that is something else is left alone; a damaged one is an error and never a trap")
    func foreign() async throws {
      try folder.write("no database at all, but long enough to be looked at", to: "text")
      #expect(
        code { try HistorySink(.init(path: folder.file("text")), tags: tags) } == .foreignContent)
      #expect(
        code { try HistorySink(.init(path: folder.file("no/such")), tags: tags) } == .notFound)
      #expect(code { try HistoryReader(path: folder.file("none.db")) } == .notFound)
      #expect(!FileManager.default.fileExists(atPath: folder.file("none.db")))

      let sink = try open()
      for round in 0..<20 {
        try await sink.deliver(
          SampleBatch(
            (0..<50).map {
              Sample(
                tag: tags.intern("d/\($0 % 5)"), value: .string("text \($0)"),
                gatewayTime: time(round), sequence: UInt64(round * 50 + $0))
            }))
      }
      await sink.close()
      let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file("h.db")))
      var random = SeededGenerator(seed: 5)
      for round in 0..<60 {
        var damaged = whole
        for _ in 0..<8 {
          damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        if round % 4 == 0 { damaged.removeLast(Int.random(in: 1..<whole.count, using: &random)) }
        for ending in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: folder.file("x.db") + ending)
        }
        try damaged.write(to: URL(fileURLWithPath: folder.file("x.db")))
        do {
          let reader = try HistoryReader(path: folder.file("x.db"))
          try reader.read(HistoryQuery(), names: TagRegistry()) { _ in }
          for tag in try reader.tags() {
            _ = try reader.statistics(of: tag, from: time(0), to: time(100))
          }
        } catch is SinkError {}
      }
    }

    @Test("statistics are exact where the values are large and their differences small")
    func statistics() {
      var statistics = HistoryStatistics()
      #expect(statistics.standardDeviation == 0)
      statistics.add(1e9 + 1)
      #expect(statistics.standardDeviation == 0 && statistics.minimum == 1e9 + 1)
      for value in [1e9 + 2, 1e9 + 3, 1e9 + 4] { statistics.add(value) }
      #expect(statistics.mean == 1e9 + 2.5 && statistics.count == 4)
      #expect(abs(statistics.standardDeviation - (5.0 / 3).squareRoot()) < 1e-9)
    }

    // MARK: -

    private func code(_ body: () throws -> some Sendable) -> SinkError.Code? {
      do {
        _ = try body()
        return nil
      } catch {
        return (error as? SinkError)?.code
      }
    }

    private func open() throws -> HistorySink {
      try HistorySink(HistoryOptions(path: folder.file("h.db")), tags: tags)
    }

    private func read(_ query: HistoryQuery = HistoryQuery()) throws -> [Sample] {
      var samples: [Sample] = []
      try HistoryReader(path: folder.file("h.db")).read(query, names: tags) { samples += $0 }
      return samples
    }

    /// So many seconds after the start of 2026.
    private func time(_ seconds: Int) -> Timestamp {
      Timestamp(nanoseconds: (1_767_225_600 + Int64(seconds)) * 1_000_000_000)
    }
  }
#endif
