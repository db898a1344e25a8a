import IndustrialModel
import TestSupport
import Testing

@Suite struct SampleCodecTests {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func givesBackWhatWasWritten(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let tags = TagRegistry()
    let batch = randomBatch(count: Int(random.next() % 40), tags: tags, using: &random)
    var block: [UInt8] = []
    SampleCodec.encode(batch, names: tags.names, into: &block)

    var decoded = SampleBatch()
    try SampleCodec.decode(block, tags: tags, into: &decoded)
    #expect(same(decoded, batch), "seed \(seed)")

    // A reader of another run has its own numbers, and the same names.
    let others = TagRegistry()
    _ = others.intern("somebody/else")
    var elsewhere = SampleBatch()
    try SampleCodec.decode(block, tags: others, into: &elsewhere)
    #expect(elsewhere.map { others.name(of: $0.tag) } == batch.map { tags.name(of: $0.tag) })
  }

  @Test func appendsToWhatIsThere() throws {
    let tags = TagRegistry()
    let text = Sample(tag: tags.intern("a/text"), value: .string("première"))
    let bytes = Sample(tag: tags.intern("a/bytes"), value: .bytes([0, 255]))
    var batch = SampleBatch([text])
    var block: [UInt8] = []
    SampleCodec.encode(SampleBatch([bytes]), names: tags.names, into: &block)
    try SampleCodec.decode(block, tags: tags, into: &batch)
    #expect(Array(batch) == [text, bytes])
  }

  @Test func oneEncoderServesManyBatches() throws {
    let tags = TagRegistry()
    let a = tags.intern("a/x")
    let b = tags.intern("b/x")
    var encoder = SampleBlockEncoder(names: tags.names)
    for tag in [a, b, b, a] {
      let batch = SampleBatch([Sample(tag: tag, value: .int64(-7))])
      var block: [UInt8] = []
      encoder.encode(batch, into: &block)
      var decoded = SampleBatch()
      try SampleCodec.decode(block, tags: tags, into: &decoded)
      #expect(Array(decoded) == Array(batch))
    }
  }

  @Test("what is kept between blocks changes nothing", arguments: [1, 2, 3] as [UInt64])
  func keptLists(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let tags = TagRegistry()
    // More lists of names than are remembered, and lists that begin like others.
    let lists = (0..<40).map { list in
      (0...list).map { tags.intern(list % 2 == 0 ? "d/t\($0)" : "d\(list)/\($0)") }
    }
    var encoder = SampleBlockEncoder(names: tags.names)
    var reader = SampleBlockReader(tags: tags)
    for round in 0..<400 {
      let near = lists[(round / 10 + Int(random.next() % 3)) % lists.count]
      let list = round % 7 == 0 ? (lists.randomElement(using: &random) ?? []) : near
      let batch = SampleBatch(
        list.map { Sample(tag: $0, value: .double(Double(bitPattern: random.next()))) })
      var block: [UInt8] = []
      encoder.encode(batch, into: &block)
      var alone: [UInt8] = []
      SampleCodec.encode(batch, names: tags.names, into: &alone)
      #expect(block == alone, "seed \(seed), round \(round)")
      var decoded = SampleBatch()
      try reader.read(block.span.bytes, into: &decoded)
      #expect(same(decoded, batch), "seed \(seed), round \(round)")
      // Damage is found as without it, and leaves nothing behind.
      if !block.isEmpty, round % 5 == 0 {
        block[Int(random.next() % UInt64(block.count))] ^= 1 << UInt8(random.next() % 8)
        var one = SampleBatch()
        var other = SampleBatch()
        let expected = Result { try SampleCodec.decode(block, tags: tags, into: &one) }
        let found = Result { try reader.read(block.span.bytes, into: &other) }
        #expect((try? expected.get()) == nil ? (try? found.get()) == nil : same(one, other))
      }
    }
  }

  @Test("names that are too long are cut, stay apart, and cost nobody else's samples")
  func longNames() throws {
    let tags = TagRegistry()
    // The place of the cut is within a character.
    let beginning = "device7/" + String(repeating: "é", count: 3000)
    let names = [
      "device/x", beginning + "a", beginning + "b", String(repeating: "a", count: 4096),
      String(repeating: "a", count: 4097),
    ]
    let batch = SampleBatch(names.map { Sample(tag: tags.intern($0), value: .bool(true)) })
    var block: [UInt8] = []
    SampleCodec.encode(batch, names: tags.names, into: &block)

    let others = TagRegistry()
    var decoded = SampleBatch()
    try SampleCodec.decode(block, tags: others, into: &decoded)
    let found = decoded.map { others.name(of: $0.tag) }
    #expect(found.count == 5 && Set(found).count == 5)
    #expect(found.allSatisfy { $0.utf8.count <= 4096 })
    #expect(found[0] == names[0] && found[3] == names[3])
    #expect(found[1].hasPrefix("device7/ééé") && !found[1].contains("\u{FFFD}"))
    // Written again by who has read them, they are the same.
    var again: [UInt8] = []
    SampleCodec.encode(decoded, names: others.names, into: &again)
    #expect(again == block)
  }

  @Test func refusesANewerVersionByName() {
    var batch = SampleBatch()
    #expect {
      try SampleCodec.decode([200, 0, 0], tags: TagRegistry(), into: &batch)
    } throws: { error in
      (error as? SampleCodecError)?.code == .newerVersion
    }
  }

  @Test func everyTruncationIsAnErrorAndLeavesTheBatchAlone() throws {
    var random = SeededGenerator(seed: 5)
    let tags = TagRegistry()
    let batch = randomBatch(count: 12, tags: tags, using: &random)
    var block: [UInt8] = []
    SampleCodec.encode(batch, names: tags.names, into: &block)
    for length in 0..<block.count {
      var decoded = SampleBatch()
      #expect(throws: SampleCodecError.self) {
        try SampleCodec.decode(Array(block[..<length]), tags: tags, into: &decoded)
      }
      #expect(decoded.isEmpty)
    }
  }

  /// Damage may go unseen here (the store's checksums are for that), but it may never trap.
  @Test func damagedBlocksNeverTrap() {
    let seed: UInt64 = 77
    var random = SeededGenerator(seed: seed)
    let source = TagRegistry()
    for _ in 0..<5_000 {
      let batch = randomBatch(count: Int(random.next() % 8), tags: source, using: &random)
      var block: [UInt8] = []
      SampleCodec.encode(batch, names: source.names, into: &block)
      for _ in 0...(random.next() % 4) {
        let index = Int(random.next() % UInt64(block.count))
        block[index] = UInt8(truncatingIfNeeded: random.next())
      }
      var decoded = SampleBatch()
      try? SampleCodec.decode(block, tags: TagRegistry(), into: &decoded)
      for sample in decoded { _ = sample.value }
    }
  }

  // MARK: - Random samples

  private func randomBatch(
    count: Int, tags: TagRegistry, using random: inout SeededGenerator
  ) -> SampleBatch {
    var batch = SampleBatch()
    for _ in 0..<count { batch.append(randomSample(tags: tags, using: &random)) }
    return batch
  }

  private func randomSample(tags: TagRegistry, using random: inout SeededGenerator) -> Sample {
    let pick = random.next()
    let bits = random.next()
    let value: Value =
      switch pick % 9 {
      case 0: .none
      case 1: .bool(bits & 1 == 0)
      case 2: .int64(Int64(bitPattern: bits))
      case 3: .uint64(bits)
      case 4: .double(Double(bitPattern: bits))
      case 5: .double(.infinity)
      case 6: .string("line\n\(bits) é")
      case 7: .bytes(Array(repeating: UInt8(truncatingIfNeeded: bits), count: Int(bits % 9)))
      default: .string("")
      }
    let extreme: [Int64] = [.min, .max, 0, 1_767_225_600_000_000_000]
    return Sample(
      tag: tags.intern("device\(bits % 3)/tag\(pick % 7)"), value: value,
      quality: pick & 64 == 0 ? .good : Quality(rawValue: UInt32(truncatingIfNeeded: bits)),
      sourceTime: pick & 128 == 0
        ? nil : Timestamp(nanoseconds: extreme[Int(bits >> 8 & 3)] &+ Int64(pick >> 60)),
      gatewayTime: Timestamp(nanoseconds: extreme[Int(bits >> 16 & 3)]),
      monotonicTime: Int64(bitPattern: random.next()),
      sequence: pick & 256 == 0 ? random.next() : bits >> 60,
      sampleClass: SampleClass(rawValue: UInt8(pick >> 32 & 3)) ?? .telemetry,
      configurationVersion: UInt32(bits >> 62))
  }

  /// Equal, with not-a-number equal to itself.
  private func same(_ left: SampleBatch, _ right: SampleBatch) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { a, b in
        if case .double(let x) = a.value, case .double(let y) = b.value, x.isNaN, y.isNaN {
          var (a, b) = (a, b)
          let isSame = x.bitPattern == y.bitPattern
          a.value = .none
          b.value = .none
          return isSame && a == b
        }
        return a == b
      }
  }
}
