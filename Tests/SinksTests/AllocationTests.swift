import IndustrialModel
import TestSupport
import Testing

@testable import Sinks

/// What was read goes out without asking for memory: a gateway writes a hundred thousand numbers a second for years.
@Suite(.enabled(if: allocationsAreCounted, "needs an optimised build (-c release)"))
struct AllocationTests {
  let tags = TagRegistry()

  @Test("numbers of all kinds and lengths, in every format", arguments: SampleFormat.allCases)
  func formats(format: SampleFormat) {
    let batch = numbers()
    var formatter = SampleFormatter(format, tags: tags)
    var first: [UInt8] = []
    formatter.append(batch, to: &first)
    // With a room of its own: a copy would share that of the first until it is written to.
    var text: [UInt8] = []
    text.reserveCapacity(first.count)
    let count = allocations {
      for _ in 0..<20 {
        text.removeAll(keepingCapacity: true)
        formatter.append(batch, to: &text)
      }
    }
    // A table is for people; it pads.
    if format != .table { #expect(count == 0) }
    #expect(text == first)
  }

  @Test("numbers in a template")
  func template() throws {
    let batch = numbers()
    let template = try HTTPTemplate(
      #"{"id": "{device}.{tag}", "v": {value}, "t": {time_ms}, "q": {quality}}"#,
      envelope: "[{samples}]")
    var writer = HTTPTemplateWriter(template, gateway: "g", tags: tags)
    let indices = ArraySlice(batch.indices)
    var text: [UInt8] = []
    writer.append(batch, indices, to: &text)
    let count = allocations {
      for _ in 0..<20 {
        text.removeAll(keepingCapacity: true)
        writer.append(batch, indices, to: &text)
      }
    }
    #expect(count == 0)
  }

  /// Good ones and doubtful ones, of few digits and of all of them.
  private func numbers() -> SampleBatch {
    var random = SeededGenerator(seed: 11)
    let ids = (0..<50).map { tags.intern("plant/unit/pump\($0)") }
    var batch = SampleBatch()
    for index in 0..<1000 {
      let bits = random.next()
      let value: Value =
        switch index % 6 {
        case 0: .double(Double(index) * 0.1 + 0.05)
        case 1: .double(Double(bitPattern: bits))
        case 2: .double(Double(bits) / 3e18)
        case 3: .int64(Int64(bitPattern: bits))
        case 4: .uint64(bits)
        default: .bool(bits & 1 == 1)
        }
      batch.append(
        Sample(
          tag: ids[index % 50], value: value,
          quality: index % 10 == 9 ? .uncertainSubNormal : .good,
          gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(index))))
    }
    return batch
  }
}
