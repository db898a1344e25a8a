import Harness
import IndustrialModel
import Sinks

var suite = BenchmarkSuite("Sinks")

/// 1000 good numbers of 50 tags, a millisecond apart; the peers in Peers/Sinks make the same.
func plant() -> (batch: SampleBatch, tags: TagRegistry) {
  let tags = TagRegistry()
  let ids = (0..<50).map { tags.intern("plant/pump\($0)") }
  var batch = SampleBatch()
  for index in 0..<1000 {
    batch.append(
      Sample(
        tag: ids[index % 50], value: .double(Double(index) * 0.1 + 0.05),
        gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(index) * 1_000_000)))
  }
  _ = batch.number(from: 1)
  return (batch, tags)
}

func lines(_ format: SampleFormat, against: [Contender]) -> Comparison {
  let (batch, tags) = plant()
  return Comparison(
    operation: "sample", itemsPerOperation: 1000,
    bytesPerOperation: format == .influx ? 47_000 : 150_000,
    gate: Gate(allocations: 0), countedIterations: 20,
    ours: { iterations in
      var formatter = SampleFormatter(format, tags: tags)
      var text: [UInt8] = []
      var count: UInt64 = 0
      for _ in 0..<iterations {
        text.removeAll(keepingCapacity: true)
        formatter.append(batch, to: &text)
        count += UInt64(text.count)
      }
      return count
    },
    against: against)
}

suite.add("line protocol, 1000 numbers") {
  lines(
    .influx,
    against: [
      .limit("snprintf %.17g", program: "Sinks/snprintf_lines.c"),
      .peer("influxdb-client Point", program: "Sinks/text_lines.py", arguments: ["influx"]),
    ])
}

suite.add("JSON lines, 1000 numbers") {
  lines(
    .jsonl,
    against: [.peer("orjson", program: "Sinks/text_lines.py", arguments: ["jsonl"])])
}

suite.add("CSV, 1000 numbers") {
  lines(
    .csv, against: [.peer("Python csv", program: "Sinks/text_lines.py", arguments: ["csv"])])
}

suite.run()
