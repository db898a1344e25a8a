import CANCore
import Foundation
import SocketCAN
import Testing

/// The receive path over a pair of datagram sockets: this kernel, and that of most build machines, has no CAN.
@Suite(.timeLimit(.minutes(15))) struct CANBusTests {
  static func makePair() throws -> (CANBus, CANBus) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(
      SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    return (
      CANBus(descriptor: ends[0], interface: "left"),
      CANBus(descriptor: ends[1], interface: "right")
    )
  }

  static func frame(_ number: Int) -> CANFrame {
    let isFD = number % 3 == 2
    let count = isFD ? [12, 16, 64][number % 9 / 3] : number % 9
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: number &* 7 &+ $0) }
    return CANFrame(
      identifier: CANIdentifier(truncating: 0x8000_0000 | UInt32(number)),
      flags: isFD ? [.fd, .bitRateSwitch] : [], payload: CANPayload(bytes) ?? [])
  }

  @Test func whatIsSentArrivesInOrder() async throws {
    let (sender, receiver) = try Self.makePair()
    let count = 5000
    let sending = Task {
      for number in 0..<count { try await sender.send(Self.frame(number), timeout: .seconds(30)) }
    }
    var next = 0
    var lastTime: Int64 = 0
    for try await batch in receiver.frames() {
      #expect(batch.channels == ["right"])
      for frame in batch {
        var expected = Self.frame(next)
        expected.time = frame.time
        #expect(frame == expected)
        #expect(frame.time >= lastTime && frame.time > 1_700_000_000_000_000_000)
        lastTime = frame.time
        next += 1
      }
      if next == count { break }
    }
    try await sending.value
    #expect(receiver.dropped == 0)
  }

  @Test func dataThatAClassicFrameDoesNotHoldAreRefusedAndNotCut() async throws {
    let (sender, receiver) = try Self.makePair()
    let id = CANIdentifier(truncating: 0x123)
    let long = CANFrame(identifier: id, payload: CANPayload(1...9) ?? [])
    let error = await #expect(throws: CANBusError.self) { try await sender.send(long) }
    #expect(error?.code == .invalidFrame)
    #expect(error?.interface == "left")
    let fd = CANFrame(identifier: id, flags: .fd, payload: CANPayload(1...12) ?? [])
    try await sender.send(fd)
    var iterator = receiver.frames().makeAsyncIterator()
    let batch = try #require(try await iterator.next())
    #expect(batch.map(\.payload) == [fd.payload])
  }

  @Test func cancellingAWaitLosesNothing() async throws {
    let (sender, receiver) = try Self.makePair()
    let frames = receiver.frames()
    for _ in 0..<50 {
      let waiting = Task {
        var iterator = frames.makeAsyncIterator()
        return try await iterator.next()?.count
      }
      await Task.yield()
      waiting.cancel()
      #expect(try await waiting.value == nil)
    }
    try await sender.send(Self.frame(4))
    var iterator = frames.makeAsyncIterator()
    #expect(try await iterator.next()?.count == 1)
  }

  @Test func datagramsThatAreNoFramesAreIgnored() async throws {
    var ends: [Int32] = [-1, -1]
    let type = Int32(
      SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    let receiver = CANBus(descriptor: ends[0], interface: "left")
    let sender = CANBus(descriptor: ends[1], interface: "right")
    let rubbish = [UInt8](repeating: 1, count: 200)
    for length in [1, 15, 17, 71, 73, 200] { _ = send(ends[1], rubbish, length, 0) }
    try await sender.send(Self.frame(5))
    var iterator = receiver.frames().makeAsyncIterator()
    let batch = try #require(try await iterator.next())
    #expect(batch.map(\.payload) == [Self.frame(5).payload])
  }

  @Test func aQueueThatStaysFullIsAnErrorAndNotAHang() async throws {
    let (sender, receiver) = try Self.makePair()
    let error = await #expect(throws: CANBusError.self) {
      for number in 0..<100_000 {
        try await sender.send(Self.frame(number), timeout: .milliseconds(50))
      }
    }
    #expect(error?.code == .queueFull)
    withExtendedLifetime(receiver) {}
  }

  @Test func whatTheSystemRefusesIsExplained() {
    do throws(CANBusError) {
      _ = try CANBus("no-such-can0")
      Issue.record("no interface has this name")
    } catch {
      // Without CAN in the kernel the one, with it the other.
      #expect([.unsupported, .noSuchInterface, .notPermitted].contains(error.code))
      #expect(!error.advice.isEmpty)
      #expect(error.interface == "no-such-can0")
    }
  }
}
