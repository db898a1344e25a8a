import Foundation
import Glibc
import IndustrialModel
import TestSupport
import Testing

@testable import Sinks

@Suite("What a crash left of a line is found, and nothing else") struct LastLineTests {
  let folder: TemporaryFolder
  let tags = TagRegistry()

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "wherever a file is cut, its whole lines stay: also with line ends and quotes in texts",
    arguments: [SampleFormat.csv, .influx, .jsonl], [1, 2, 3] as [UInt64])
  func everywhere(format: SampleFormat, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pieces = ["a", "b c", "\n", "\n\n", "\"", "\\", ",", "=", "é", "k v=", "\nset y="]
    var formatter = SampleFormatter(format, tags: tags)
    var text = formatter.header
    var ends = [0, text.count]
    for number in 0..<6 {
      let count = Int.random(in: 0...10, using: &random)
      let value = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      // The last piece of a text may look like the beginning of a line.
      let sample = reading(number.isMultiple(of: 3) ? .double(1.5) : .string(value + "\nset y="))
      formatter.append(SampleBatch([sample]), to: &text)
      ends.append(text.count)
    }
    let path = folder.file("text")
    try Data(text).write(to: URL(fileURLWithPath: path))
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var wrong: [Int] = []
    for cut in 0...text.count {
      let lastLine = LastLine(
        descriptor: descriptor, size: off_t(cut), path: path, lines: formatter.lines)
      if try lastLine.end() != off_t(ends.last { $0 <= cut } ?? 0) { wrong.append(cut) }
    }
    #expect(wrong.isEmpty, "\(String(decoding: text, as: UTF8.self))")
  }

  @Test(
    "an unfinished line of ours may be long", arguments: [SampleFormat.csv, .influx, .jsonl],
    [0, 1000])
  func long(format: SampleFormat, lineLength: Int) throws {
    var formatter = SampleFormatter(format, tags: tags)
    var text = formatter.header
    formatter.append(SampleBatch([reading(.double(1))]), to: &text)
    let end = text.count
    let line = String(repeating: "a", count: lineLength == 0 ? 1 << 21 : lineLength) + "\n"
    let value = String(repeating: line, count: (1 << 21) / line.utf8.count + 1)
    formatter.append(SampleBatch([reading(.string(value))]), to: &text)
    text.removeLast(100)
    let path = folder.file("text")
    try Data(text).write(to: URL(fileURLWithPath: path))
    let sink = try FileSink(path: path, format: format, tags: tags)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == end)
    withExtendedLifetime(sink) {}
  }

  @Test(
    "a long line that is not ours is left alone",
    arguments: [SampleFormat.csv, .influx, .jsonl, .table])
  func foreign(format: SampleFormat) throws {
    let text = "<?xml version=\"1.0\"?>\n<a b=\"" + String(repeating: "c", count: 1 << 21)
    try folder.write(text, to: "text")
    let error = #expect(throws: SinkError.self) {
      try FileSink(path: folder.file("text"), format: format, tags: tags)
    }
    #expect(error?.code == .foreignContent)
    #expect(try folder.text(of: "text") == text)
  }

  @Test("a line behind damage of long ago is no part of it") func damage() throws {
    // As earlier versions left it: a quote that nothing closes, and whole lines behind it.
    let lines = "d x=\"cut off\nd x=2i 2\nd x=\"whole\nline\" 3\n"
    try folder.write(lines + "d x=4", to: "text")
    let sink = try FileSink(path: folder.file("text"), format: .influx, tags: tags)
    #expect(try folder.text(of: "text") == lines)
    withExtendedLifetime(sink) {}
  }

  private func reading(_ value: Value) -> Sample {
    Sample(
      tag: tags.intern("pump 1/flow,x"), value: value,
      gatewayTime: Timestamp(nanoseconds: 1_767_225_600_250_000_000), monotonicTime: 0)
  }
}
