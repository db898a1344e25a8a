public import IndustrialModel

/// Plans how a set of readings is asked for, and turns each round of answers into samples.
///
/// Readings that touch or overlap share a request. A reading whose request failed becomes a sample without
/// value, of the failure's quality.
public struct RegisterSampler: Sendable {
  /// The requests of one round.
  public private(set) var plan: ReadPlan
  /// The readings, in the order of their samples.
  public let readings: [RegisterReading]
  private var planner: ReadPlanner

  /// A sampler of the given readings.
  ///
  /// - Parameters:
  ///   - readings: what to read; several may share registers.
  ///   - limits: what the device allows, and how large a gap may be read along.
  /// - Throws: `ModbusError` of code `invalidRequest` when a reading runs past address 65535.
  public init(
    _ readings: [RegisterReading], limits: ReadLimits = ReadLimits()
  ) throws(ModbusError) {
    self.readings = readings
    planner = ReadPlanner(
      readings.map { reading in
        ReadPlanner.Span(
          unit: reading.unit, table: reading.place.table, start: Int(reading.place.offset),
          count: reading.type.registerCount)
      }, limits: limits)
    plan = try ReadPlan(planner.blocks)
  }

  /// Learns from a result of this `plan`; true when `plan` is another one now, so that the round must be read again before
  /// `append`.
  ///
  /// A request refused with exception 2 is halved until the place that does not exist stands alone; that reading is then left
  /// out of the plan, its samples say so, and it is asked for again every 100 rounds. One refused with exception
  /// 3 is asked for in smaller pieces; where the device has given as many places at once elsewhere, as one refused with exception
  /// 2. Call it after each round until it returns false.
  public mutating func adapt(to result: ReadResult) -> Bool {
    guard result.plan == plan else { return false }
    _ = planner.learn { block in
      guard let failure = result.failures[block] else {
        return result.time(ofBlock: block) == nil ? .failed : .answered
      }
      return failure.exception.map { .refused($0) } ?? .failed
    }
    guard planner.blocks != plan.blocks, let adapted = try? ReadPlan(planner.blocks) else {
      return false
    }
    plan = adapted
    return true
  }

  /// The readings that the device refused for ever (exception 2), and that are left out of the plan for now.
  public var holes: [RegisterReading] {
    zip(readings, planner.blockOfSpan).filter { $0.1 < 0 }.map(\.0)
  }

  /// The error of the holes as one, nil when there are none.
  ///
  /// - Parameter bus: The name of the wire for the message.
  public func holeError(bus: String) -> ModbusError? {
    let holes = holes
    guard let first = holes.first else { return nil }
    let more = holes.count > 1 ? ", and so for \(holes.count - 1) more" : ""
    return ModbusError(
      .exception, "the device answered: \(ExceptionCode.illegalDataAddress)\(more)", bus: bus,
      unit: first.unit, address: first.place, exception: .illegalDataAddress,
      advice:
        "compare with the device's register list; addresses here count from 0: 40001 is holding 0")
  }

  /// Appends one sample a reading, in their order. `result` must be of this sampler's `plan`; of another one
  /// nothing is taken, and all samples are bad.
  public func append(_ result: ReadResult, to batch: inout SampleBatch) {
    let isOurs = result.plan == plan
    let now = Timestamp.now()
    let monotonic = MonotonicClock.now()
    for (reading, block) in zip(readings, planner.blockOfSpan) {
      var sample = Sample(
        tag: reading.tag, value: .none, gatewayTime: now, monotonicTime: monotonic)
      guard block >= 0, isOurs else {
        // A known hole, or a caller's mistake.
        sample.quality = isOurs ? ExceptionCode.illegalDataAddress.quality : .bad
        batch.append(sample)
        continue
      }
      let offset = Int(reading.place.offset) - Int(plan.blocks[block].address)
      if let time = result.time(ofBlock: block),
        let monotonicTime = result.monotonicTime(ofBlock: block)
      {
        // When the answer came, on both clocks.
        sample.gatewayTime = Timestamp(nanoseconds: time)
        sample.monotonicTime = monotonicTime
      }
      do throws(ModbusError) {
        let words = try result.registers(ofBlock: block)
        sample.value = reading.value(at: offset, in: words)
        if sample.value == .none { sample.quality = .badDecodingError }
      } catch {
        sample.quality = error.quality
      }
      batch.append(sample)
    }
  }
}
