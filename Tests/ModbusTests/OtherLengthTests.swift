import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Modbus

@Suite("A serial answer of another length than was asked for", .timeLimit(.minutes(15)))
struct OtherLengthTests {
  /// A frame from unit 5, function 3, with so many bytes of values.
  private func answer(_ count: Int) -> [UInt8] {
    RTUFrame.adding(
      checkTo: [5, 3, UInt8(count)] + (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) })
  }

  /// Asks unit 5 for 4 bytes of values.
  private func begun(function: UInt8 = 3) -> RTUExchange {
    var exchange = RTUExchange()
    _ = exchange.begin(unit: 5, function: function, replyLength: 6, deadline: 100)
    return exchange
  }

  @Test(
    "is seen, shorter or longer, in whatever pieces it comes", arguments: [2, 6, 8, 60, 250],
    [1, 2, 5, 7, 300])
  func seen(count: Int, step: Int) {
    var exchange = begun()
    #expect(feed(&exchange, [5, 3, 0] + answer(count) + [9], step: step).isEmpty)
    #expect(exchange.otherLength == 2 + count)
    #expect(exchange.expire(at: 100) == 0)
    // The next request has not been answered yet.
    _ = exchange.begin(unit: 5, function: 3, replyLength: 6, deadline: 200)
    #expect(exchange.otherLength == nil)
  }

  @Test("does not keep the right one behind it from being taken", arguments: [1, 4, 99])
  func behind(step: Int) {
    var exchange = begun()
    let bytes = answer(2) + answer(40) + answer(4)
    #expect(feed(&exchange, bytes, step: step) == [[3, 4, 0, 7, 14, 21]])
    #expect(exchange.count == 0)
  }

  @Test("is none: echoes of requests, damaged frames, others' answers")
  func others() {
    for (function, bytes) in [
      // Read as an answer, the echo of a request has the high byte of its address for a length.
      (3, RTUFrame.adding(checkTo: [5, 3, 3, 0, 0, 2])),
      (1, RTUFrame.adding(checkTo: [5, 1, 3, 0, 0, 30])),
      (3, Array(answer(8).dropLast()) + [0]),
      (3, RTUFrame.adding(checkTo: [6, 3, 2, 0, 1])),
      (3, RTUFrame.adding(checkTo: [5, 4, 2, 0, 1])),
      (3, RTUFrame.adding(checkTo: [5, 3, 0])),
      (16, RTUFrame.adding(checkTo: [5, 16, 2, 0, 1])),
    ] as [(UInt8, [UInt8])] {
      var exchange = begun(function: function)
      #expect(feed(&exchange, bytes, step: 1).isEmpty)
      #expect(exchange.otherLength == nil, "\(bytes)")
    }
  }

  @Test("whatever bytes come, nothing traps and little is kept", arguments: UInt64(0)..<50)
  func fuzz(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for function in [1, 2, 3, 4, 23] as [UInt8] {
      var exchange = begun(function: function)
      let heads: [UInt8] = [5, function, 0, 1, 2, 250, 251, 255]
      let noise = (0..<2000).map { _ in heads.randomElement(using: &generator) ?? 0 }
      _ = feed(&exchange, noise, step: Int.random(in: 1...40, using: &generator))
    }
  }

  @Test("is a malformed answer, and its unit is asked again at once")
  func malformed() async throws {
    let asked = Mutex(0)
    let peer = try ScriptedPeer { connection in
      while connection.bytes(8) != nil {
        let number = asked.withLock { count in
          count += 1
          return count
        }
        connection.send(answer(number == 1 ? 2 : number == 2 ? 8 : 4))
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(3)))
    for length in [4, 10] {
      let error = await #expect(throws: ModbusError.self) {
        try await client.readHoldingRegisters(0..<2, unit: 5)
      }
      #expect(error?.code == .malformedReply)
      #expect(error?.message.contains("\(length) bytes") == true, "\(error?.message ?? "")")
    }
    #expect(try await client.readHoldingRegisters(0..<2, unit: 5) == [7, 14 << 8 | 21])
    #expect(asked.withLock { $0 } == 3)
    #expect(client.statistics.timeouts == 0 && client.statistics.malformedAnswers == 2)
  }

  @Test("is one after silence too, from the second on: no unit owes two answers")
  func silenceBefore() async throws {
    let peer = try ScriptedPeer { connection in
      _ = connection.bytes(8)
      while connection.bytes(8) != nil { connection.send(answer(2)) }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .seconds(2)))
    func ask() async -> ModbusError.Code? {
      do {
        _ = try await client.readHoldingRegisters(0..<2, unit: 5)
        return nil
      } catch { return (error as? ModbusError)?.code }
    }
    var codes: [ModbusError.Code?] = [await ask(), await ask()]
    #expect(codes == [.timeout, .timeout])
    // While the unit is left alone, calls may end without a request.
    while codes.count < 200, codes.last == .timeout {
      try await Task.sleep(for: .milliseconds(100))
      codes.append(await ask())
    }
    #expect(codes.last == .malformedReply)
    #expect(await ask() == .malformedReply)
  }

  @Test("is no sign of life when the unit owed such an answer before")
  func owed() async throws {
    let peer = try ScriptedPeer { connection in
      _ = connection.bytes(8)
      // The first answer comes when the second request has: the unit may still owe the second one's.
      _ = connection.bytes(8)
      connection.send(answer(2))
      _ = connection.ending()
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port), options: .init(timeout: .milliseconds(500)))
    for count in [1, 2] {
      let error = await #expect(throws: ModbusError.self) {
        try await client.readHoldingRegisters(0..<count, unit: 5)
      }
      #expect(error?.code == .timeout, "\(count)")
    }
    #expect(client.statistics.timeouts == 2 && client.statistics.malformedAnswers == 0)
  }

  @Test("is the first again after a right answer: the unit may owe one anew")
  func owedAnew() async throws {
    let mayAnswer = DispatchSemaphore(value: 0)
    let (lateAnswers, continuation) = AsyncStream<Void>.makeStream()
    let peer = try ScriptedPeer { connection in
      var hasBeenLate = false
      // The low byte of the count tells the requests apart.
      while let request = connection.bytes(8) {
        if connection.number == 0, request[5] == 10 {
          // Silence at first, then the end of the connection.
          if hasBeenLate { return }
        } else if !hasBeenLate {
          // The answer to the request before: the first one, or the one that went down with the connection.
          hasBeenLate = true
          connection.send(answer(20))
          if connection.number == 1 {
            mayAnswer.wait()
            connection.send(RTUFrame.adding(checkTo: [5, 3, 4, 0, 1, 0, 2]))
            continuation.yield()
          }
        } else {
          connection.send(answer(4))
        }
      }
    }
    defer { peer.stop() }
    let client = ModbusClient(
      .rtuOverTCP("127.0.0.1", port: peer.port),
      options: .init(timeout: .seconds(2), resendsReads: false))
    func code(count: Int) async -> ModbusError.Code? {
      do {
        _ = try await client.readHoldingRegisters(0..<count, unit: 5)
        return nil
      } catch { return (error as? ModbusError)?.code }
    }
    #expect(await code(count: 10) == .timeout)
    #expect(await code(count: 2) == .timeout)
    // While the unit is left alone, calls end without a request.
    var isAnswered = false
    for _ in 0..<200 where !isAnswered {
      try await Task.sleep(for: .milliseconds(100))
      isAnswered = await code(count: 2) == nil
    }
    #expect(isAnswered)
    #expect(await code(count: 10) == .connectionLost)
    let timeouts = client.statistics.timeouts
    #expect(await code(count: 2) == .timeout)
    #expect(client.statistics.timeouts == timeouts + 1)
    #expect(client.statistics.malformedAnswers == 0)
    mayAnswer.signal()
    for await _ in lateAnswers { break }
    #expect(try await client.readHoldingRegisters(0..<2, unit: 5) == [7, 14 << 8 | 21])
    #expect(client.statistics.connections == 2)
  }
}
