/// Reads one sample block. Believes nothing: every length is checked against what is left.
struct SampleBlockDecoder {
  /// In the stored form, true and false are kinds of their own, so that a bool needs no value byte.
  static let trueKind: UInt8 = 7

  var reader: ByteReader

  init(_ reader: ByteReader) { self.reader = reader }

  /// Adds the block's samples to a batch, or none of them if the block is damaged.
  mutating func decode(
    tags: TagRegistry, into batch: inout SampleBatch
  ) throws(SampleCodecError) {
    try decode(into: &batch) { (decoder) throws(SampleCodecError) in
      try decoder.tagNumbers(tags)
    }
  }

  /// - Parameter numbers: Reads the list of names, and gives the numbers of the tags.
  mutating func decode(
    into batch: inout SampleBatch,
    numbers: (inout SampleBlockDecoder) throws(SampleCodecError) -> [TagID]
  ) throws(SampleCodecError) {
    let before = (batch.count, batch.arena.count)
    do throws(SampleCodecError) {
      try decodeAll(into: &batch, numbers)
    } catch {
      batch.removeAdditions(toCount: before.0, arenaCount: before.1)
      throw error
    }
  }

  private mutating func decodeAll(
    into batch: inout SampleBatch,
    _ numbersOfTags: (inout SampleBlockDecoder) throws(SampleCodecError) -> [TagID]
  ) throws(SampleCodecError) {
    let version = try reader.byte()
    guard version >= 1, version <= SampleCodec.version else {
      throw SampleCodecError(
        code: version == 0 ? .malformed : .newerVersion, offset: 0,
        message: version == 0
          ? "this is no sample block"
          : "the samples were written in format version \(version), this program reads up to "
            + "\(SampleCodec.version); use a newer iiotctl")
    }
    if version > SampleCodec.plainVersion {
      _ = try reader.bytes(try count(of: "bytes of a remark", bytesEach: 1))
    }
    // A sample takes 5 bytes at least, so a hostile count can't make us reserve more than it pays for.
    let count = try count(of: "samples", bytesEach: 5)
    let numbers = try numbersOfTags(&self)
    guard count > 0 else { return try expectEnd() }

    var last = SampleBatch.Record(
      like: Sample(
        tag: TagID(rawValue: 0), value: .none,
        gatewayTime: Timestamp(nanoseconds: try reader.zigzag()),
        monotonicTime: try reader.zigzag(), sequence: try reader.varint() &- 1))
    batch.makeRoom(for: count)
    for _ in 0..<count {
      last = try record(after: last, numbers: numbers, arena: &batch)
      batch.records.append(last)
    }
    try expectEnd()
  }

  private mutating func record(
    after last: SampleBatch.Record, numbers: [TagID], arena: inout SampleBatch
  ) throws(SampleCodecError) -> SampleBatch.Record {
    var record = last
    let start = reader.offset
    let tag = try reader.varint()
    guard tag < UInt64(numbers.count) else {
      throw malformed("sample of tag \(tag) where the block names \(numbers.count) tags", at: start)
    }
    record.tag = numbers[Int(tag)]
    let head = try reader.byte()
    guard let sampleClass = SampleClass(rawValue: head >> SampleCodec.classShift & 3) else {
      throw malformed("unknown sample class", at: start)
    }
    record.sampleClass = sampleClass

    let gatewayStep = try reader.zigzag()
    record.gatewayTime.nanoseconds &+= gatewayStep
    record.monotonicTime &+= gatewayStep &+ (try reader.zigzag())
    record.sequence &+= 1 &+ UInt64(bitPattern: try reader.zigzag())
    record.quality = .good
    if head & SampleCodec.hasQuality != 0 {
      record.quality = Quality(rawValue: UInt32(truncatingIfNeeded: try reader.littleEndian(4)))
    }
    record.sourceTime = nil
    if head & SampleCodec.hasSourceTime != 0 {
      record.sourceTime = Timestamp(
        nanoseconds: record.gatewayTime.nanoseconds &+ (try reader.zigzag()))
    }
    if head & SampleCodec.hasConfigurationVersion != 0 {
      record.configurationVersion = UInt32(truncatingIfNeeded: try reader.varint())
    }

    let kind = head & SampleCodec.kindMask
    if kind == Self.trueKind {
      record.kind = .bool
      record.bits = 1
      return record
    }
    guard let known = SampleBatch.Kind(rawValue: kind) else {
      throw malformed("unknown kind of value", at: start)
    }
    record.kind = known
    switch known {
    case .none, .bool: record.bits = 0
    case .int64: record.bits = UInt64(bitPattern: try reader.zigzag())
    case .uint64: record.bits = try reader.varint()
    case .double: record.bits = try reader.littleEndian(8)
    case .string, .bytes:
      let bytes = try reader.bytes(try count(of: "bytes", bytesEach: 1))
      guard let place = arena.intern(bytes: bytes) else {
        throw malformed("more than 4 GiB of texts in one batch", at: start)
      }
      record.bits = place
    }
    return record
  }

  mutating func tagNumbers(_ tags: TagRegistry) throws(SampleCodecError) -> [TagID] {
    let count = try count(of: "tag names", bytesEach: 2)
    var numbers: [TagID] = []
    numbers.reserveCapacity(count)
    var name: [UInt8] = []
    var total = 0
    for _ in 0..<count {
      let start = reader.offset
      let shared = try reader.varint()
      guard shared <= UInt64(name.count) else {
        throw malformed("tag name shares more than the one before has", at: start)
      }
      name.removeSubrange(Int(shared)...)
      name.append(contentsOf: try reader.bytes(try self.count(of: "bytes", bytesEach: 1)))
      total += name.count
      guard name.count <= SampleCodec.longestName, total <= Self.mostNameBytes else {
        throw malformed("tag names of unreasonable length", at: start)
      }
      numbers.append(tags.intern(String(decoding: name, as: UTF8.self)))
    }
    return numbers
  }

  /// As with the length of one name (`SampleCodec.longestName`).
  private static let mostNameBytes = 64 << 20

  /// A count of things that take so many bytes each at least, so it can't exceed what is left.
  private mutating func count(
    of what: String, bytesEach: Int
  ) throws(SampleCodecError) -> Int {
    let start = reader.offset
    let count = try reader.varint()
    guard count <= UInt64(reader.remaining / bytesEach) else {
      throw SampleCodecError(
        code: .truncated, offset: start,
        message: "\(count) \(what) announced, \(reader.remaining) bytes left")
    }
    return Int(count)
  }

  private func expectEnd() throws(SampleCodecError) {
    guard reader.remaining == 0 else {
      throw malformed("\(reader.remaining) bytes behind the last sample", at: reader.offset)
    }
  }

  private func malformed(_ message: String, at offset: Int) -> SampleCodecError {
    SampleCodecError(code: .malformed, offset: offset, message: message)
  }
}
