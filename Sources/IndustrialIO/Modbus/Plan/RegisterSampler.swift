public import IndustrialModel

/// Plans how a set of readings is asked for, and turns each round of answers into samples.
///
/// Readings that touch or overlap share a request. A reading whose request failed becomes a sample without
/// value, of the failure's quality.
public struct RegisterSampler: Sendable {
  /// The requests of one round.
  public let plan: ReadPlan
  /// The readings, in the order of their samples.
  public let readings: [RegisterReading]
  /// Where each reading's value starts: the request, and registers or bits from its start.
  private let spots: [(block: Int, offset: Int)]

  /// A sampler of the given readings.
  ///
  /// - Throws: `ModbusError` of code `invalidRequest` when a reading runs past address 65535.
  public init(_ readings: [RegisterReading]) throws(ModbusError) {
    let order = readings.indices.sorted { left, right in
      Self.key(readings[left]) < Self.key(readings[right])
    }
    var blocks: [RegisterBlock] = []
    var spots = Array(repeating: (block: 0, offset: 0), count: readings.count)
    for index in order {
      let reading = readings[index]
      let start = Int(reading.place.offset)
      let end = start + reading.type.registerCount
      if var block = blocks.last, block.unit == reading.unit, block.table == reading.place.table,
        start <= Int(block.address) + block.count,
        end - Int(block.address) <= block.table.maximumReadCount
      {
        block.count = max(block.count, end - Int(block.address))
        blocks[blocks.count - 1] = block
      } else {
        blocks.append(
          RegisterBlock(
            reading.place.table, reading.place.offset, count: end - start, unit: reading.unit))
      }
      spots[index] = (blocks.count - 1, start - Int(blocks[blocks.count - 1].address))
    }
    plan = try ReadPlan(blocks)
    self.readings = readings
    self.spots = spots
  }

  private static func key(_ reading: RegisterReading) -> UInt64 {
    UInt64(reading.unit) << 32 | UInt64(reading.place.table.rawValue) << 24
      | UInt64(reading.place.offset)
  }

  /// Appends one sample a reading, in their order. `result` must be of this sampler's `plan`.
  public func append(_ result: ReadResult, to batch: inout SampleBatch) {
    let now = Timestamp.now()
    let monotonic = MonotonicClock.now()
    for (reading, spot) in zip(readings, spots) {
      var sample = Sample(
        tag: reading.tag, value: .none, gatewayTime: now, monotonicTime: monotonic)
      if let time = result.time(ofBlock: spot.block) {
        // When the answer came, on both clocks.
        sample.gatewayTime = Timestamp(nanoseconds: time)
        sample.monotonicTime = monotonic &- (now.nanoseconds &- time)
      }
      do throws(ModbusError) {
        let words = try result.registers(ofBlock: spot.block)
        sample.value = value(of: reading, at: spot.offset, in: words)
        if sample.value == .none { sample.quality = .badDecodingError }
      } catch {
        sample.quality = error.quality
      }
      batch.append(sample)
    }
  }

  private func value(
    of reading: RegisterReading, at offset: Int, in words: ArraySlice<UInt16>
  ) -> Value {
    if reading.place.table.isBits {
      let index = words.startIndex + (offset >> 4)
      guard index < words.endIndex else { return .none }
      return .bool(words[index] >> UInt16(offset & 15) & 1 == 1)
    }
    let value = reading.type.decode(words.dropFirst(offset), order: reading.order)
    guard reading.scale != 1 || reading.offset != 0, let number = value.doubleValue else {
      return value
    }
    return .double(reading.scale * number + reading.offset)
  }
}
