import CANCore
import Foundation
import SocketCAN
import TestSupport
import Testing

extension VirtualBusTests {
  @Suite("Frames", .timeLimit(.minutes(15)))
  struct Frames {
    private static func frame(
      _ id: UInt32, _ bytes: [UInt8] = [], flags: CANFlags = [], code: UInt8? = nil
    ) throws -> CANFrame {
      CANFrame(
        identifier: CANIdentifier(truncating: id), flags: flags,
        payload: try #require(CANPayload(bytes)), dataLengthCode: code)
    }

    /// A frame of each kind and how candump -L writes it.
    private static func kinds() throws -> [(CANFrame, String)] {
      let long = (0..<64).map { UInt8($0) }
      let hex = long.map { String(format: "%02X", $0) }.joined()
      return [
        (try frame(0x123, [0xDE, 0xAD]), "123#DEAD"),
        (try frame(0x000), "000#"),
        (try frame(0x7FE, [1, 2, 3, 4, 5, 6, 7, 8]), "7FE#0102030405060708"),
        (try frame(0x9FFF_FFFF, [0xFF]), "1FFFFFFF#FF"),
        (try frame(0x8000_0001, []), "00000001#"),
        (try frame(0x321, flags: .remote, code: 0), "321#R"),
        (try frame(0x322, flags: .remote, code: 5), "322#R5"),
        (try frame(0x123, [0x11], flags: .fd), "123##011"),
        (try frame(0x124, [0x11, 0x22], flags: [.fd, .bitRateSwitch]), "124##11122"),
        (
          try frame(0x9234_5678, long, flags: [.fd, .bitRateSwitch, .errorStateIndicator]),
          "12345678##3\(hex)"
        ),
      ]
    }

    @Test func whatWeSendCandumpShows() async throws {
      let folder = try TemporaryFolder()
      let bus = try CANBus("vcan0")
      let candump = try await VirtualBus.candump(["-L", "vcan0"], into: folder, probing: bus)
      let kinds = try Self.kinds()
      for (frame, _) in kinds { try await bus.send(frame) }
      let lines = try await VirtualBus.lines(of: "candump", in: folder, count: kinds.count)
      // Kernels from 6.1 on add the mark 0x04 to the flags of FD frames, and candump shows it.
      let shown = lines.compactMap { $0.split(separator: " ").last.map(String.init) }.map {
        $0.replacing("##4", with: "##0").replacing("##5", with: "##1")
          .replacing("##7", with: "##3")
      }
      #expect(shown == kinds.map(\.1))
      candump.stop()
    }

    @Test func whatCansendSendsWeReceive() async throws {
      let bus = try CANBus("vcan0")
      var frames = bus.frames().makeAsyncIterator()
      let before = Date().timeIntervalSince1970
      let kinds = try Self.kinds()
      // cansend writes a remote frame's length since 2021 only.
      for (_, text) in kinds {
        let tool = try await Tool(try VirtualBus.tool("cansend"), ["vcan0", text])
        try #require(tool.status == 0, "\(text): \(tool.errors)")
      }
      var received: [CANFrame] = []
      while received.count < kinds.count, let batch = try await frames.next() { received += batch }
      for (got, (wanted, text)) in zip(received, kinds) {
        #expect(got.identifier == wanted.identifier, "\(text)")
        #expect(got.flags.subtracting(.transmitted) == wanted.flags, "\(text)")
        #expect(got.payload == wanted.payload, "\(text)")
        #expect(got.dataLengthCode == wanted.dataLengthCode, "\(text)")
        #expect(abs(Double(got.time) / 1e9 - before) < 60, "by the kernel's clock")
      }
      #expect(zip(received, received.dropFirst()).allSatisfy { $0.time <= $1.time })
      #expect(bus.dropped == 0)
    }

    @Test func filtersAreTheKernels() async throws {
      let sender = try CANBus("vcan0")
      let bus = try CANBus(
        "vcan0",
        filters: [
          CANFilter(identifier: 0x100, mask: 0x700),
          CANFilter(CANIdentifier(truncating: 0x9ABC_DEF0)),
        ])
      let inverted = try CANBus(
        "vcan0", filters: [CANFilter(identifier: 0x100, mask: 0x700, isInverted: true)])
      let ids: [UInt32] = [0x0FF, 0x100, 0x1FF, 0x200, 0x9ABC_DEF0, 0x9ABC_DEF1, 0x155]
      var some = bus.frames().makeAsyncIterator()
      var others = inverted.frames().makeAsyncIterator()
      for id in ids { try await sender.send(try Self.frame(id)) }
      #expect(try await Self.take(4, from: &some) == [0x100, 0x1FF, 0x9ABC_DEF0, 0x155])
      #expect(try await Self.take(4, from: &others) == [0x0FF, 0x200, 0x9ABC_DEF0, 0x9ABC_DEF1])
    }

    private static func take(
      _ count: Int, from frames: inout CANBusFrames.AsyncIterator
    ) async throws -> [UInt32] {
      var found: [UInt32] = []
      while found.count < count, let batch = try await frames.next() {
        found += batch.map(\.identifier.rawValue)
      }
      return found
    }

    @Test func ownFramesAndLoopbackAreOptions() async throws {
      var options = CANBusOptions()
      options.receivesOwnFrames = true
      let own = try CANBus("vcan0", options: options)
      var echo = own.frames().makeAsyncIterator()
      try await own.send(try Self.frame(0x111, [1]))
      let batch = try #require(try await echo.next())
      #expect(batch.first?.flags.contains(.transmitted) == true)

      options = CANBusOptions()
      options.loopsBack = false
      let silent = try CANBus("vcan0", options: options)
      let loud = try CANBus("vcan0")
      let hearer = try CANBus("vcan0")
      var heard = hearer.frames().makeAsyncIterator()
      try await silent.send(try Self.frame(0x222))
      try await loud.send(try Self.frame(0x333))
      #expect(try await Self.take(1, from: &heard) == [0x333])
    }

    @Test func errorFramesComeWhenAskedFor() async throws {
      var options = CANBusOptions()
      options.receivesErrorFrames = true
      let bus = try CANBus("vcan0", options: options)
      let deaf = try CANBus("vcan0")
      var frames = bus.frames().makeAsyncIterator()
      var others = deaf.frames().makeAsyncIterator()
      let sender = try CANBus("vcan0")
      try await sender.send(
        try Self.frame(
          0x8000_0044, [0, 0x20, 0, 0, 0, 0, 0, 0], flags: .error))
      try await sender.send(try Self.frame(0x001))
      let frame = try #require(try await frames.next()?.first)
      #expect(
        CANErrorReport(frame)?.description
          == "bus off, controller: transmitter error passive")
      #expect(try await Self.take(1, from: &others) == [0x001])
    }

    @Test func allInterfacesAtOnce() async throws {
      let all = try CANBus("any")
      var frames = all.frames().makeAsyncIterator()
      let first = try CANBus("vcan0")
      let second = try CANBus("vcan1")
      for number in 0..<10 {
        try await (number % 2 == 0 ? first : second).send(try Self.frame(UInt32(number)))
      }
      var found: [UInt32: String] = [:]
      while found.count < 10, let batch = try await frames.next() {
        // Other tests have interfaces of their own.
        for frame in batch where frame.identifier.rawValue < 10 {
          found[frame.identifier.rawValue] = batch.channels[Int(frame.channel)]
        }
      }
      for number in 0..<UInt32(10) {
        #expect(found[number] == (number % 2 == 0 ? "vcan0" : "vcan1"))
      }
    }

    /// A reader that does not read: the kernel drops, and says how many.
    @Test func aFloodIsCounted() async throws {
      var options = CANBusOptions()
      options.receiveBufferBytes = 4096
      let bus = try CANBus("vcan0", options: options)
      let sender = try CANBus("vcan0")
      let count = 5000
      for number in 0..<count {
        try await sender.send(try Self.frame(0x100, [UInt8(truncatingIfNeeded: number)]))
      }
      var frames = bus.frames().makeAsyncIterator()
      var received = try await frames.next()?.count ?? 0
      // The counter comes along with frames that were queued after the drops.
      let last = CANIdentifier(truncating: 0x101)
      try await sender.send(try Self.frame(0x101))
      var ended = false
      while !ended, let batch = try await frames.next() {
        received += batch.filter { $0.identifier != last }.count
        ended = batch.contains { $0.identifier == last }
      }
      #expect(received < count)
      #expect(received + Int(bus.dropped) == count)
    }

    @Test func anInterfaceThatGoesDownIsTold() async throws {
      let bus = try CANBus("vcan1")
      var frames = bus.frames().makeAsyncIterator()
      try CANInterface.takeDown("vcan1")
      defer { try? CANInterface.bringUp("vcan1") }
      let error = await #expect(throws: CANBusError.self) {
        while try await frames.next() != nil {}
      }
      #expect(error?.code == .interfaceDown)
      let sending = await #expect(throws: CANBusError.self) {
        try await bus.send(try Self.frame(1))
      }
      #expect(sending?.code == .interfaceDown)
      try CANInterface.bringUp("vcan1")
      // The socket lives on.
      var again = bus.frames().makeAsyncIterator()
      let other = try CANBus("vcan1")
      try await other.send(try Self.frame(0x42))
      #expect(try await again.next()?.first?.identifier.value == 0x42)
    }

    /// The kernel tells a socket that its interface went down at the next call, be it up again by then.
    @Test func anInterfaceThatIsUpAgainIsSentOn() async throws {
      let bus = try CANBus("vcan1")
      try CANInterface.takeDown("vcan1")
      defer { try? CANInterface.bringUp("vcan1") }
      try CANInterface.bringUp("vcan1")
      let other = try CANBus("vcan1")
      var frames = other.frames().makeAsyncIterator()
      try await bus.send(try Self.frame(0x43))
      #expect(try await Self.take(1, from: &frames) == [0x43])
      // One that is down stays down, however often it is asked.
      try CANInterface.takeDown("vcan1")
      for _ in 0..<2 {
        let error = await #expect(throws: CANBusError.self) {
          try await bus.send(try Self.frame(0x44))
        }
        #expect(error?.code == .interfaceDown)
      }
    }

    @Test func interfacesAreListed() throws {
      let all = try CANInterface.all()
      #expect(all.map(\.name).contains("vcan0") && all.map(\.name).contains("vcan1"))
      #expect(!all.map(\.name).contains("lo"))
      let first = try CANInterface("vcan0")
      #expect(first.isUp && first.supportsFD && first.controller == nil)
      let error = #expect(throws: CANBusError.self) { try CANInterface("lo") }
      #expect(error?.code == .noSuchInterface)
      let busy = #expect(throws: CANBusError.self) {
        try CANInterface.bringUp("vcan0", settings: CANControllerSettings(bitRate: 500_000))
      }
      #expect(busy?.code == .notPossible)
    }
  }
}
