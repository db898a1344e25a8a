internal import IndustrialModel
internal import Modbus

/// What a device answered when its tags of one period were read.
struct RegisterRound: Sendable, Hashable {
  /// Consecutive places of one table.
  struct Span: Sendable, Hashable {
    var unit: UInt8
    var table: RegisterTable
    var address: UInt16
    var count: Int

    /// Whether all registers of a reading are in it.
    func holds(_ reading: RegisterReading) -> Bool {
      let start = Int(reading.place.offset) - Int(address)
      return reading.unit == unit && reading.place.table == table && start >= 0
        && start + reading.type.registerCount <= count
    }
  }

  /// What was asked for at once, and what came.
  struct Answer: Sendable, Hashable {
    var span: Span
    /// When it came, in nanoseconds since 1970; nil when nothing came.
    var time: Int64?
    /// A register a word, or 16 bits a word with the first lowest; none when it was refused.
    var words: ArraySlice<UInt16> = []
    /// Why there are no words; good when there are.
    var quality = Quality.good
  }

  var device: String
  /// From one round to the next, in nanoseconds.
  var every: Int64
  var answers: [Answer]
}

extension RegisterRound {
  /// - Parameters:
  ///   - sampler: Has the plan that was read; what it leaves out because the device refuses it is told as refused.
  ///   - time: When the round was over.
  init(
    device: String, every: Int64, _ result: ReadResult, _ sampler: RegisterSampler,
    at time: WireTime
  ) {
    (self.device, self.every) = (device, every)
    answers = result.plan.blocks.enumerated().map { index, block in
      var answer = Answer(
        span: Span(
          unit: block.unit, table: block.table, address: block.address, count: block.count),
        time: result.monotonicTime(ofBlock: index).map { time.gateway(at: $0) })
      do throws(ModbusError) {
        answer.words = try result.registers(ofBlock: index)
      } catch {
        answer.quality = error.quality
      }
      return answer
    }
    let refused = ModbusError(.exception, "", exception: .illegalDataAddress).quality
    for hole in sampler.holes {
      answers.append(
        Answer(
          span: Span(
            unit: hole.unit, table: hole.place.table, address: hole.place.offset,
            count: hole.type.registerCount), quality: refused))
    }
  }
}

/// Makes samples of the registers of one device that are read at the same period.
struct RegisterDecoder: WireDecoder, Sendable {
  let readings: [RegisterReading]
  /// Which answer has the registers of which reading, for rounds that look like the last; -1 for none.
  private var spans: [RegisterRound.Span] = []
  private var places: [Int] = []

  init(_ readings: [RegisterReading]) { self.readings = readings }

  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments {
    guard case .registers(let round) = event else { return Moments(at: time) }
    if !spans.elementsEqual(round.answers.lazy.map(\.span)) {
      spans = round.answers.map(\.span)
      places = readings.map { reading in spans.firstIndex { $0.holds(reading) } ?? -1 }
    }
    var samples = SampleBatch()
    samples.reserveCapacity(readings.count)
    for (reading, place) in zip(readings, places) where place >= 0 {
      samples.append(sample(of: reading, round.answers[place], at: time))
    }
    return Moments(samples: samples, grouping: .whole, time: time)
  }

  private func sample(
    of reading: RegisterReading, _ answer: RegisterRound.Answer, at time: WireTime
  ) -> Sample {
    var sample = Sample(
      tag: reading.tag, value: .none, quality: answer.quality, gatewayTime: time.gateway,
      monotonicTime: time.monotonic)
    if let came = answer.time {
      // When the answer came, on both clocks.
      sample.gatewayTime = Timestamp(nanoseconds: came)
      sample.monotonicTime = time.monotonic &- (time.gateway.nanoseconds &- came)
    }
    guard answer.quality.isGood else { return sample }
    let offset = Int(reading.place.offset) - Int(answer.span.address)
    sample.value = reading.value(at: offset, in: answer.words)
    if sample.value == .none { sample.quality = .badDecodingError }
    return sample
  }
}
