import Harness
import IndustrialModel

var suite = BenchmarkSuite("IndustrialModel")

let names = (0..<50).map { "plant/pump\($0)/flow" }

/// 1000 good numbers of 50 tags, a millisecond apart.
func plant(_ tags: TagRegistry) -> SampleBatch {
  let ids = names.map(tags.intern)
  var batch = SampleBatch()
  for index in 0..<1000 {
    batch.append(
      Sample(
        tag: ids[index % 50], value: .double(Double(index) * 0.1),
        gatewayTime: Timestamp(nanoseconds: 1_767_225_600_000_000_000 + Int64(index) * 1_000_000)))
  }
  _ = batch.number(from: 1)
  return batch
}

suite.add("encode a block of 1000 numbers") {
  let batch = plant(TagRegistry())
  return Comparison(
    operation: "sample", itemsPerOperation: 1000, gate: Gate(allocations: 0, instructions: 650),
    countedIterations: 20, resultsAgree: false,
    ours: { iterations in
      var encoder = SampleBlockEncoder(names: names)
      var block: [UInt8] = []
      var count: UInt64 = 0
      for _ in 0..<iterations {
        block.removeAll(keepingCapacity: true)
        encoder.encode(batch, into: &block)
        count += UInt64(block.count)
      }
      return count
    },
    against: [
      copying(40_000),
      .peer("msgpack", program: "IndustrialModel/msgpack_block.py", arguments: ["encode"]),
    ])
}

suite.add("decode a block of 1000 numbers") {
  var block: [UInt8] = []
  SampleCodec.encode(plant(TagRegistry()), names: names, into: &block)
  let encoded = block
  return Comparison(
    operation: "sample", itemsPerOperation: 1000, gate: Gate(allocations: 0.06, instructions: 850),
    countedIterations: 20, resultsAgree: false,
    ours: { iterations in
      let tags = TagRegistry()
      var batch = SampleBatch()
      var count: UInt64 = 0
      for _ in 0..<iterations {
        batch.removeAll()
        try SampleCodec.decode(encoded, tags: tags, into: &batch)
        count += UInt64(batch.count)
      }
      return count
    },
    against: [
      copying(40_000),
      .peer("msgpack", program: "IndustrialModel/msgpack_block.py", arguments: ["decode"]),
    ])
}

/// What moving so many bytes costs.
func copying(_ count: Int) -> Contender {
  .limit("memcpy of 40 B a sample") { iterations in
    let source = [UInt8](repeating: 7, count: count)
    var target: [UInt8] = []
    target.reserveCapacity(count)
    var check: UInt64 = 0
    for _ in 0..<iterations {
      target.removeAll(keepingCapacity: true)
      target.append(contentsOf: source)
      check &+= UInt64(target[count - 1])
    }
    return check
  }
}

suite.run()
