import CANCore
import Formula
import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("A live CAN bus while the machine's clock is set", .timeLimit(.minutes(15)))
struct LiveBusClockTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  /// What the clock shows at the beginning, in milliseconds.
  private let start: Int64 = 1_700_000_000_000

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeDatabase(signals: ["y"])
  }

  @Test(
    "adds nothing to a total, takes no time and makes no gap, and brings no value too late",
    arguments: [3_600_000, -3_600_000, 20_000, -20_000] as [Int64])
  func steps(by step: Int64) throws {
    var bus = try decoder()
    var gap = ProcessingRule("truck/M.y")
    gap.gap = .seconds(10)
    var formulas = FormulaStage(
      try FormulaSet([
        ("f/total", "integral({truck/M.y}, 1)"), ("f/step", "dt() + 0 * {truck/M.y}"),
      ]).members,
      rules: [gap], names: ["truck/M.y", "f/total", "f/step"], tags: tags)
    var rule = ProcessingRule("truck/M.y")
    rule.window = .init(length: .seconds(60), functions: [.count])
    var windows = AggregationStage([rule], names: ["truck/M.y"], tags: tags)
    var found: [String: [Double]] = [:]
    var counted: Int64 = 0
    for second in 0..<6 as Range<Int64> {
      let clock = start + second * 1000 + (second < 3 ? 0 : step)
      let now = time(clock, monotonic: second * 1000)
      var samples = SampleBatch()
      let moments = bus.decode(.received(CANFrameBatch([frame(stamped: clock - 2)])), at: now)
      formulas.apply(to: moments, into: &samples)
      // One value alone has no distance.
      #expect(samples.allSatisfy { $0.quality.isGood || second == 0 }, "\(second)")
      #expect(samples.allSatisfy { $0.sourceTime == nil })
      #expect(samples.allSatisfy { $0.gatewayTime == time(clock - 2, monotonic: 0).gateway })
      #expect(samples.allSatisfy { $0.monotonicTime == now.monotonic - 2_000_000 })
      for sample in samples {
        found[tags.name(of: sample.tag), default: []].append(sample.value.doubleValue ?? -1)
      }
      _ = windows.apply(to: &samples, now: now.monotonic)
      counted += counts(samples)
    }
    var end = SampleBatch()
    windows.finish(into: &end)
    counted += counts(end)
    let expected: [String: [Double]] = [
      "truck/M.y": [10, 10, 10, 10, 10, 10], "f/total": [0, 10, 20, 30, 40, 50],
      "f/step": [0, 1, 1, 1, 1, 1],
    ]
    #expect(found == expected)
    #expect(counted == 6 && windows.tooLate == 0)
  }

  @Test(
    "frames that were stamped before the clock was set, and taken after it, keep their distances",
    arguments: [3_600_000, -3_600_000, 20_000, -20_000] as [Int64])
  func inFlight(step: Int64) throws {
    var bus = try decoder(devices: ["truck", "trailer"])
    let first = take([-1], at: time(start, monotonic: 5000), &bus)
    #expect(first.map(\.monotonicTime) == [4_999_000_000, 4_999_000_000])
    let second = take(
      [50, 60, 90 + step], at: time(start + 100 + step, monotonic: 5100), &bus)
    let one: [Int64] = [5_050_000_000, 5_060_000_000, 5_090_000_000]
    #expect(second.map(\.monotonicTime) == one + one)
    #expect(
      second.prefix(3).map { $0.gatewayTime.nanoseconds / 1_000_000 - start }
        == [50, 60, 90 + step])
  }

  @Test(
    "on a bus that was quiet for longer than the clock was set, frames of before and behind it keep their distances",
    arguments: [2000, -2000] as [Int64], [0, 1, 2, 3, 4, 5])
  func quiet(step: Int64, before: Int) throws {
    var bus = try decoder()
    _ = take([0], at: time(start + 1, monotonic: 1), &bus)
    let came = (0..<5 as Range<Int64>).map { 5000 + $0 * 100 }
    let stamps = came.enumerated().map { $1 + ($0 < before ? 0 : step) }
    let found = take(stamps, at: time(start + 5402 + step, monotonic: 5402), &bus)
    #expect(found.map(\.monotonicTime) == came.map { $0 * 1_000_000 })
  }

  @Test("of frames that waited, those of before a clock was set back by less make none too late")
  func waitedForSetting() throws {
    var bus = try decoder()
    _ = take([0], at: time(start, monotonic: 0), &bus)
    let found = take(
      [10_000, 290_000, 121_000], at: time(start + 300_000, monotonic: 480_000), &bus)
    #expect(found.map { $0.monotonicTime / 1_000_000 } == [10_000, 290_000, 301_000])
  }

  @Test(
    "frames that waited in several batches keep their distances, in whichever of them the clock was set",
    arguments: [30_000, -30_000] as [Int64], [1, 2, 7, 50])
  func batches(step: Int64, size: Int) throws {
    var bus = try decoder()
    _ = take([0], at: time(start, monotonic: 0), &bus)
    // Ten a second for a minute, set in the middle, taken behind it.
    let came = (1..<600 as Range<Int64>).map { $0 * 100 }
    var found: [Int64] = []
    for first in stride(from: 0, to: came.count, by: size) {
      let frames = came[first..<min(first + size, came.count)]
      let taken = 60_000 + Int64(first)
      let samples = take(
        frames.map { $0 + ($0 < 30_000 ? 0 : step) },
        at: time(start + taken + step, monotonic: taken), &bus)
      found += samples.map { $0.monotonicTime / 1_000_000 }
    }
    #expect(found == came)
  }

  @Test(
    "behind a setting that was seen, no frame is taken for one of before it",
    arguments: [-5, -400, 5, 400] as [Int64])
  func seen(step: Int64) throws {
    var bus = try decoder()
    _ = take([0], at: time(start + 100, monotonic: 100), &bus)
    // One is taken behind the setting that came before it, and then each in its turn, or long after it.
    let first = take([500], at: time(start + 501 + step, monotonic: 501), &bus)
    #expect(first.map(\.monotonicTime) == [500_000_000])
    for (came, taken) in [(1500, 1501), (2500, 4500), (3500, 5500)] as [(Int64, Int64)] {
      let found = take([came + step], at: time(start + taken + step, monotonic: taken), &bus)
      #expect(found.map(\.monotonicTime) == [came * 1_000_000])
    }
  }

  @Test("frames that waited for an hour are as old as they are")
  func backlog() throws {
    var bus = try decoder()
    _ = take([0], at: time(start, monotonic: 0), &bus)
    let late = take([1000, 3000], at: time(start + 3_600_000, monotonic: 3_600_000), &bus)
    #expect(late.map(\.monotonicTime) == [1_000_000_000, 3_000_000_000])
    let later = take([5000], at: time(start + 3_600_001, monotonic: 3_600_001), &bus)
    #expect(later.map(\.monotonicTime) == [5_000_000_000])
  }

  @Test("while they wait, no window of theirs is taken for one to which nothing comes")
  func backlogInWindows() throws {
    var bus = try decoder()
    var rule = ProcessingRule("truck/M.y")
    rule.window = .init(length: .seconds(1), functions: [.count])
    var windows = AggregationStage([rule], names: ["truck/M.y"], tags: tags)
    var results: [Int64] = []
    for number in 0..<40 as Range<Int64> {
      // A hundred milliseconds apart, taken after a minute, one after the other.
      let now = time(start + 60_000 + number, monotonic: 60_000 + number)
      if number == 0 { _ = take([-1], at: time(start, monotonic: 0), &bus) }
      var samples = take([number * 100], at: now, &bus)
      _ = windows.apply(to: &samples, now: now.monotonic)
      for case .int64(let count) in samples.map(\.value) { results.append(count) }
    }
    var end = SampleBatch()
    windows.finish(into: &end)
    results.append(counts(end))
    #expect(results == [10, 10, 10, 10])
  }

  @Test("a formula over this bus and another has each window once, though frames waited minutes")
  func backlogInFormula() throws {
    var bus = try decoder()
    var formulas = FormulaStage(
      try FormulaSet([("f/sum", "{truck/M.y} + {pump/p}")]).members, tags: tags)
    var rule = ProcessingRule("f/sum")
    rule.window = .init(length: .seconds(60), functions: [.count])
    var windows = AggregationStage([rule], names: ["f/sum"], tags: tags)
    var moments: [Moments] = []
    for tick in 0...24 as ClosedRange<Int64> {
      let now = time(start + tick * 10_000, monotonic: tick * 10_000)
      let read = Sample(
        tag: tags.intern("pump/p"), value: .double(1), gatewayTime: now.gateway,
        monotonicTime: now.monotonic)
      moments.append(Moments(samples: SampleBatch([read]), grouping: .whole, time: now))
      guard tick < 6 else { continue }
      let stamp = start + tick * 10_000 + 5000
      moments.append(
        bus.decode(
          .received(CANFrameBatch([frame(stamped: stamp)])),
          at: time(stamp, monotonic: tick * 10_000 + 5000)))
    }
    let waited = (6...23 as ClosedRange<Int64>).map { frame(stamped: start + $0 * 10_000 + 5000) }
    moments.append(
      bus.decode(
        .received(CANFrameBatch(waited)), at: time(start + 241_000, monotonic: 241_000)))
    var stored = SampleBatch()
    for moments in moments {
      var samples = SampleBatch()
      formulas.apply(to: moments, into: &samples)
      _ = windows.apply(to: &samples, now: moments.time.monotonic)
      stored.append(contentsOf: samples)
    }
    windows.finish(into: &stored)
    let results = stored.filter { tags.name(of: $0.tag) == "f/sum.count" }
    let starts = results.compactMap(\.sourceTime).map { $0.nanoseconds / 1_000_000 - start }
    #expect(starts == [-20_000, 40_000, 100_000, 160_000, 220_000])
    // The first had no frame yet and is bad. The last one has also those of before it that waited for less than a window.
    #expect(results.map(\.value) == [7, 8, 6, 6, 9].map { Value.int64($0) })
    #expect(windows.tooLate == 12)
  }

  @Test("a stamp that no clock of the machine showed counts as now")
  func impossible() throws {
    var bus = try decoder()
    for (number, stamp) in ([-start, 3_600_000, -60_000, 0] as [Int64]).enumerated() {
      let now = Int64(number) * 10 + 10
      let samples = take([stamp], at: time(start + now, monotonic: now), &bus)
      #expect(samples.map(\.monotonicTime) == [stamp == 0 ? 0 : now * 1_000_000])
    }
  }

  @Test("the times of a recording are its own, also in journals of live buses of before")
  func recorded() throws {
    var bus = try decoder()
    let now = time(start, monotonic: 7)
    let samples = bus.decode(.frames(CANFrameBatch([frame(stamped: 5)])), at: now).samples
    #expect(samples.map(\.sourceTime?.nanoseconds) == [5_000_000])
    #expect(samples.map(\.gatewayTime) == [now.gateway])
    #expect(samples.map(\.monotonicTime) == [now.monotonic])
  }

  @Test("the journal tells frames with stamps of our own from others")
  func codec() throws {
    var other = frame(stamped: 5)
    other.channel = 3
    let frames = CANFrameBatch([frame(stamped: 5), other])
    let bytes = JournalEntry.wire("b", .received(frames), time(1, monotonic: 2)).encoded()
    #expect(bytes.first == 23)
    guard case .wire("b", .received(let read), let now)? = JournalEntry(bytes) else {
      Issue.record("no frames")
      return
    }
    #expect(Array(read) == Array(frames) && now == time(1, monotonic: 2))
    let recorded = JournalEntry.wire("b", .frames(frames), now).encoded()
    #expect(recorded.first == 22 && recorded.dropFirst() == bytes.dropFirst())
  }

  // MARK: -

  private func decoder(devices: [String] = ["truck"]) throws -> BusDecoder {
    let configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "can", transport: .socketCAN(interface: "can0", database: folder.file("m.dbc")))
      ], devices: devices.map { GatewayConfiguration.Device(name: $0, bus: "can") })
    let decoders = try configuration.makeDecoders(tags: tags)
    return try #require(decoders["can"])
  }

  /// The samples of frames that were stamped at these milliseconds after the beginning.
  private func take(
    _ stamps: [Int64], at time: WireTime, _ bus: inout BusDecoder
  ) -> SampleBatch {
    let frames = CANFrameBatch(stamps.map { frame(stamped: start + $0) })
    return bus.decode(.received(frames), at: time).samples
  }

  /// A frame of the value 10; in milliseconds since 1970.
  private func frame(stamped: Int64) -> CANFrame {
    CANFrame(
      time: stamped * 1_000_000, identifier: CANIdentifier(truncating: 291),
      payload: [0, 0, 10, 0, 0, 0, 0, 0])
  }

  /// In milliseconds.
  private func time(_ clock: Int64, monotonic: Int64) -> WireTime {
    WireTime(
      gateway: Timestamp(nanoseconds: clock * 1_000_000), monotonic: monotonic * 1_000_000)
  }

  /// How many values the results of windows are of.
  private func counts(_ samples: SampleBatch) -> Int64 {
    samples.reduce(0) { sum, sample in
      guard tags.name(of: sample.tag).hasSuffix(".count"), case .int64(let count) = sample.value
      else { return sum }
      return sum + count
    }
  }
}

extension DriverConformanceTests {
  @Test(
    "what a live bus bears is no time of a device",
    .enabled(
      if: DriverCase.possible.contains { $0.name == "socketcan" },
      "needs virtual CAN interfaces (Tests/vcan/run)"))
  func ownTimes() async throws {
    let peer = try await #require(DriverCase.possible.first { $0.name == "socketcan" })
      .make(folder)
    let bench = try DriverBench(peer.configuration)
    bench.take()
    bench.start()
    try await bench.wait { bench in
      try await peer.speak()
      return bench.samples.count >= 10
    }
    #expect(await bench.stop())
    #expect(bench.samples.allSatisfy { $0.sourceTime == nil })
  }
}

#if Gateway
  extension LiveBusClockTests {
    @Test("a replay gives what was stored, to the bit, and a value is explained by its frame")
    func replay() async throws {
      let data = folder.file("data")
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(data)}
          journal: {}
          buses: {can: {driver: socketcan, interface: can0, dbc: \(folder.file("m.dbc"))}}
          devices: {truck: {bus: can}, trailer: {bus: can}}
          formulas:
            f/total: {expression: "integral({truck/M.y})"}
            f/stale: {expression: "stale(3) + 0 * is_good({truck/M.y})"}
          processing:
            trailer/M.y: {aggregate: 1s, functions: [count]}
            truck/M.y: {gap: 10s}
          """)
      var bench = try await LaneBench(configuration, version: 1)
      var random = SeededGenerator(seed: 5)
      var offset = start
      var stamped: [Int64] = []
      for tick in 1..<200 as Range<Int64> {
        let monotonic = tick * 50
        // What is stamped now is taken later, and the clock may be set in between.
        stamped.append(offset + monotonic)
        if tick % 20 == 0 {
          offset += [3_600_000, -3_600_000, 20_000].randomElement(using: &random) ?? 0
        }
        guard tick % 3 == 0 else { continue }
        let frames = CANFrameBatch(stamped.map { frame(stamped: $0) })
        // As a version wrote it that took stamps for times of the device.
        let event: WireEvent = tick < 30 ? .frames(frames) : .received(frames)
        bench.put(.wire("can", event, time(offset + monotonic + 1, monotonic: monotonic + 1)))
        stamped = []
      }
      try await bench.finish()

      let (samples, findings) = try replayed(folder.file("data/journal"))
      #expect(samples.count > 200)
      #expect(try samples == stored(in: data))
      #expect(findings == [])
      let live = try storedSamples(in: data).filter {
        $0.tag == "truck/M.y" && $0.sample.sourceTime == nil
      }
      let last = try #require(live.last?.sample)
      #expect(live.allSatisfy { $0.sample.quality.isGood })
      let distances = zip(live, live.dropFirst()).map {
        $1.sample.monotonicTime - $0.sample.monotonicTime
      }
      #expect(distances.allSatisfy { $0 == 50_000_000 })
      let why = try Explanation(of: "truck/M.y", at: last.time, dataFolder: data)
      guard case .wire(let wire, .known(let decoding))? = why.origin.content?.source else {
        Issue.record("no frame: \(why.jsonLine)")
        return
      }
      #expect(wire.kind == .frame && wire.place == "123" && wire.time == last.gatewayTime)
      #expect(decoding.raw == .int64(10))
    }
  }
#endif
