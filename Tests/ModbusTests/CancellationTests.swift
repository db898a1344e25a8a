import Foundation
import IndustrialModel
import Synchronization
import Testing

@testable import Modbus

@Suite(
  "Any call can be cancelled at any stage, ends at once, and leaves the client usable",
  .timeLimit(.minutes(15)))
struct CancellationTests {
  /// Each kind of call, at places whose answer never comes.
  enum Call: String, CaseIterable, Sendable {
    case read, readPlan, readValue, write, writeValue, bits, readWrite, raw, identify, poll

    func make(_ client: ModbusClient) async throws {
      switch self {
      case .read: _ = try await client.readHoldingRegisters(9..<10)
      case .readPlan:
        _ = try await client.read(
          ReadPlan((0..<50).map { RegisterBlock(.holding, 900 + $0, count: 1) }))
      case .readValue: _ = try await client.read(.holding(900), as: Float.self)
      case .write: try await client.writeRegister(1, at: 900)
      case .writeValue: try await client.write(.int64(1), to: .holding(900), as: .int32)
      case .bits: try await client.writeBits(1, mask: 1, at: 900)
      case .readWrite:
        _ = try await client.readWriteRegisters(reading: 900..<901, writing: [1], at: 900)
      case .raw: _ = try await client.send(.readHoldingRegisters, data: [9, 0, 0, 1])
      case .identify: _ = try await client.identify()
      case .poll:
        let tags = TagRegistry()
        let readings = RegisterReading.places(
          of: RegisterBlock(.holding, 900, count: 1, unit: 1), tags: tags)
        for try await _ in try client.poll(readings, every: .seconds(1)) {}
        // A poll that is cancelled just ends.
        throw CancellationError()
      }
    }
  }

  /// Far longer than a test may take: only the cancellation can end a call.
  private static let options = ModbusOptions(
    timeout: .seconds(600), connectTimeout: .seconds(600), silentTimeouts: 1000)

  /// Answers what asks for an address below 9, and tells of everything else; a read of 99 it answers as
  /// soon as `late` is signalled.
  private func peer(late: DispatchSemaphore? = nil) throws -> (ScriptedPeer, AsyncStream<Void>) {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    let peer = try ScriptedPeer { connection in
      while let request = connection.request() {
        if request.function == 3, request.bytes.count == 12, request.address < 9 {
          connection.send(request.answer)
          continue
        }
        continuation.yield()
        if let late, request.address == 99 {
          late.wait()
          connection.send(request.answer)
        }
      }
    }
    return (peer, stream)
  }

  @Test("when the request is on the wire", arguments: Call.allCases)
  func sent(call: Call) async throws {
    let (peer, arrivals) = try peer()
    defer { peer.stop() }
    var options = Self.options
    options.inFlight = 64
    let client = ModbusClient(.tcp("127.0.0.1", port: peer.port), options: options)
    let task = Task { try await call.make(client) }
    for await _ in arrivals { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try await client.readHoldingRegisters(1..<3) == [1, 2])
    #expect(client.statistics.connections == 1)
  }

  @Test("when it waits behind another's", arguments: Call.allCases)
  func waiting(call: Call) async throws {
    let late = DispatchSemaphore(value: 0)
    let (peer, arrivals) = try peer(late: late)
    defer { peer.stop() }
    let client = ModbusClient(.tcp("127.0.0.1", port: peer.port), options: Self.options)
    let first = Task { try await client.readHoldingRegisters(99..<100) }
    for await _ in arrivals { break }
    let task = Task { try await call.make(client) }
    await Task.yield()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    // The request on the wire has its time; after its answer the next one goes, and what was cancelled
    // never does.
    late.signal()
    #expect(try await client.readHoldingRegisters(1..<3) == [1, 2])
    #expect(client.statistics.requests <= 3)
  }

  @Test("while the connection is being made", arguments: Call.allCases)
  func connecting(call: Call) async throws {
    // A listener whose queue is full: the kernel lets further clients wait.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var fillers: [Int32] = []
    defer { for descriptor in fillers + [listener] { close(descriptor) } }
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        guard bind(listener, pointer, length) == 0, listen(listener, 0) == 0,
          getsockname(listener, pointer, &length) == 0
        else { return false }
        for _ in 0..<4 {
          let filler = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0
          )
          _ = connect(filler, pointer, length)
          fillers.append(filler)
        }
        return true
      }
    }
    try #require(isListening)
    let client = ModbusClient(
      .tcp("127.0.0.1", port: UInt16(bigEndian: address.sin_port)), options: Self.options)
    let task = Task { try await call.make(client) }
    await Task.yield()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(client.statistics.connections == 0)
    // Usable: the next call waits for the same connection, and closing ends it.
    let next = Task { try await client.readCoils(0..<1) }
    await Task.yield()
    client.close()
    let error = await #expect(throws: ModbusError.self) { try await next.value }
    #expect(error?.code == .closed)
  }

  @Test("cancelled at random moments, again and again", arguments: [1, 4])
  func random(inFlight: Int) async throws {
    let server = try ModbusServer(port: 0)
    server.withBank { bank in for place in 0..<200 { bank[holding: place] = UInt16(place) } }
    let client = ModbusClient(
      .tcp("127.0.0.1", port: server.port),
      options: .init(inFlight: inFlight, timeout: .seconds(20)))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<300 {
        group.addTask {
          let task = Task {
            try await client.readHoldingRegisters(number % 100..<(number % 100 + 5))
          }
          for _ in 0..<(number % 7) { await Task.yield() }
          task.cancel()
          if let values = try? await task.value {
            #expect(values == (number % 100..<(number % 100 + 5)).map { UInt16($0) })
          }
        }
      }
    }
    #expect(try await client.readHoldingRegisters(3..<5) == [3, 4])
    #expect(client.statistics.connections == 1 && client.statistics.timeouts == 0)
  }

  @Test("letting go of a client never blocks, whatever is under way")
  func deinitialization() async throws {
    let (peer, arrivals) = try peer()
    defer { peer.stop() }
    var client: ModbusClient? = ModbusClient(
      .tcp("127.0.0.1", port: peer.port), options: Self.options)
    weak let weakClient = client
    let task = Task { [client] in try await client?.readHoldingRegisters(9..<10) }
    for await _ in arrivals { break }
    task.cancel()
    _ = try? await task.value
    // The request is still on the wire; the thread waits for its answer for ten minutes.
    client = nil
    #expect(weakClient == nil)
    // The thread has ended the connection: the peer is there for the next client.
    let next = ModbusClient(.tcp("127.0.0.1", port: peer.port), options: Self.options)
    #expect(try await next.readHoldingRegisters(1..<2) == [1])
  }
}
