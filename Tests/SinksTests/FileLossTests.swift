import Foundation
import IndustrialModel
import Sinks
import Synchronization
import TestSupport
import Testing

@Suite("A file that others move, delete or cut is made anew") struct FileLossTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  let clock = Clock()

  init() throws { folder = try TemporaryFolder() }

  final class Clock: Sendable {
    private let hour = Mutex(0)

    var now: Timestamp {
      let seconds = 1_767_225_600 + Int64(hour.withLock { $0 }) * 3600
      return Timestamp(nanoseconds: seconds * 1_000_000_000)
    }
    func set(hour value: Int) { hour.withLock { $0 = value } }
  }

  static let rotations = [
    FileRotation(), FileRotation(size: 150), FileRotation(every: .seconds(3600), keep: 3),
  ]

  @Test("moved: every line is in the file that was moved or in a new one", arguments: rotations)
  func moved(rotation: FileRotation) async throws {
    let sink = try open(rotation)
    for number in 0..<4 { try await deliver(number, to: sink) }
    try FileManager.default.moveItem(atPath: folder.file("p.csv"), toPath: folder.file("moved"))
    for number in 4..<8 { try await deliver(number, to: sink) }
    #expect(try numbers() == Array(0..<8))
  }

  @Test("deleted: only what was in it is gone", arguments: rotations)
  func deleted(rotation: FileRotation) async throws {
    let sink = try open(rotation)
    for number in 0..<4 { try await deliver(number, to: sink) }
    let before = try Set(numbers(in: "p.csv"))
    try FileManager.default.removeItem(atPath: folder.file("p.csv"))
    for number in 4..<8 { try await deliver(number, to: sink) }
    #expect(try numbers() == (0..<8).filter { !before.contains($0) })
  }

  @Test("replaced by an empty one, as who rotates logs does", arguments: rotations)
  func replaced(rotation: FileRotation) async throws {
    let sink = try open(rotation)
    for number in 0..<4 { try await deliver(number, to: sink) }
    try FileManager.default.moveItem(atPath: folder.file("p.csv"), toPath: folder.file("moved"))
    try folder.write("", to: "p.csv")
    for number in 4..<8 { try await deliver(number, to: sink) }
    #expect(try numbers() == Array(0..<8))
  }

  @Test("copied and cut: no hole is left at its beginning") func cut() async throws {
    let sink = try open(FileRotation())
    for number in 0..<4 { try await deliver(number, to: sink) }
    try FileManager.default.copyItem(atPath: folder.file("p.csv"), toPath: folder.file("copy"))
    truncate(folder.file("p.csv"), 0)
    for number in 4..<8 { try await deliver(number, to: sink) }
    #expect(try numbers() == Array(0..<8))
    #expect(try !folder.text(of: "p.csv").utf8.contains(0))
  }

  @Test("without a folder it fails, and goes on when there is one again") func noFolder()
    async throws
  {
    let place = folder.file("logs")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    let sink = try FileSink(path: "\(place)/p.csv", format: .csv, tags: tags)
    try await deliver(0, to: sink)
    try FileManager.default.moveItem(atPath: place, toPath: folder.file("old"))
    let error = await #expect(throws: SinkError.self) { try await deliver(1, to: sink) }
    #expect(error?.code == .notFound)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    try await deliver(1, to: sink)
    #expect(try numbers(in: "old/p.csv") == [0])
    #expect(try numbers(in: "logs/p.csv") == [1])
  }

  @Test(
    "a rotation that fails is tried again with the next batch, and no line goes to the wrong file")
  func rotationFails() async throws {
    // With the time in it the name is longer than a file's may be.
    let name = String(repeating: "p", count: 245) + ".csv"
    let sink = try FileSink(
      path: folder.file(name), format: .csv, rotation: FileRotation(every: .seconds(3600)),
      tags: tags, now: { [clock] in clock.now })
    try await deliver(0, to: sink)
    for _ in 0..<2 {
      await #expect(throws: SinkError.self) { try await deliver(1, to: sink, at: 1) }
    }
    #expect(try numbers() == [0])
  }

  @Test("dead letters that somebody took away are no place to write to") func deadLetters()
    async throws
  {
    let file = DeadLetterFile(path: folder.file("dead.jsonl"), sink: "s", tags: tags)
    let batch = SampleBatch([Sample(tag: tags.intern("pump/flow"), value: .int64(1))])
    for name in ["first", "second"] {
      try await file.append([.init(index: 0, reason: name)], of: batch)
      try FileManager.default.moveItem(
        atPath: folder.file("dead.jsonl"), toPath: folder.file(name))
      #expect(try folder.text(of: name).contains(name))
    }
  }

  // MARK: -

  private func open(_ rotation: FileRotation) throws -> FileSink {
    try FileSink(
      path: folder.file("p.csv"), format: .csv, rotation: rotation, tags: tags,
      now: { [clock] in clock.now })
  }

  /// Each second batch begins an hour.
  private func deliver(_ number: Int, to sink: FileSink, at time: Int? = nil) async throws {
    clock.set(hour: time ?? number / 2)
    try await sink.deliver(
      SampleBatch([
        Sample(tag: tags.intern("pump/flow"), value: .int64(Int64(number)), gatewayTime: clock.now)
      ]))
  }

  /// The values in all files.
  private func numbers() throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).flatMap(numbers).sorted()
  }

  /// The values in a file, which has to begin with the header.
  private func numbers(in name: String) throws -> [Int] {
    let lines = try folder.text(of: name).split(separator: "\n")
    #expect(lines.first?.hasPrefix("time,tag,value,") == true, "\(name)")
    return lines.dropFirst().compactMap { Int($0.split(separator: ",")[2]) }
  }
}
