import Foundation
import IndustrialModel
import Sinks
import TestSupport
import Testing

@Suite struct FileSinkTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test func appendsAcrossOpenings() async throws {
    for number in 1...3 {
      let sink = try FileSink(path: folder.file("out.csv"), format: .csv, tags: tags)
      try await sink.deliver(batch(.int64(Int64(number))))
      await sink.close()
    }
    let lines = try folder.text(of: "out.csv").split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("time,tag,value"))
    #expect(lines[3].contains(",3,good"))
  }

  @Test func cutsOffTheLineThatACrashLeftUnfinished() async throws {
    try folder.write("d x=1i 1\nd x=2i 17672", to: "out.lp")
    let sink = try FileSink(path: folder.file("out.lp"), format: .influx, tags: tags)
    try await sink.deliver(batch(.int64(3)))
    #expect(try folder.text(of: "out.lp") == "d x=1i 1\nd x=3i 5\n")
  }

  @Test func leavesAForeignFileAlone() throws {
    let path = folder.file("picture")
    try Data([0x89, 0x50, 0, 1, 2]).write(to: URL(fileURLWithPath: path))
    #expect {
      try FileSink(path: path, format: .influx, tags: tags)
    } throws: { ($0 as? SinkError)?.code == .foreignContent }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 5)
  }

  @Test func refusesAFileThatAnotherSinkWrites() throws {
    let path = folder.file("out.lp")
    let first = try FileSink(path: path, format: .influx, tags: tags)
    #expect {
      try FileSink(path: path, format: .influx, tags: tags)
    } throws: { ($0 as? SinkError)?.code == .busy }
    withExtendedLifetime(first) {}
  }

  @Test func saysWhatIsWrongWithThePath() {
    #expect {
      try FileSink(path: folder.file("no/such/out"), format: .jsonl, tags: tags)
    } throws: { error in
      let error = error as? SinkError
      return error?.code == .notFound && error?.isRetriable == false
        && error?.destination.hasSuffix("no/such/out") == true
    }
    #expect {
      try FileSink(path: folder.path, format: .jsonl, tags: tags)
    } throws: { ($0 as? SinkError)?.code == .denied }
  }

  @Test func aFullDiskIsAnErrorThatMayPass() async throws {
    let sink = try FileSink(path: "/dev/full", format: .jsonl, tags: tags)
    do {
      try await sink.deliver(batch(.int64(1)))
      Issue.record("a full device took the batch")
    } catch {
      #expect(error.code == .noSpace && error.isRetriable)
    }
  }

  private func batch(_ value: Value) -> SampleBatch {
    SampleBatch([
      Sample(
        tag: tags.intern("d/x"), value: value, gatewayTime: Timestamp(nanoseconds: 5),
        monotonicTime: 0)
    ])
  }
}
