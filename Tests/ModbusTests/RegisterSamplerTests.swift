import IndustrialModel
import TestSupport
import Testing

@testable import Modbus

@Suite(
  "Readings become few requests, and their answers the right samples", .timeLimit(.minutes(15)))
struct RegisterSamplerTests {
  private let tags = TagRegistry()

  private func reading(
    _ place: RegisterAddress, _ type: RegisterType = .uint16, unit: UInt8 = 1,
    order: ByteOrder = .abcd, scale: Double = 1, offset: Double = 0
  ) -> RegisterReading {
    RegisterReading(
      tag: tags.intern("unit\(unit)/\(place)/\(type)"), unit: unit, place: place, type: type,
      order: order, scale: scale, offset: offset)
  }

  /// A device whose holding registers hold their address and whose coil n is on when n is divisible by 3.
  private func device(holes: [RegisterBlock] = []) throws -> ModbusServer {
    let server = try ModbusServer(
      port: 0, units: [1, 2], size: .init(coils: 3000, discretes: 10, inputs: 10, holdings: 1000),
      holes: holes)
    for unit in [UInt8(1), 2] {
      server.withBank(unit: unit) { bank in
        for offset in 0..<1000 {
          bank[holding: offset] = UInt16(offset) + UInt16(unit - 1) * 10_000
        }
        for offset in 0..<3000 { bank[coil: offset] = offset % 3 == 0 }
      }
    }
    return server
  }

  private func sample(_ sampler: RegisterSampler, _ server: ModbusServer) throws -> SampleBatch {
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    var batch = SampleBatch()
    sampler.append(engine.read(sampler.plan), to: &batch)
    return batch
  }

  @Test("readings that touch or overlap share a request, others do not")
  func merging() throws {
    let sampler = try RegisterSampler([
      reading(.holding(4)), reading(.holding(0), .float32), reading(.holding(1), .uint32),
      reading(.holding(3)), reading(.holding(6)), reading(.input(5)), reading(.holding(5), unit: 2),
    ])
    #expect(
      sampler.plan.blocks == [
        RegisterBlock(.input, 5, count: 1), RegisterBlock(.holding, 0, count: 5),
        RegisterBlock(.holding, 6, count: 1), RegisterBlock(.holding, 5, count: 1, unit: 2),
      ])
  }

  @Test("no value is cut in two at the end of a request")
  func noTornValues() throws {
    let server = try device()
    let readings = stride(from: 0, to: 600, by: 2).map { reading(.holding(UInt16($0)), .uint32) }
    let sampler = try RegisterSampler(readings)
    #expect(sampler.plan.blocks.allSatisfy { $0.count <= 125 && $0.count % 2 == 0 })
    let batch = try sample(sampler, server)
    for (index, sample) in batch.enumerated() {
      let first = UInt64(index * 2)
      #expect(sample.value == .uint64(first << 16 | (first + 1)))
    }
  }

  @Test("values keep type, order and scale; whole numbers stay whole without one")
  func values() throws {
    let server = try device()
    server.withBank { bank in
      bank.setRegisters([0x0000, 0x4120], at: .holding(20))
      bank.setRegisters([0xFFFE], at: .holding(30))
      bank.setRegisters([0x12AB], at: .holding(31))
    }
    let batch = try sample(
      RegisterSampler([
        reading(.holding(20), .float32, order: .cdab), reading(.holding(30), .int16),
        reading(.holding(30), .int16, scale: 0.5, offset: 3), reading(.holding(31), .bcd16),
        reading(.coil(9), .float32), reading(.coil(10)), reading(.holding(7), unit: 2),
      ]), server)
    #expect(
      batch.map(\.value) == [
        .double(10), .int64(-2), .double(2), .none, .bool(true), .bool(false), .uint64(10_007),
      ])
    #expect(
      batch.map(\.quality) == [.good, .good, .good, .badDecodingError, .good, .good, .good])
    #expect(Set(batch.map(\.tag)).count == 6)
  }

  @Test("bits stand where they should at every offset")
  func bits() throws {
    let server = try device()
    let readings = (0..<2500).map { reading(.coil(UInt16($0))) }
    let batch = try sample(RegisterSampler(readings), server)
    #expect(batch.enumerated().allSatisfy { $1.value == .bool($0 % 3 == 0) })
  }

  @Test("what can't be read is a sample without value and with the reason, and no other suffers")
  func failures() throws {
    let server = try device(holes: [RegisterBlock(.holding, 50, count: 10)])
    let batch = try sample(
      RegisterSampler([
        reading(.holding(10)), reading(.holding(52)), reading(.holding(70)),
        reading(.holding(5), unit: 7), reading(.holding(2000)),
      ]), server)
    #expect(
      batch.map(\.value) == [.uint64(10), .none, .uint64(70), .none, .none])
    #expect(
      batch.map(\.quality) == [
        .good, .badConfigurationError, .good, .badNoCommunication, .badConfigurationError,
      ])
    let nobody = try ModbusEngine(.tcp("127.0.0.1", port: Loopback.refusingPort))
    var dead = SampleBatch()
    let sampler = try RegisterSampler([reading(.holding(1))])
    sampler.append(nobody.read(sampler.plan), to: &dead)
    #expect(dead.map(\.quality) == [.badNoCommunication])
    #expect(dead.map(\.value) == [.none])
  }

  @Test("a hole in the device's map costs its own reading, from the first round on")
  func adapts() throws {
    let server = try device(holes: [RegisterBlock(.holding, 13, count: 2)])
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    var sampler = try RegisterSampler((0..<40).map { reading(.holding(UInt16($0))) })
    var result = engine.read(sampler.plan)
    while sampler.adapt(to: result) { result = engine.read(sampler.plan) }
    #expect(sampler.plan.blocks.count == 2)
    var batch = SampleBatch()
    sampler.append(result, to: &batch)
    for (index, sample) in batch.enumerated() {
      let isHole = index == 13 || index == 14
      #expect(sample.value == (isHole ? .none : .uint64(UInt64(index))))
      #expect(sample.quality == (isHole ? .badConfigurationError : .good))
    }
  }

  @Test("a text that runs past the end of the device's map costs nothing but itself")
  func overlapsAHole() throws {
    let server = try device(holes: [RegisterBlock(.holding, 104, count: 6)])
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    var sampler = try RegisterSampler([
      reading(.holding(100)), reading(.holding(100), .string(byteCount: 20)),
    ])
    #expect(sampler.plan.blocks == [RegisterBlock(.holding, 100, count: 10)])
    var batch = SampleBatch()
    for _ in 0..<250 {
      var result = engine.read(sampler.plan)
      while sampler.adapt(to: result) { result = engine.read(sampler.plan) }
      batch.removeAll()
      sampler.append(result, to: &batch)
      #expect(batch.map(\.value) == [.uint64(100), .none])
      #expect(batch.map(\.quality) == [.good, .badConfigurationError])
    }
    #expect(sampler.holes.map(\.type) == [.string(byteCount: 20)])
  }

  @Test("holes are asked for again now and then, and no round is ever lost or mixed up")
  func holesAreAskedAgain() throws {
    let server = try device(holes: [RegisterBlock(.holding, 2, count: 1)])
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    var sampler = try RegisterSampler((0..<4).map { reading(.holding(UInt16($0))) })
    var batch = SampleBatch()
    for _ in 0..<250 {
      var result = engine.read(sampler.plan)
      while sampler.adapt(to: result) { result = engine.read(sampler.plan) }
      batch.removeAll()
      sampler.append(result, to: &batch)
      #expect(batch.map(\.value) == [.uint64(0), .uint64(1), .none, .uint64(3)])
    }
    #expect(sampler.holes.map(\.place) == [.holding(2)])
    #expect(sampler.holeError(bus: "b")?.address == .holding(2))
    #expect(engine.statistics.exceptions > 2)
    // A result of another plan is not taken for this one's.
    let other = try ReadPlan([RegisterBlock(.holding, 0, count: 1)])
    batch.removeAll()
    sampler.append(engine.read(other), to: &batch)
    #expect(batch.map(\.quality) == [.bad, .bad, .bad, .bad])
  }

  @Test("setting the wall clock after the answer moves no monotonic time")
  func bothClocks() throws {
    let sampler = try RegisterSampler([reading(.holding(4))])
    var result = ReadResult(for: sampler.plan)
    #expect(result.time(ofBlock: 0) == nil)
    #expect(result.monotonicTime(ofBlock: 0) == nil)
    // The wall clock stood at 1970 when the answer came, and has been set since.
    let pdu: [UInt8] = [3, 2, 0, 7]
    let isStored = result.store(
      block: 0, pdu: pdu.span.bytes,
      arrival: ReadResult.Arrival(time: 1_000, monotonicTime: 5_000))
    #expect(isStored)
    #expect(result.monotonicTime(ofBlock: 0) == 5_000)
    var batch = SampleBatch()
    sampler.append(result, to: &batch)
    #expect(batch.map(\.gatewayTime) == [Timestamp(nanoseconds: 1_000)])
    #expect(batch.map(\.monotonicTime) == [5_000])
    #expect(batch.map(\.value) == [.uint64(7)])
  }

  @Test("an answer's monotonic time lies between its request and its use")
  func monotonicTime() throws {
    let server = try device()
    let engine = try ModbusEngine(
      .tcp("127.0.0.1", port: server.port), options: .init(timeout: .seconds(20)))
    let plan = try ReadPlan([RegisterBlock(.holding, 0, count: 1)])
    let before = MonotonicClock.now()
    let result = engine.read(plan)
    let time = try #require(result.monotonicTime(ofBlock: 0))
    #expect((before...MonotonicClock.now()).contains(time))
  }

  @Test("a reading past the last address is refused")
  func pastTheEnd() {
    let error = #expect(throws: ModbusError.self) {
      try RegisterSampler([reading(.holding(65535), .uint32)])
    }
    #expect(error?.code == .invalidRequest)
  }
}
