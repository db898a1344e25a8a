import TestSupport
import Testing

@testable import Modbus

@Suite("Answers are matched to requests by what they are, not by when they come")
struct MBAPExchangeTests {
  /// Hands `bytes` to an exchange in pieces of `step` and collects the events.
  private func feed(
    _ exchange: inout MBAPExchange, _ bytes: [UInt8], step: Int = .max
  ) -> [MBAPExchange.Event] {
    var events: [MBAPExchange.Event] = []
    var buffer: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      buffer += rest.prefix(step)
      rest = rest.dropFirst(step)
      var offset = 0
      while let event = exchange.next(in: buffer.span.bytes, from: &offset) { events.append(event) }
      buffer.removeFirst(offset)
    }
    return events
  }

  private func answer(_ id: UInt16, unit: UInt8 = 1, _ registers: [UInt16]) -> [UInt8] {
    let values = registers.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    return [
      UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 0, 0, 0, UInt8(3 + values.count), unit, 3,
    ]
      + [UInt8(values.count)] + values
  }

  private func begin(
    _ exchange: inout MBAPExchange, registers: Int = 1, unit: UInt8 = 1, deadline: Int64 = 1000
  ) throws -> (id: UInt16, slot: Int) {
    let begun = exchange.begin(
      unit: unit, function: 3, replyLength: 2 + 2 * registers, deadline: deadline)
    return try #require(begun)
  }

  private func slots(_ events: [MBAPExchange.Event]) -> [Int] {
    events.compactMap { if case .answer(let slot, _) = $0 { slot } else { nil } }
  }

  @Test("an answer is found however it is split")
  func split() throws {
    for step in 1...20 {
      var exchange = MBAPExchange()
      let (id, slot) = try begin(&exchange, registers: 2)
      #expect(slots(feed(&exchange, answer(id, [7, 8]), step: step)) == [slot])
      #expect(exchange.count == 0)
    }
  }

  @Test("merged answers in any order each find their request")
  func mergedAndReordered() throws {
    var exchange = MBAPExchange()
    let first = try begin(&exchange)
    let second = try begin(&exchange, registers: 3)
    let third = try begin(&exchange)
    let bytes = answer(third.id, [3]) + answer(first.id, [1]) + answer(second.id, [2, 2, 2])
    #expect(slots(feed(&exchange, bytes)) == [third.slot, first.slot, second.slot])
    #expect(exchange.strayFrames == 0)
  }

  @Test("a late answer is thrown away and the next request gets its own")
  func late() throws {
    var exchange = MBAPExchange()
    let slow = try begin(&exchange, deadline: 100)
    #expect(exchange.expire(at: 99) == nil)
    #expect(exchange.expire(at: 100) == slow.slot)
    #expect(exchange.expire(at: 100) == nil)
    let next = try begin(&exchange, deadline: 200)
    #expect(next.id != slow.id)
    let events = feed(&exchange, answer(slow.id, [666]) + answer(next.id, [42]))
    #expect(slots(events) == [next.slot])
    #expect(exchange.lateFrames == 1)
    #expect(exchange.retiredCount == 0)
  }

  @Test("the id of an unanswered request is not used again, all ids round")
  func retiredIDsAreNotReused() throws {
    var exchange = MBAPExchange(firstID: 65_530)
    let lost = try begin(&exchange, deadline: 1)
    #expect(exchange.expire(at: 1) == lost.slot)
    for _ in 0..<70_000 {
      let request = try begin(&exchange)
      #expect(request.id != lost.id)
      #expect(slots(feed(&exchange, answer(request.id, [1]))) == [request.slot])
    }
    exchange.connectionDidStart()
    #expect(exchange.retiredCount == 0)
  }

  @Test("duplicate and foreign answers are thrown away")
  func strays() throws {
    var exchange = MBAPExchange()
    let request = try begin(&exchange)
    #expect(
      slots(feed(&exchange, answer(request.id, [1]) + answer(request.id, [2]))) == [request.slot])
    let next = try begin(&exchange)
    let events = feed(&exchange, answer(next.id &+ 77, [9]) + answer(next.id, [5]))
    #expect(slots(events) == [next.slot])
    #expect(exchange.strayFrames == 2)
  }

  @Test(
    "an answer from another unit, to another function or of another length fails its own request only"
  )
  func misfits() throws {
    var exchange = MBAPExchange()
    let wrongUnit = try begin(&exchange)
    let wrongFunction = try begin(&exchange)
    let wrongLength = try begin(&exchange)
    let good = try begin(&exchange)
    var function = answer(wrongFunction.id, [1])
    function[7] = 4
    let events = feed(
      &exchange,
      answer(wrongUnit.id, unit: 2, [1]) + function + answer(wrongLength.id, [1, 2])
        + answer(good.id, [5]))
    #expect(
      events.prefix(3) == [
        .malformed(slot: wrongUnit.slot, .unit(2)),
        .malformed(slot: wrongFunction.slot, .function(4)),
        .malformed(slot: wrongLength.slot, .length(6)),
      ])
    #expect(slots(events) == [good.slot])
  }

  @Test("a malformed answer is counted once, and as neither late nor stray", arguments: [1, 5, 99])
  func misfitsAreCountedOnce(step: Int) throws {
    var exchange = MBAPExchange()
    let request = try begin(&exchange)
    let events = feed(&exchange, answer(request.id, unit: 2, [1]), step: step)
    #expect(events == [.malformed(slot: request.slot, .unit(2))])
    #expect(exchange.strayFrames == 0 && exchange.lateFrames == 0)
    #expect(exchange.lastLateUnit == nil)
    #expect(exchange.retiredCount == 0)
    // The same once more is nobody's.
    #expect(feed(&exchange, answer(request.id, unit: 2, [1]), step: step) == [])
    #expect(exchange.strayFrames == 1 && exchange.lateFrames == 0)
    let next = try begin(&exchange)
    #expect(slots(feed(&exchange, answer(next.id, [5]), step: step)) == [next.slot])
  }

  @Test("any unit is accepted when the caller says so")
  func anyUnit() throws {
    var exchange = MBAPExchange(acceptsAnyUnit: true)
    let request = try begin(&exchange)
    #expect(slots(feed(&exchange, answer(request.id, unit: 0, [1]))) == [request.slot])
  }

  @Test("an exception is the answer to its request")
  func exception() throws {
    var exchange = MBAPExchange()
    let request = try begin(&exchange, registers: 100)
    let bytes: [UInt8] = [UInt8(request.id >> 8), UInt8(request.id & 255), 0, 0, 0, 3, 1, 0x83, 2]
    #expect(feed(&exchange, bytes) == [.answer(slot: request.slot, pdu: 7..<9)])
  }

  @Test("noise before, between and behind answers costs nothing else", arguments: 1...40)
  func noise(length: Int) throws {
    var generator = SeededGenerator(seed: UInt64(length))
    var exchange = MBAPExchange()
    let first = try begin(&exchange)
    let second = try begin(&exchange)
    func garbage() -> [UInt8] {
      (0..<length).map { _ in UInt8.random(in: 1...255, using: &generator) }
    }
    let bytes = garbage() + answer(first.id, [1]) + garbage() + answer(second.id, [2]) + garbage()
    #expect(slots(feed(&exchange, bytes)) == [first.slot, second.slot])
  }

  @Test("a garbled length does not cover the answers behind it", arguments: [2, 5, 60, 254, 255])
  func garbledLength(length: Int) throws {
    var exchange = MBAPExchange()
    let spoiled = try begin(&exchange)
    let good = try begin(&exchange, registers: 2)
    var first = answer(spoiled.id, [1])
    first[5] = UInt8(length)
    if length == 5 { first[4] = 1 }
    var events = feed(&exchange, first + answer(good.id, [5, 6]))
    if exchange.expire(at: 2000) == spoiled.slot {
      events.append(.malformed(slot: spoiled.slot, .length(0)))
    }
    #expect(slots(events) == [good.slot])
    #expect(exchange.count == 0)
  }

  @Test("a foreign answer that says it is longer than it is does not swallow the next one")
  func foreignWithWrongLength() throws {
    var exchange = MBAPExchange()
    let good = try begin(&exchange)
    var foreign = answer(good.id &+ 9, [1])
    foreign[5] = 200
    #expect(slots(feed(&exchange, foreign + answer(good.id, [5]), step: 7)) == [good.slot])
  }

  @Test("so many requests as allowed and no more are under way")
  func capacity() throws {
    var exchange = MBAPExchange()
    for _ in 0..<ModbusOptions.maximumInFlight { _ = try begin(&exchange) }
    #expect(exchange.begin(unit: 1, function: 3, replyLength: 4, deadline: 1) == nil)
    var abandoned: Set<Int> = []
    while let slot = exchange.abandon() { abandoned.insert(slot) }
    #expect(abandoned.count == ModbusOptions.maximumInFlight)
  }

  @Test(
    "whatever comes, every request ends once and good answers behind it are found",
    arguments: 0..<300)
  func fuzz(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    var exchange = MBAPExchange(firstID: UInt16.random(in: 0...65535, using: &generator))
    var open: [Int: UInt16] = [:]
    var buffer: [UInt8] = []
    func drain() {
      var offset = 0
      while let event = exchange.next(in: buffer.span.bytes, from: &offset) {
        switch event {
        case .answer(let slot, let pdu):
          #expect(open.removeValue(forKey: slot) != nil, "seed \(seed)")
          #expect(pdu.lowerBound >= 7 && pdu.upperBound <= buffer.count, "seed \(seed)")
        case .malformed(let slot, _):
          #expect(open.removeValue(forKey: slot) != nil, "seed \(seed)")
        }
      }
      #expect(offset <= buffer.count)
      buffer.removeFirst(offset)
      #expect(buffer.count < 2 * MBAPExchange.maximumFrameLength, "seed \(seed)")
    }
    for step in 0..<60 {
      if let (id, slot) = exchange.begin(
        unit: 1, function: 3, replyLength: 4, deadline: Int64(step))
      {
        open[slot] = id
      }
      var bytes = answer(open.randomElement(using: &generator)?.value ?? 1, [UInt16(step)])
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
      }
      buffer += bytes
      drain()
      while let slot = exchange.expire(at: Int64(step - 10)) {
        #expect(open.removeValue(forKey: slot) != nil, "seed \(seed)")
      }
    }
    while let slot = exchange.abandon() { open[slot] = nil }
    #expect(open.isEmpty, "seed \(seed)")

    // Behind the noise, the wire still works.
    let last = try begin(&exchange)
    buffer += answer(last.id, [1])
    open[last.slot] = last.id
    drain()
    #expect(open.isEmpty, "seed \(seed)")
  }
}
