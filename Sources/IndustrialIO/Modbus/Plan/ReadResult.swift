/// What a plan's blocks held, each with its own success or failure.
public struct ReadResult: Sendable {
  /// What was read.
  public internal(set) var plan: ReadPlan
  /// All blocks' values one after another: a register a word, or 16 bits a word with the first lowest.
  var words: [UInt16]
  /// When each block's answer came.
  var arrivals: [Arrival]
  /// The failures, by block.
  var failures: [Int: ModbusError] = [:]

  /// When an answer came, on both clocks: the wall clock may be set between the answer and whoever asks.
  struct Arrival: Sendable {
    /// Nanoseconds since 1970; 0 when none came.
    var time: Int64 = 0
    /// Nanoseconds of the monotonic clock.
    var monotonicTime: Int64 = 0
  }

  /// The result of a plan that has not been read yet: every block counts as closed until it is.
  public init(for plan: ReadPlan) {
    self.plan = plan
    words = Array(repeating: 0, count: plan.wordCount)
    arrivals = Array(repeating: Arrival(), count: plan.blocks.count)
  }

  /// Makes it the empty result of `plan`; keeps the memory.
  mutating func reset(for plan: ReadPlan) {
    self.plan = plan
    failures.removeAll(keepingCapacity: true)
    if words.count != plan.wordCount {
      words.removeAll(keepingCapacity: true)
      words.append(contentsOf: repeatElement(0, count: plan.wordCount))
    }
    if arrivals.count == plan.blocks.count {
      for index in arrivals.indices { arrivals[index] = Arrival() }
    } else {
      arrivals.removeAll(keepingCapacity: true)
      arrivals.append(contentsOf: repeatElement(Arrival(), count: plan.blocks.count))
    }
  }

  /// Why a block has no values, or nil when it has. `block` is an index into `plan.blocks`.
  public func error(ofBlock block: Int) -> ModbusError? {
    if let failure = failures[block] { return failure }
    return arrivals[block].time == 0 ? ModbusError(.closed, "the block has not been read") : nil
  }

  /// Whether every block was read.
  public var isComplete: Bool { failures.isEmpty && arrivals.allSatisfy { $0.time != 0 } }

  /// When a block's answer came, in nanoseconds since 1970 (UTC); nil when none came.
  public func time(ofBlock block: Int) -> Int64? {
    arrivals[block].time == 0 ? nil : arrivals[block].time
  }

  /// When a block's answer came, in nanoseconds of `MonotonicClock`, which no step of the wall clock moves; nil when none came.
  public func monotonicTime(ofBlock block: Int) -> Int64? {
    arrivals[block].time == 0 ? nil : arrivals[block].monotonicTime
  }

  /// The registers of a block. Throws the block's error when it was not read.
  ///
  /// For a block of bits these are words of 16 bits, the first bit lowest; `bits(ofBlock:)` takes them apart.
  public func registers(ofBlock block: Int) throws(ModbusError) -> ArraySlice<UInt16> {
    if let error = error(ofBlock: block) { throw error }
    return words[plan.wordOffsets[block]..<plan.wordOffsets[block + 1]]
  }

  /// The bits of a block of coils or discrete inputs. Throws the block's error when it was not read.
  public func bits(ofBlock block: Int) throws(ModbusError) -> [Bool] {
    let words = try registers(ofBlock: block)
    let start = words.startIndex
    let available = words.count * 16
    return (0..<min(plan.blocks[block].count, available)).map { index in
      words[start + (index >> 4)] >> UInt16(index & 15) & 1 == 1
    }
  }

  // MARK: - Filling in

  /// Takes the values out of a good answer's PDU, which the exchange has found to have the right length.
  /// Returns false when its byte count disagrees.
  mutating func store(block: Int, pdu: RawSpan, arrival: Arrival) -> Bool {
    let request = plan.blocks[block]
    let byteCount = pdu.byteCount - 2
    guard byteCount == Self.replyByteCount(request),
      pdu.unsafeLoad(fromByteOffset: 1, as: UInt8.self) == UInt8(truncatingIfNeeded: byteCount)
    else { return false }
    let offset = plan.wordOffsets[block]
    if request.table.isBits {
      storeBits(request.count, at: offset, pdu: pdu)
    } else {
      storeRegisters(request.count, at: offset, pdu: pdu)
    }
    arrivals[block] = arrival
    return true
  }

  /// The loop is free of checks, so that it becomes vector instructions; the bounds are proved before it.
  private mutating func storeRegisters(_ count: Int, at offset: Int, pdu: RawSpan) {
    words.withUnsafeMutableBufferPointer { words in
      pdu.withUnsafeBytes { bytes in
        guard let target = words.baseAddress, let source = bytes.baseAddress,
          offset + count <= words.count, 2 + 2 * count <= bytes.count
        else { return }
        for index in 0..<count {
          target[offset + index] = UInt16(
            bigEndian: source.loadUnaligned(fromByteOffset: 2 + 2 * index, as: UInt16.self))
        }
      }
    }
  }

  private mutating func storeBits(_ count: Int, at offset: Int, pdu: RawSpan) {
    for index in 0..<((count + 15) / 16) {
      let low = UInt16(pdu.unsafeLoad(fromByteOffset: 2 + 2 * index, as: UInt8.self))
      let hasHigh = 3 + 2 * index < pdu.byteCount
      let high =
        hasHigh ? UInt16(pdu.unsafeLoad(fromByteOffset: 3 + 2 * index, as: UInt8.self)) : 0
      words[offset + index] = low | high << 8
    }
    // The bits behind the last one asked for are the device's padding.
    if count & 15 != 0 {
      words[offset + count / 16] &= UInt16.max >> UInt16(16 - (count & 15))
    }
  }

  /// How many bytes of values a good answer has.
  static func replyByteCount(_ block: RegisterBlock) -> Int {
    block.table.isBits ? (block.count + 7) / 8 : 2 * block.count
  }
}
