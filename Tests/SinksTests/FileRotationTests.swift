import Foundation
import IndustrialModel
import Sinks
import Synchronization
import TestSupport
import Testing

@Suite("A file that grows makes way for a new one") struct FileRotationTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  /// Seconds since 2026-01-01.
  let clock = Clock()

  init() throws { folder = try TemporaryFolder() }

  final class Clock: Sendable {
    private let seconds = Mutex(0.0)

    var now: Timestamp {
      Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(seconds.withLock { $0 } * 1e9))
    }
    func set(_ value: Double) { seconds.withLock { $0 = value } }
  }

  @Test("when it is large enough; each file has its header and whole batches, and no line is lost")
  func bySize() async throws {
    let sink = try open("plant.csv", FileRotation(size: 1000))
    for number in 0..<100 {
      clock.set(Double(number))
      try await sink.deliver(batch(number))
    }
    let names = try files()
    #expect(names.count > 5)
    #expect(
      names.dropLast().allSatisfy { $0.wholeMatch(of: /plant-20260101T0[01]\d{4}Z\.csv/) != nil })
    var numbers: [String] = []
    for name in names {
      let lines = try folder.text(of: name).split(separator: "\n")
      #expect(lines.first?.hasPrefix("time,tag,") == true)
      if name != "plant.csv" {
        #expect((950...1150).contains(try folder.text(of: name).utf8.count))
      }
      numbers += lines.dropFirst().map { String($0.split(separator: ",")[2]) }
    }
    #expect(numbers == (0..<100).map { "\($0)" })
  }

  @Test("at the start of a span, also when the gateway was down then; a clock set back begins none")
  func byTime() async throws {
    let rotation = FileRotation(every: .seconds(3600))
    var sink = try open("p.lp", rotation)
    for (time, count) in [
      (0.0, 1), (3599, 1), (3600, 2), (3700, 2), (100, 2), (7199, 2), (7200, 3),
    ] {
      clock.set(time)
      try await sink.deliver(batch(Int(time)))
      #expect(try files().count == count, "at \(time)")
    }
    #expect(try files().first == "p-20260101T010000Z.lp")
    // The file's own time decides after a restart: it is that of this test.
    await sink.close()
    let today = Double(Int(Date().timeIntervalSince1970)) - 1_767_225_600
    clock.set(today)
    sink = try open("p.lp", rotation)
    let before = try files().count
    try await sink.deliver(batch(1))
    clock.set(today + 7200)
    try await sink.deliver(batch(2))
    #expect(try files().count == before + 1)
  }

  @Test("only the newest old files stay, and strangers are left alone")
  func keeps() async throws {
    let strangers = [
      "p-20250101T000000Z.lp.bak", "p-.lp", "p-2025.lp", "q-20250101T000000Z.lp",
      "p-20250101T000000Z-x.lp", "p-20250101x000000Z.lp",
    ]
    for name in strangers { try folder.write("mine\n", to: name) }
    try folder.write("old\n", to: "p-20250101T000000Z.lp")
    let sink = try open("p.lp", FileRotation(size: 1, keep: 12))
    for number in 0..<15 { try await sink.deliver(batch(number)) }
    // All at the same second: they are told apart by a number, and 10 comes after 9.
    let mine = Set(try files()).subtracting(strangers)
    #expect(
      mine == Set((3...14).map { "p-20260101T000000Z-\($0).lp" } + ["p.lp"]))
    #expect(try strangers.allSatisfy { try folder.text(of: $0) == "mine\n" })
  }

  @Test("with the clock set back, the newest data still counts as the newest")
  func clockSetBack() async throws {
    let sink = try open("p.lp", FileRotation(size: 1, keep: 2))
    for time in [7200.0, 7200, 0, 0, 3600] {
      clock.set(time)
      try await sink.deliver(batch(Int(time)))
    }
    #expect(try files() == ["p-20260101T020000Z-3.lp", "p-20260101T020000Z-4.lp", "p.lp"])
    #expect(try folder.text(of: "p.lp").contains("3600"))
  }

  @Test("what is no file of its own is never renamed") func devices() async throws {
    let sink = try FileSink(
      path: "/dev/null", format: .jsonl, rotation: FileRotation(size: 1), tags: tags)
    for number in 0..<5 { try await sink.deliver(batch(number)) }
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))
  }

  private func open(_ name: String, _ rotation: FileRotation) throws -> FileSink {
    try FileSink(
      path: folder.file(name), format: name.hasSuffix("csv") ? .csv : .influx, rotation: rotation,
      tags: tags, now: { [clock] in clock.now })
  }

  private func batch(_ number: Int) -> SampleBatch {
    SampleBatch([
      Sample(tag: tags.intern("pump/flow"), value: .int64(Int64(number)), gatewayTime: clock.now)
    ])
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }
}
