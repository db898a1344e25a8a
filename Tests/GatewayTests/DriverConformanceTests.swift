import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

/// What holds for each driver, whatever is at its other end: a new one is a line in `DriverCase.all`.
@Suite("Each driver keeps the contract", .timeLimit(.minutes(15)))
struct DriverConformanceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "hands over the tags it has, good, in their order, each with the times of its reading",
    arguments: DriverCase.possible)
  func reads(driver: DriverCase) async throws {
    let peer = try await driver.make(folder)
    let bench = try DriverBench(peer.configuration)
    // The tags are known beforehand, but for those of messages.
    #expect(peer.tags.isSubset(of: bench.tags.names))
    let before = (Timestamp.now(), MonotonicClock.now())
    bench.take()
    bench.start()
    try await bench.waitForGood(peer)
    #expect(await bench.stop())
    let after = (Timestamp.now(), MonotonicClock.now())
    let samples = bench.samples
    #expect(samples.allSatisfy { bench.tags.name(of: $0.tag).hasPrefix("d/") })
    #expect(samples.allSatisfy { $0.sampleClass == .telemetry && $0.sequence == 0 })
    #expect(samples.allSatisfy { !$0.quality.isBad || $0.value == .none })
    #expect(samples.allSatisfy { (before.0...after.0).contains($0.gatewayTime) })
    #expect(samples.allSatisfy { (before.1...after.1).contains($0.monotonicTime) })
    let times = Dictionary(grouping: samples, by: \.tag).values.map { $0.map(\.monotonicTime) }
    #expect(times.allSatisfy { $0 == $0.sorted() })
  }

  @Test(
    "while the other end is away its tags are bad and have no value; when it is back they are good, without a restart",
    arguments: DriverCase.possible)
  func recovers(driver: DriverCase) async throws {
    let peer = try await driver.make(folder)
    guard peer.goesAway else { return }
    let bench = try DriverBench(peer.configuration)
    bench.take()
    bench.start()
    for round in 1...2 {
      try await bench.waitForGood(peer)
      try await peer.goAway()
      try await bench.wait { bench in
        peer.tags.allSatisfy { bench.latest[$0]?.quality.isBad == true }
      }
      #expect(peer.tags.allSatisfy { bench.latest[$0]?.value == Value.none })
      try await peer.comeBack()
      try await bench.waitForGood(peer)
      // Told when it began and when it ended, and not each time it was noticed.
      try await bench.wait { $0.events.all.count >= 2 * round }
      let events = bench.events.all
      #expect(events.count < 10 * round, "\(events)")
    }
    #expect(await bench.stop())
  }

  @Test(
    "ends when it is told to: before it has begun, at work, and while the other end is away",
    arguments: DriverCase.possible)
  func stops(driver: DriverCase) async throws {
    let peer = try await driver.make(folder)
    for moment in 0..<3 {
      let bench = try DriverBench(peer.configuration)
      bench.take()
      bench.start()
      if moment > 0 { try await bench.waitForGood(peer) }
      if moment == 2, peer.goesAway {
        try await peer.goAway()
        try await bench.wait { $0.latest.values.contains { $0.quality.isBad } }
      }
      #expect(await bench.stop())
    }
  }

  @Test(
    "waits while nobody takes what it hands over, and goes on when somebody does",
    arguments: DriverCase.possible)
  func backPressure(driver: DriverCase) async throws {
    let peer = try await driver.make(folder)
    let bench = try DriverBench(peer.configuration, limit: 1)
    bench.start()
    try await bench.wait { bench in
      try await peer.speak()
      return bench.waiting > 0
    }
    // Long enough for many more; were it shorter, the test would only see less.
    try await Task.sleep(for: .milliseconds(300))
    // One for each period: each waits for its own.
    #expect(bench.waiting <= 2)
    bench.take()
    try await bench.waitForGood(peer)
    #expect(await bench.stop())
  }

  @Test(
    "thirty starts and stops leave no thread and no descriptor",
    // A sanitizer opens files of its own.
    .enabled(if: !isSanitized, "needs no sanitizer"),
    arguments: DriverCase.possible.map(\.name))
  func leaks(name: String) async throws {
    await #expect(processExitsWith: .success) { [name] in
      let folder = try TemporaryFolder()
      let driver = try #require(DriverCase.all.first { $0.name == name })
      let peer = try await driver.make(folder)
      @Sendable func cycle() async throws {
        let bench = try DriverBench(peer.configuration)
        bench.take()
        bench.start()
        try await bench.waitForGood(peer)
        #expect(await bench.stop())
      }
      for _ in 0..<5 { try await cycle() }
      let before = try await Footprint.settled(atMost: nil)
      for _ in 0..<30 { try await cycle() }
      let after = try await Footprint.settled(atMost: before)
      #expect(
        after.threads <= before.threads && after.descriptors <= before.descriptors,
        "\(before), then \(after)")
    }
  }
}

extension DriverBench {
  /// Waits until each tag's latest sample is good; the other end speaks as long as that takes.
  fileprivate func waitForGood(_ peer: any DriverPeer) async throws {
    try await wait { bench in
      try await peer.speak()
      return peer.tags.allSatisfy { bench.latest[$0]?.quality.isGood == true }
    }
  }
}
