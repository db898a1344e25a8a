import CANCore
import CANTransport
import Foundation
import SocketCAN
import TestSupport
import Testing

extension VirtualBusTests {
  @Suite("ISO-TP by the kernel", .timeLimit(.minutes(15)))
  struct ISOTP {
    private let request = CANIdentifier(truncating: 0x7E0)
    private let response = CANIdentifier(truncating: 0x7E8)

    private func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
    }

    @Test("messages of all lengths arrive whole", arguments: [1, 7, 8, 62, 100, 4095, 8000])
    func bothWays(length: Int) async throws {
      let tester = try ISOTPChannel("vcan0", sending: request, receiving: response)
      var options = ISOTPOptions()
      options.blockSize = 8
      let device = try ISOTPChannel(
        "vcan0", sending: response, receiving: request, options: options)
      var atDevice = device.messages().makeAsyncIterator()
      var atTester = tester.messages().makeAsyncIterator()
      try await tester.send(bytes(length))
      let got = try #require(try await atDevice.next())
      #expect(got.bytes == bytes(length) && got.identifier == request)
      try await device.send(got.bytes.reversed())
      #expect(try await atTester.next()?.bytes == bytes(length).reversed())
      #expect(tester.failedReceptions == 0 && device.failedReceptions == 0)
    }

    @Test func addressesPaddingAndLongFrames() async throws {
      var options = ISOTPOptions()
      options.padding = 0x55
      options.address = (sending: 0x10, receiving: 0x20)
      options.fdLength = 64
      options.bitRateSwitch = true
      let tester = try ISOTPChannel(
        "vcan0", sending: request, receiving: response, options: options)
      options.address = (sending: 0x20, receiving: 0x10)
      let device = try ISOTPChannel(
        "vcan0", sending: response, receiving: request, options: options)
      var messages = device.messages().makeAsyncIterator()
      let bus = try CANBus("vcan0", filters: [CANFilter(request)])
      var frames = bus.frames().makeAsyncIterator()
      try await tester.send(bytes(300))
      let message = try #require(try await messages.next())
      #expect(message.bytes == bytes(300) && message.address == 0x10)
      let first = try #require(try await frames.next()?.first)
      #expect(first.flags.contains([.fd, .bitRateSwitch]) && first.payload.count == 64)
      #expect(first.payload[0] == 0x10)
    }

    @Test func isotpsendIsHeard() async throws {
      let device = try ISOTPChannel("vcan0", sending: response, receiving: request)
      var messages = device.messages().makeAsyncIterator()
      let text = bytes(500).map { String(format: "%02X", $0) }.joined(separator: " ")
      let waiting = Task {
        try await Tool(
          try VirtualBus.tool("isotpsend"), ["-s", "7E0", "-d", "7E8", "-b", "vcan0"],
          input: text + "\n")
      }
      #expect(try await messages.next()?.bytes == bytes(500))
      #expect(try await waiting.value.status == 0)
    }

    @Test func isotprecvHears() async throws {
      let folder = try TemporaryFolder()
      try folder.write("", to: "got")
      let peer = try PeerProcess(
        try VirtualBus.tool("isotprecv"), ["-s", "7E8", "-d", "7E0", "vcan0"],
        output: folder.file("got"))
      let tester = try ISOTPChannel("vcan0", sending: request, receiving: response)
      // Until it listens, nobody answers.
      var isSent = false
      for _ in 0..<20 where !isSent {
        do {
          try await tester.send(bytes(500))
          isSent = true
        } catch let error as CANBusError {
          #expect(error.code == .noAnswer)
        }
      }
      let lines = try await VirtualBus.lines(of: "got", in: folder, count: 1)
      #expect(
        lines.first?.split(separator: " ").compactMap { UInt8($0, radix: 16) } == bytes(500))
      peer.stop()
    }

    @Test func nobodyAnswers() async throws {
      let tester = try ISOTPChannel("vcan1", sending: request, receiving: response)
      let error = await #expect(throws: CANBusError.self) { try await tester.send(bytes(100)) }
      #expect(error?.code == .noAnswer)
      // A single frame needs no answer, and the failure before it is not its own.
      try await tester.send(bytes(7))
    }

    /// A message whose frames stop coming is counted and the next one arrives.
    @Test func whatBreaksOffIsCounted() async throws {
      let device = try ISOTPChannel("vcan0", sending: response, receiving: request)
      var messages = device.messages().makeAsyncIterator()
      let bus = try CANBus("vcan0")
      let first = try #require(CANPayload([0x10, 20, 1, 2, 3, 4, 5, 6]))
      let wrong = try #require(CANPayload([0x25, 7, 8, 9, 10, 11, 12, 13]))
      try await bus.send(CANFrame(identifier: request, payload: first))
      try await bus.send(CANFrame(identifier: request, payload: wrong))
      try await bus.send(CANFrame(identifier: request, payload: [0x03, 9, 9, 9]))
      #expect(try await messages.next()?.bytes == [9, 9, 9])
      #expect(device.failedReceptions == 1)
    }

    /// The kernel waits on the sending socket for the end of the message, and puts together there too what comes meanwhile: here a
    /// frame with a wrong number, and a right one after which nothing comes for a second.
    @Test("what breaks off while a message is sent", arguments: [0x25, 0x21] as [UInt8])
    func whatBreaksOffMeanwhileIsNoFailureOfSending(number: UInt8) async throws {
      let tester = try ISOTPChannel("vcan0", sending: request, receiving: response)
      var messages = tester.messages().makeAsyncIterator()
      let bus = try CANBus("vcan0", filters: [CANFilter(request)])
      var frames = bus.frames().makeAsyncIterator()
      // The second frame is to be missed while we send: with 127 ms between them our frames take more than two seconds.
      let separation: UInt8 = number == 0x21 ? 0x7F : 0
      let script: [CANPayload] = [
        [0x10, 20, 1, 2, 3, 4, 5, 6], [number, 7, 8, 9, 10, 11, 12, 13], [0x30, 0, separation],
      ]
      let sending = Task { try await tester.send(bytes(150)) }
      var sent: [UInt8] = []
      while sent.count < 150, let batch = try await frames.next() {
        for frame in batch {
          switch frame.payload[0] >> 4 {
          case 1:
            sent += frame.payload.dropFirst(2)
            for data in script {
              try await bus.send(CANFrame(identifier: response, payload: data))
            }
          case 2: sent += frame.payload.dropFirst(1)
          // Flow control for what comes.
          default: break
          }
        }
      }
      #expect(sent == bytes(150))
      try await sending.value
      try await bus.send(CANFrame(identifier: response, payload: [0x03, 9, 9, 9]))
      #expect(try await messages.next()?.bytes == [9, 9, 9])
      #expect(tester.failedReceptions == 1)
    }

    @Test func refusesNonsense() {
      var options = ISOTPOptions()
      options.fdLength = 9
      let odd = #expect(throws: CANBusError.self) {
        try ISOTPChannel("vcan0", sending: request, receiving: response, options: options)
      }
      #expect(odd?.code == .notPossible)
      let none = #expect(throws: CANBusError.self) {
        try ISOTPChannel("vcan9", sending: request, receiving: response)
      }
      #expect(none?.code == .noSuchInterface)
    }
  }

  @Suite("J1939 by the kernel", .timeLimit(.minutes(15)))
  struct J1939 {
    private func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ count) }
    }

    /// The longest does not fit the socket's buffer: the kernel takes it piece by piece.
    @Test("to one node", arguments: [1, 8, 9, 1785, 3000, 100_000])
    func toOne(length: Int) async throws {
      let engine = try J1939Node("vcan0", address: 0x00)
      let display = try J1939Node("vcan0", address: 0x28)
      var messages = display.messages().makeAsyncIterator()
      // A message to another node does not come.
      try await engine.send(bytes(3), group: 0xEF00, to: 0x29)
      try await engine.send(bytes(length), group: 0xEF00, to: 0x28, priority: 3)
      let message = try #require(try await messages.next())
      #expect(message.bytes == bytes(length))
      #expect(message.identifier.rawValue == 0x8000_0000 | 3 << 26 | 0xEF28 << 8)
    }

    @Test func toAll() async throws {
      let engine = try J1939Node("vcan0", address: 0x00)
      let display = try J1939Node("vcan0", address: 0x28)
      var messages = display.messages().makeAsyncIterator()
      var own = engine.messages().makeAsyncIterator()
      try await engine.send(bytes(30), group: 0xFECA)
      let message = try #require(try await messages.next())
      #expect(message.bytes == bytes(30))
      #expect(
        message.identifier.value >> 8 & 0x3FFFF == 0xFECA && message.identifier.value & 0xFF == 0)
      // The sender does not hear itself: the first that it hears is the other one's.
      try await display.send([1], group: 0xFEF1)
      #expect(try await own.next()?.bytes == [1])
    }

    /// The same frames through the raw socket and our own reassembly say the same.
    @Test func theRecordedFramesSayTheSame() async throws {
      let bus = try CANBus("vcan0")
      var frames = bus.frames().makeAsyncIterator()
      let engine = try J1939Node("vcan0", address: 0x11)
      try await engine.send(bytes(40), group: 0xFEE3)
      var reassembler = J1939Reassembler()
      var found: [TransportMessage] = []
      while found.isEmpty, let batch = try await frames.next() {
        reassembler.append(batch, to: &found)
      }
      #expect(found.first?.bytes == bytes(40))
      #expect(found.first?.identifier.value == 0x18FE_E311)
    }

    @Test func nobodyAnswers() async throws {
      let engine = try J1939Node("vcan1", address: 0x00)
      let error = await #expect(throws: CANBusError.self) {
        try await engine.send(bytes(100), group: 0xEF00, to: 0x33)
      }
      #expect(error?.code == .noAnswer)
      try await engine.send(bytes(8), group: 0xEF00, to: 0x33)
    }

    /// The kernel tells a socket that its interface went down at the next call, be it up again by then.
    @Test("an interface that is up again is sent on", arguments: [8, 100])
    func upAgain(length: Int) async throws {
      let engine = try J1939Node("vcan1", address: 0x00)
      try CANInterface.takeDown("vcan1")
      defer { try? CANInterface.bringUp("vcan1") }
      try CANInterface.bringUp("vcan1")
      let display = try J1939Node("vcan1", address: 0x28)
      var messages = display.messages().makeAsyncIterator()
      try await engine.send(bytes(length), group: 0xEF00, to: 0x28)
      #expect(try await messages.next()?.bytes == bytes(length))
    }

    /// The kernel takes a message all the same, and of a longer one it would never tell that it was not sent.
    @Test("an interface that is down is told each time", arguments: [8, 100])
    func down(length: Int) async throws {
      let engine = try J1939Node("vcan1", address: 0x00)
      try CANInterface.takeDown("vcan1")
      defer { try? CANInterface.bringUp("vcan1") }
      for destination in [0x33, J1939Node.everyone] {
        let error = await #expect(throws: CANBusError.self) {
          try await engine.send(bytes(length), group: 0xEF00, to: destination)
        }
        #expect(error?.code == .interfaceDown)
      }
      try CANInterface.bringUp("vcan1")
      try await engine.send(bytes(length), group: 0xFECA)
    }

    /// The kernel gives up what it has not taken to its end: the rest must not go out as a message of its own.
    @Test func nobodyTakesALongOne() async throws {
      let bus = try CANBus("vcan1")
      var frames = bus.frames(bufferedBatches: 1024).makeAsyncIterator()
      let engine = try J1939Node("vcan1", address: 0x00)
      let error = await #expect(throws: CANBusError.self) {
        try await engine.send(bytes(300_000), group: 0xEF00, to: 0x33)
      }
      #expect(error?.code == .noAnswer)
      try await engine.send(bytes(8), group: 0xEF00, to: 0x33)
      // Requests to send, by the transport protocol and the extended one, before the last message.
      var lengths: [UInt32] = []
      reading: while let batch = try await frames.next() {
        for frame in batch {
          switch frame.identifier.value >> 8 & 0x3FFFF {
          case 0xEF33: break reading
          case 0xEC33 where frame.payload[0] == 16: lengths.append(0)
          case 0xC833 where frame.payload[0] == 20:
            lengths.append(
              (1...4).reversed().reduce(0) { $0 << 8 | UInt32(frame.payload[$1]) })
          default: break
          }
        }
      }
      // The kernel may ask again, for the whole.
      #expect(Set(lengths) == [300_000])
    }

    /// Two sockets with one address: while one sends to a node the kernel refuses the other one's message to it, and counts it.
    /// What becomes of the messages after it is theirs.
    @Test func whatTheKernelRefusesIsNotTheNextOnesEnd() async throws {
      let first = try J1939Node("vcan1", address: 0x00)
      let second = try J1939Node("vcan1", address: 0x00)
      var wasRefused = false
      for _ in 0..<20 where !wasRefused {
        // A socket of its own: frames of the try before are not in it.
        var frames = try CANBus("vcan1").frames().makeAsyncIterator()
        let waiting = Task { try await first.send(bytes(100), group: 0xEF00, to: 0x33) }
        // Until it has begun; then the kernel waits for an answer for a while.
        beginning: while let batch = try await frames.next() {
          let isBegun = batch.contains {
            $0.identifier.value >> 8 & 0x3FFFF == 0xEC33 && $0.payload[0] == 16
          }
          if isBegun { break beginning }
        }
        let error = await #expect(throws: CANBusError.self) {
          try await second.send(bytes(100), group: 0xEF00, to: 0x33)
        }
        wasRefused = error?.errno == EBUSY
        await #expect(throws: CANBusError.self) { try await waiting.value }
      }
      #expect(wasRefused)
      for _ in 0..<2 {
        try await second.send(bytes(8), group: 0xEF00, to: 0x33)
        let error = await #expect(throws: CANBusError.self) {
          try await second.send(bytes(100), group: 0xEF00, to: 0x33)
        }
        #expect(error?.code == .noAnswer)
      }
      try await second.send(bytes(8), group: 0xEF00, to: 0x33)
    }

    @Test func j1939catTalks() async throws {
      let folder = try TemporaryFolder()
      try folder.write(String(repeating: "0123456789", count: 20), to: "input")
      let node = try J1939Node("vcan0", address: 0x90)
      var messages = node.messages().makeAsyncIterator()
      let tool = Task {
        try await Tool(
          try VirtualBus.tool("j1939cat"),
          ["-i", folder.file("input"), "vcan0:0x80", ":0x90,0x12300"])
      }
      let message = try #require(try await messages.next())
      #expect(
        String(decoding: message.bytes, as: UTF8.self) == String(repeating: "0123456789", count: 20)
      )
      #expect(message.identifier.value & 0x3FFFFFF == 0x123_9080)
      // Its status says nothing: can-utils 2020.11 calls the error queue of newer kernels truncated, after all was sent.
      _ = try await tool.value
    }

    private let low = J1939Name(rawValue: 0x8000_0000_0000_0011)
    private let high = J1939Name(rawValue: 0x8000_0000_0000_0999)

    private func claim(_ source: UInt8, _ name: J1939Name) -> (UInt32, [UInt8]) {
      (
        0x98EE_FF00 | UInt32(source),
        (0..<8).map { UInt8(truncatingIfNeeded: name.rawValue >> UInt64($0 * 8)) }
      )
    }

    @Test func anAddressIsClaimedByName() async throws {
      let bus = try CANBus(
        "vcan0", filters: [CANFilter(identifier: 0x80EE_0000, mask: 0x83FF_0000)])
      var frames = bus.frames().makeAsyncIterator()
      let node = try await J1939Node.claiming("vcan0", name: low, addresses: [0x70, 0x71])
      #expect(node.address == 0x70 && node.name == low)
      let frame = try #require(try await frames.next()?.first)
      #expect((frame.identifier.rawValue, Array(frame.payload)) == claim(0x70, low))
      // It talks under that address, and hears what is sent there; not itself.
      let display = try J1939Node("vcan0", address: 0x28)
      var atDisplay = display.messages().makeAsyncIterator()
      var atNode = node.messages().makeAsyncIterator()
      try await node.send(bytes(100), group: 0xEF00, to: 0x28)
      let message = try #require(try await atDisplay.next())
      #expect(message.bytes == bytes(100) && message.identifier.value & 0xFF == 0x70)
      try await node.send(bytes(20), group: 0xFECA)
      try await display.send(bytes(50), group: 0xEF00, to: 0x70)
      while let heard = try await atNode.next() {
        // Claims are messages too.
        if heard.identifier.value >> 16 & 0xFF == 0xEE { continue }
        #expect(heard.bytes == bytes(50))
        break
      }
      // Whoever asks is told.
      try await bus.send(
        CANFrame(identifier: CANIdentifier(truncating: 0x98EA_FFFE), payload: [0, 0xEE, 0]))
      let answer = try #require(try await frames.next()?.first)
      #expect((answer.identifier.rawValue, Array(answer.payload)) == claim(0x70, low))
    }

    @Test func theLowerNameGetsTheAddressAndTheOtherMoves() async throws {
      let first = try await J1939Node.claiming("vcan0", name: high, addresses: [0x70, 0x71])
      #expect(first.address == 0x70)
      let second = try await J1939Node.claiming("vcan0", name: low, addresses: [0x70])
      #expect(second.address == 0x70)
      for _ in 0..<1000 where first.address != 0x71 {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(first.address == 0x71)
      var messages = second.messages().makeAsyncIterator()
      try await first.send(bytes(30), group: 0xEF00, to: 0x70)
      while let heard = try await messages.next() {
        if heard.identifier.value >> 16 & 0xFF == 0xEE { continue }
        #expect(heard.bytes == bytes(30) && heard.identifier.value & 0xFF == 0x71)
        break
      }
      // A third one finds nothing left, and says so.
      let error = await #expect(throws: CANBusError.self) {
        try await J1939Node.claiming(
          "vcan0", name: J1939Name(rawValue: high.rawValue + 1), addresses: [0x70])
      }
      #expect(error?.code == .noAddress)
    }

    @Test func aNodeThatLosesItsOnlyAddressCannotSend() async throws {
      let node = try await J1939Node.claiming("vcan0", name: high, addresses: [0x70])
      let bus = try CANBus("vcan0")
      var frame = CANFrame(identifier: CANIdentifier(truncating: claim(0x70, low).0))
      frame.payload = try #require(CANPayload(claim(0x70, low).1))
      frame.dataLengthCode = 8
      try await bus.send(frame)
      for _ in 0..<1000 where node.address != J1939Node.noAddress {
        try await Task.sleep(for: .milliseconds(10))
      }
      let error = await #expect(throws: CANBusError.self) {
        try await node.send([1], group: 0xFECA)
      }
      #expect(error?.code == .noAddress)
      // The other one takes another address: this one has its own again.
      frame.identifier = CANIdentifier(truncating: claim(0x72, low).0)
      try await bus.send(frame)
      for _ in 0..<1000 where node.address != 0x70 { try await Task.sleep(for: .milliseconds(10)) }
      try await node.send([1], group: 0xFECA)
    }

    /// can-utils' daemon wants the same address: with a higher name it leaves it, with a lower one it gets it.
    @Test(arguments: [UInt64(0x8000_0000_0000_0001), 0x8000_0000_0000_7777])
    func j1939acdClaimsToo(name: UInt64) async throws {
      let node = try await J1939Node.claiming(
        "vcan0", name: J1939Name(rawValue: 0x8000_0000_0000_0022), addresses: [0x70, 0x78])
      #expect(node.address == 0x70)
      let bus = try CANBus(
        "vcan0", filters: [CANFilter(identifier: 0x80EE_0000, mask: 0x83FF_0000)])
      var frames = bus.frames().makeAsyncIterator()
      let folder = try TemporaryFolder()
      let daemon = try PeerProcess(
        try VirtualBus.tool("j1939acd"),
        [
          "-r", "0x70,0x72", "-a", "0x70", "-c", folder.file("cache"), String(name, radix: 16),
          "vcan0",
        ])
      defer { daemon.stop() }
      let isLower = name < 0x8000_0000_0000_0022
      // What the daemon claims in the end.
      var its: UInt8?
      while its != (isLower ? 0x70 : 0x72), let batch = try await frames.next() {
        for frame in batch where Array(frame.payload) == claim(0, J1939Name(rawValue: name)).1 {
          its = UInt8(truncatingIfNeeded: frame.identifier.value)
        }
      }
      let wanted: UInt8 = isLower ? 0x78 : 0x70
      for _ in 0..<1000 where node.address != wanted {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(node.address == wanted)
      try await node.send([1, 2, 3], group: 0xFECA)
    }

    @Test func waitingForAnAddressCanBeCancelled() async throws {
      let task = Task {
        try await J1939Node.claiming("vcan0", name: low, addresses: [0x70])
      }
      task.cancel()
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      let error = await #expect(throws: CANBusError.self) {
        try await J1939Node.claiming("vcan0", name: low, addresses: [])
      }
      #expect(error?.code == .notPossible)
    }

    @Test func refusesNonsense() async throws {
      let node = try J1939Node("vcan0", address: 1)
      for (count, group, destination, priority) in [
        (0, UInt32(0xFECA), UInt8(0xFF), 6), (1, 0x40000, 0xFF, 6), (1, 0xEF01, 2, 6),
        (1, 0xFECA, 2, 6), (1, 0xFECA, 0xFF, 8),
      ] {
        let error = await #expect(throws: CANBusError.self) {
          try await node.send(bytes(count), group: group, to: destination, priority: priority)
        }
        #expect(error?.code == .invalidFrame)
      }
      let error = #expect(throws: CANBusError.self) { try J1939Node("vcan0", address: 254) }
      #expect(error?.code == .notPossible)
    }
  }
}
