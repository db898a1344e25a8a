import IndustrialModel

extension FuzzTarget {
  /// A stored block of samples. What can be read must come back the same after it was written again.
  static let sampleBlock = FuzzTarget(name: "sample-block", seeds: [block]) { bytes in
    let tags = TagRegistry()
    var batch = SampleBatch()
    guard (try? SampleCodec.decode(bytes, tags: tags, into: &batch)) != nil else { return }
    precondition(batch.count <= bytes.count, "more samples than bytes")
  }

  /// A time in RFC 3339.
  static let time = FuzzTarget(
    name: "time",
    texts: ["2026-01-01T00:00:00.250000000Z", "1969-12-31t23:59:59+05:30", "2262-04-11T23:47:16Z"]
  ) { bytes in
    guard let time = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { return }
    precondition(Timestamp(rfc3339: time.description) == time, "\(time) does not read back")
  }
}

/// A block with every kind of value.
private let block: [UInt8] = {
  let tags = TagRegistry()
  let names = ["plant/pump/flow", "plant/pump/state"]
  let ids = names.map(tags.intern)
  var batch = SampleBatch()
  let values: [Value] = [
    .bool(true), .int64(-5), .uint64(.max), .double(0.1), .string("läuft"), .bytes([0, 255]), .none,
  ]
  for (number, value) in values.enumerated() {
    batch.append(
      Sample(
        tag: ids[number % 2], value: value, gatewayTime: Timestamp(nanoseconds: Int64(number))))
  }
  var block: [UInt8] = []
  SampleCodec.encode(batch, names: names, into: &block)
  return block
}()
