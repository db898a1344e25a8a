import Foundation
import Glibc
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Sinks

@Suite("A full or broken disk costs a file nothing but time") struct FileFailureTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()
  let disk = Disk()

  init() throws { folder = try TemporaryFolder() }

  /// A disk that fails when it is told, and its clock.
  final class Disk: Sendable {
    enum Call: CaseIterable { case open, write, sync }

    private struct State {
      var failing: Set<Call> = []
      var hour = 0
    }
    private let state = Mutex(State())

    var now: Timestamp {
      let hour = state.withLock { $0.hour }
      return Timestamp(nanoseconds: (1_767_225_600 + Int64(hour) * 3600) * 1_000_000_000)
    }

    func set(hour: Int) { state.withLock { $0.hour = hour } }

    /// The next call of this kind fails.
    func fail(_ call: Call) { state.withLock { _ = $0.failing.insert(call) } }

    private func fails(_ call: Call) -> Bool {
      state.withLock { $0.failing.remove(call) != nil }
    }

    var calls: FileCalls {
      let system = FileCalls()
      return FileCalls(
        openFile: { path in
          guard self.fails(.open) else { return system.openFile(path) }
          errno = EMFILE
          return -1
        },
        writeBytes: { descriptor, bytes, count in
          guard self.fails(.write) else { return system.writeBytes(descriptor, bytes, count) }
          errno = ENOSPC
          return -1
        },
        syncData: { descriptor in
          guard self.fails(.sync) else { return system.syncData(descriptor) }
          errno = EIO
          return -1
        })
    }
  }

  @Test(
    "at a rotation: every line is there once, below a header, and the sink goes on",
    arguments: Disk.Call.allCases,
    [FileRotation(size: 1), FileRotation(every: .seconds(3600))])
  func rotation(call: Disk.Call, rotation: FileRotation) async throws {
    let sink = try open(rotation)
    try await deliver(1, to: sink)
    disk.fail(call)
    await #expect(throws: SinkError.self) { try await deliver(2, to: sink) }
    for number in 2...4 { try await deliver(number, to: sink) }
    #expect(try numbers().sorted { $0.lexicographicallyPrecedes($1) } == [[1], [2], [3], [4]])
  }

  @Test(
    "in a new file: its header comes with the first lines", arguments: [Disk.Call.write, .sync])
  func newFile(call: Disk.Call) async throws {
    let sink = try open(FileRotation())
    disk.fail(call)
    await #expect(throws: SinkError.self) { try await deliver(1, to: sink) }
    for number in 1...2 { try await deliver(number, to: sink) }
    #expect(try numbers() == [[1, 2]])
  }

  @Test("a file that was closed stays closed") func closed() async throws {
    let sink = try open(FileRotation(size: 1))
    try await deliver(1, to: sink)
    await sink.close()
    await #expect(throws: SinkError.self) { try await deliver(2, to: sink) }
    #expect(try numbers() == [[1]])
  }

  @Test(
    "behind a file of dead letters that gave way: it is told once the letters are there",
    arguments: Disk.Call.allCases)
  func deadLetters(call: Disk.Call) async throws {
    let file = DeadLetterFile(
      path: folder.file("dead.jsonl"), sink: "s", tags: tags, limit: 1, calls: disk.calls)
    let batch = SampleBatch([Sample(tag: tags.intern("pump/flow"), value: .int64(1))])
    var replaced: [String?] = []
    for reason in ["first", "second"] {
      replaced.append(try await file.append([.init(index: 0, reason: reason)], of: batch))
    }
    // The first letter gives way before the call that fails.
    for _ in 0..<2 {
      disk.fail(call)
      await #expect(throws: SinkError.self) {
        try await file.append([.init(index: 0, reason: "third")], of: batch)
      }
    }
    replaced.append(try await file.append([.init(index: 0, reason: "third")], of: batch))
    #expect(replaced == [nil, nil, folder.file("dead.jsonl.1")])
    #expect(try reasons(in: "dead.jsonl.1") == ["second"])
    #expect(try reasons(in: "dead.jsonl") == ["third"])
  }

  private func open(_ rotation: FileRotation) throws -> FileSink {
    try FileSink(
      path: folder.file("p.csv"), format: .csv, rotation: rotation, tags: tags,
      now: { [disk] in disk.now }, calls: disk.calls)
  }

  private func deliver(_ number: Int, to sink: FileSink) async throws {
    disk.set(hour: number)
    let tag = tags.intern("pump/flow")
    try await sink.deliver(
      SampleBatch([Sample(tag: tag, value: .int64(Int64(number)), gatewayTime: disk.now)]))
  }

  /// Why each letter of a file was refused.
  private func reasons(in name: String) throws -> [String] {
    try folder.text(of: name).split(separator: "\n").map { line in
      let letter = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return letter?["reason"] as? String ?? ""
    }
  }

  /// The values in each file, which has to begin with the header.
  private func numbers() throws -> [[Int]] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
      let lines = try folder.text(of: name).split(separator: "\n")
      #expect(lines.first?.hasPrefix("time,tag,value,") == true, "\(name)")
      return lines.dropFirst().compactMap { Int($0.split(separator: ",")[2]) }
    }
  }
}
