import CANCore
import Foundation
import SocketCAN
import TestSupport
import Testing

extension VirtualBusTests {
  @Suite("The broadcast manager", .timeLimit(.minutes(15)))
  struct BroadcastManager {
    private let id = CANIdentifier(truncating: 0x123)

    private func frame(_ bytes: [UInt8], _ flags: CANFlags = []) throws -> CANFrame {
      CANFrame(identifier: id, flags: flags, payload: try #require(CANPayload(bytes)))
    }

    @Test func sendsInCyclesAndChangesInMidCycle() async throws {
      let bus = try CANBus("vcan0", filters: [CANFilter(id)])
      var frames = bus.frames().makeAsyncIterator()
      let manager = try CANBroadcastManager("vcan0")
      try manager.send([try frame([1]), try frame([2])], every: .milliseconds(5))
      var seen: [CANFrame] = []
      while seen.count < 20, let batch = try await frames.next() { seen += batch }
      #expect(seen.map { $0.payload[0] }.prefix(6) == [1, 2, 1, 2, 1, 2])
      // The kernel keeps the mean: 19 pauses of 5 ms, and a busy guest is only ever late.
      #expect(seen[19].time - seen[0].time >= 19 * 4_000_000)
      try manager.update([try frame([3]), try frame([4])])
      while let last = seen.last?.payload[0], last < 3, let batch = try await frames.next() {
        seen += batch
      }
      try manager.stop(id)
      let error = #expect(throws: CANBusError.self) { try manager.stop(id) }
      #expect(error?.code == .invalidFrame)
    }

    @Test func aCycleThatEndsIsTold() async throws {
      let bus = try CANBus("vcan0", filters: [CANFilter(id)])
      var frames = bus.frames().makeAsyncIterator()
      let manager = try CANBroadcastManager("vcan0")
      var events = manager.events().makeAsyncIterator()
      try manager.send([try frame([7])], every: .milliseconds(2), count: 5)
      #expect(try await events.next() == .finished(id))
      let marker = try CANBus("vcan0")
      try await marker.send(try frame([0xFF]))
      var seen: [UInt8] = []
      while seen.last != 0xFF, let batch = try await frames.next() {
        seen += batch.map { $0.payload[0] }
      }
      #expect(seen == [7, 7, 7, 7, 7, 0xFF])
    }

    @Test func tellsChangesOnlyAndWhatIsMissing() async throws {
      let manager = try CANBroadcastManager("vcan0")
      var events = manager.events().makeAsyncIterator()
      try manager.watch(id, mask: [0xFF, 0x0F], missingAfter: .milliseconds(300))
      let bus = try CANBus("vcan0")
      for bytes: [UInt8] in [
        [1, 0x00], [1, 0xF0], [1, 0x10], [1, 0x01], [2, 0x01], [2, 0xA1],
      ] {
        try await bus.send(try frame(bytes))
      }
      var changes: [CANPayload] = []
      while let event = try await events.next() {
        if case .changed(let frame) = event { changes.append(frame.payload) }
        if case .missing(let missing) = event {
          #expect(missing == id)
          break
        }
      }
      #expect(changes == [[1, 0x00], [1, 0x01], [2, 0x01]])
      try manager.stopWatching(id)
    }

    @Test func longFramesToo() async throws {
      let manager = try CANBroadcastManager("vcan0")
      var events = manager.events().makeAsyncIterator()
      try manager.watch(id, isFD: true)
      let sender = try CANBroadcastManager("vcan0")
      let long = try frame((0..<64).map { UInt8($0) }, [.fd, .bitRateSwitch])
      try sender.send([long], every: .milliseconds(2), count: 1)
      guard case .changed(var frame) = try await events.next() else {
        Issue.record("no frame")
        return
      }
      frame.time = 0
      #expect(frame == long)
    }

    @Test func refusesNonsense() throws {
      let manager = try CANBroadcastManager("vcan0")
      let frame = try frame([1])
      let many = Array(repeating: frame, count: CANBroadcastManager.mostFrames + 1)
      let mixed = [frame, try self.frame([1], .fd)]
      for (frames, interval) in [
        ([], Duration.seconds(1)), (many, .seconds(1)), (mixed, .seconds(1)), ([frame], .zero),
        ([frame], .seconds(-1)),
      ] {
        let error = #expect(throws: CANBusError.self) { try manager.send(frames, every: interval) }
        #expect(error?.code == .invalidFrame)
      }
      try manager.send(Array(many.dropLast()), every: .seconds(1))
    }
  }
}
