import CANTransport
import Foundation
import TestSupport
import Testing

@Suite struct ISOTPReassemblerTests {
  static let request = CANIdentifier(truncating: 0x7E0)
  static let response = CANIdentifier(truncating: 0x7E8)

  static func frame(
    _ identifier: CANIdentifier, _ bytes: [UInt8], at time: Int64 = 0, flags: CANFlags = []
  ) -> CANFrame {
    CANFrame(
      time: time, identifier: identifier, flags: flags, payload: CANPayload(bytes) ?? CANPayload())
  }

  /// A message cut into frames by the rules of ISO 15765-2, section 9.
  static func segments(
    _ message: [UInt8], _ identifier: CANIdentifier, frameLength: Int = 8, address: UInt8? = nil,
    time: Int64 = 0
  ) -> [CANFrame] {
    let prefix: [UInt8] = address.map { [$0] } ?? []
    let flags: CANFlags = frameLength > 8 ? .fd : []
    func padded(_ bytes: [UInt8]) -> CANFrame {
      let sizes = [8, 12, 16, 20, 24, 32, 48, 64]
      let size = sizes.first { $0 >= bytes.count } ?? 64
      return frame(
        identifier, bytes + [UInt8](repeating: 0xCC, count: size - bytes.count), at: time,
        flags: flags)
    }
    if message.count <= 7 - prefix.count {
      return [padded(prefix + [UInt8(message.count)] + message)]
    }
    if message.count <= frameLength - 2 - prefix.count, frameLength > 8 {
      return [padded(prefix + [0, UInt8(message.count)] + message)]
    }
    var head = prefix
    if message.count <= 4095 {
      head += [0x10 | UInt8(message.count >> 8), UInt8(message.count & 255)]
    } else {
      head += [0x10, 0] + (0..<4).map { UInt8(message.count >> (24 - 8 * $0) & 255) }
    }
    var rest = message[...]
    let first = rest.prefix(frameLength - head.count)
    rest = rest.dropFirst(first.count)
    var frames = [padded(head + first)]
    var number: UInt8 = 1
    while !rest.isEmpty {
      let part = rest.prefix(frameLength - 1 - prefix.count)
      rest = rest.dropFirst(part.count)
      frames.append(padded(prefix + [0x20 | number] + part))
      number = (number + 1) & 15
    }
    return frames
  }

  @Test func messagesThatNobodyEndsMakeRoomForOthers() {
    let message = [UInt8](0..<20)
    let identifiers = (0...UInt32(ISOTPReassembler.mostTransfers)).map {
      CANIdentifier(truncating: CANIdentifier.extendedFlag | $0)
    }
    var reassembler = ISOTPReassembler(identifiers: identifiers)
    for identifier in identifiers.dropLast() {
      #expect(reassembler.append(Self.segments(message, identifier)[0]) == nil)
    }
    var full = reassembler
    #expect(full.append(Self.segments(message, identifiers[4096])[0]) == nil)
    #expect(full.findings.kept.map(\.code) == [.limit])

    let late = Self.segments(message, identifiers[4096], time: 1_000_000_001)
    #expect(late.compactMap { reassembler.append($0) }.map(\.bytes) == [message])
    #expect(reassembler.findings.total == ISOTPReassembler.mostTransfers)
    #expect(reassembler.findings.kept.allSatisfy { $0.code == .timeout })
    // Who keeps coming while nothing is free is refused, and not looked for each time.
    for _ in 0..<1000 { _ = full.append(Self.segments(message, identifiers[4096])[0]) }
    #expect(full.findings.total == 1001)
  }

  /// The example of a long diagnostic answer, byte by byte: the vehicle's number.
  @Test func aVehicleNumberIsReadFromItsFrames() {
    var reassembler = ISOTPReassembler(identifiers: [Self.request, Self.response])
    var messages: [TransportMessage] = []
    let batch = CANFrameBatch([
      Self.frame(Self.request, [0x02, 0x09, 0x02, 0, 0, 0, 0, 0], at: 1),
      Self.frame(Self.response, [0x10, 0x14, 0x49, 0x02, 0x01, 0x31, 0x44, 0x34], at: 2),
      Self.frame(Self.request, [0x30, 0, 0, 0, 0, 0, 0, 0], at: 3),
      Self.frame(Self.response, [0x21, 0x47, 0x50, 0x30, 0x30, 0x52, 0x35, 0x35], at: 4),
      Self.frame(CANIdentifier(truncating: 0x123), [0x22, 1, 2, 3], at: 5),
      Self.frame(Self.response, [0x22, 0x42, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36], at: 6),
    ])
    reassembler.append(batch, to: &messages)
    reassembler.finish()
    #expect(reassembler.findings.total == 0)
    #expect(messages.map(\.bytes.count) == [2, 20])
    #expect(messages.map(\.firstTime) == [1, 2])
    #expect(messages.map(\.time) == [1, 6])
    #expect(String(decoding: messages[1].bytes.dropFirst(3), as: UTF8.self) == "1D4GP00R55B123456")
  }

  @Test(arguments: [8, 12, 64], [nil, 0x42] as [UInt8?])
  func everyLengthComesBack(frameLength: Int, address: UInt8?) {
    var reassembler = ISOTPReassembler(
      identifiers: [Self.request], addressing: address == nil ? .normal : .addressByte)
    for length in Array(1...200) + [4094, 4095, 4096, 5000] {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
      var messages: [TransportMessage] = []
      reassembler.append(
        CANFrameBatch(
          Self.segments(bytes, Self.request, frameLength: frameLength, address: address)),
        to: &messages)
      #expect(messages.map(\.bytes) == [bytes], "length \(length)")
      #expect(messages.first?.address == address)
    }
    #expect(reassembler.findings.total == 0)
  }

  @Test func whatIsNotWholeIsAFindingAndNoMessage() {
    let bytes = [UInt8](0..<40)
    let whole = Self.segments(bytes, Self.request)
    func read(_ frames: [CANFrame]) -> ([TransportMessage], [TransportFinding.Code]) {
      var reassembler = ISOTPReassembler(identifiers: [Self.request])
      reassembler.longestMessage = 5000
      var messages: [TransportMessage] = []
      reassembler.append(CANFrameBatch(frames), to: &messages)
      reassembler.finish()
      return (messages, reassembler.findings.kept.map(\.code))
    }
    for missing in 1..<whole.count {
      var frames = whole
      frames.remove(at: missing)
      let (messages, codes) = read(frames)
      #expect(messages == [], "without frame \(missing)")
      #expect(codes == [missing == whole.count - 1 ? .incomplete : .sequence])
    }
    var twice = whole
    twice.insert(whole[2], at: 2)
    #expect(read(twice).1 == [.sequence])
    #expect(read(Array(whole.prefix(3)) + whole).0.map(\.bytes) == [bytes])
    #expect(read(Array(whole.prefix(3)) + whole).1 == [.interrupted])
    var late = whole
    for index in 3..<late.count { late[index].time = 2_000_000_000 }
    #expect(read(late).1 == [.timeout])
    #expect(read([Self.frame(Self.request, [0x10, 0, 0, 1, 0, 0, 0, 0])]).1 == [.limit])
    #expect(read([Self.frame(Self.request, [0x10, 5, 1, 2, 3, 4, 5, 6])]).1 == [.malformed])
    #expect(read([Self.frame(Self.request, [0x07, 5, 1])]).1 == [.malformed])
    #expect(read([Self.frame(Self.request, [0x55])]).1 == [.malformed])
    // A recording that begins in mid-message.
    #expect(read(Array(whole.dropFirst())).1 == [])
  }

  /// Reads the frames of a message of 20 bytes, a first and two consecutive ones, at times in tenths of a second, and flow control among
  /// them: who sent it, when and what.
  private static func read(
    from sender: CANIdentifier, at tenths: [Int64],
    control: [(from: CANIdentifier, tenth: Int64, bytes: [UInt8])]
  ) -> (messages: [TransportMessage], codes: [TransportFinding.Code]) {
    var frames = segments([UInt8](0..<20), sender)
    for index in frames.indices { frames[index].time = tenths[index] * 100_000_000 }
    frames += control.map { frame($0.from, $0.bytes, at: $0.tenth * 100_000_000) }
    frames.sort { $0.time < $1.time }
    var reassembler = ISOTPReassembler(identifiers: [sender] + control.map(\.from))
    var messages: [TransportMessage] = []
    reassembler.append(CANFrameBatch(frames), to: &messages)
    reassembler.finish()
    return (messages, reassembler.findings.kept.map(\.code))
  }

  /// The sender may wait a second for flow control, and another one each time that it is told to wait (ISO 15765-2, N_Bs and N_Cr).
  @Test func whoeverIsToldToWaitIsWaitedFor() {
    let wait: [UInt8] = [0x31]
    let go: [UInt8] = [0x30, 0, 0]
    func codes(
      _ tenths: [Int64], _ control: [(from: CANIdentifier, tenth: Int64, bytes: [UInt8])]
    ) -> [TransportFinding.Code] {
      let (messages, codes) = Self.read(from: Self.response, at: tenths, control: control)
      #expect(messages.map(\.bytes) == (codes.isEmpty ? [[UInt8](0..<20)] : []))
      return codes
    }
    let request = Self.request
    // Before the first block, and between two.
    #expect(codes([0, 17, 18], [(request, 8, wait), (request, 16, go)]) == [])
    #expect(codes([0, 1, 20], [(request, 0, go), (request, 9, wait), (request, 18, go)]) == [])
    #expect(codes([0, 17, 18], [(request, 8, wait)]) == [])
    // Nobody told it to wait; too late; its own flow control is for somebody else.
    #expect(codes([0, 17, 18], []) == [.timeout])
    #expect(codes([0, 17, 18], [(request, 12, go)]) == [.timeout])
    #expect(codes([0, 19, 20], [(request, 8, wait)]) == [.timeout])
    #expect(codes([0, 17, 18], [(Self.response, 8, wait), (Self.response, 16, go)]) == [.timeout])
    // Flow control of before the message, and one of no known kind.
    #expect(codes([10, 27, 28], [(request, 3, go), (request, 9, go)]) == [.timeout])
    #expect(codes([0, 17, 18], [(request, 8, [0x33]), (request, 16, [0x33])]) == [.timeout])
  }

  @Test func flowControlOfAnotherBusIsForNobodyHere() {
    var reassembler = ISOTPReassembler(identifiers: [Self.request, Self.response])
    var frames = Self.segments([UInt8](0..<20), Self.response)
    for (index, time) in [0, 1_700_000_000, 1_800_000_000].enumerated() {
      frames[index].time = Int64(time)
    }
    var control = Self.frame(Self.request, [0x30, 0, 0], at: 900_000_000)
    control.channel = 1
    frames.insert(control, at: 1)
    #expect(frames.compactMap { reassembler.append($0) } == [])
    #expect(reassembler.findings.kept.map(\.code) == [.timeout])
  }

  /// 18DAttss holds both addresses: there it is known whose message is meant.
  @Test func fixedAddressesPair() {
    let extended = CANIdentifier.extendedFlag
    let sender = CANIdentifier(truncating: extended | 0x18DA_F110)
    let receiver = CANIdentifier(truncating: extended | 0x18DA_10F1)
    let stranger = CANIdentifier(truncating: extended | 0x18DA_11F1)
    let go: [UInt8] = [0x30, 0, 0]
    let full: [UInt8] = [0x32, 0, 0]
    func codes(
      _ sender: CANIdentifier, _ node: CANIdentifier, _ bytes: [UInt8], at tenths: [Int64]
    ) -> [TransportFinding.Code] {
      Self.read(from: sender, at: tenths, control: [(node, 8, bytes)]).codes
    }
    #expect(codes(sender, receiver, go, at: [0, 17, 18]) == [])
    #expect(codes(sender, stranger, go, at: [0, 17, 18]) == [.timeout])
    #expect(codes(sender, Self.request, go, at: [0, 17, 18]) == [.timeout])
    #expect(codes(Self.response, receiver, go, at: [0, 17, 18]) == [.timeout])
    // No room: the message is over. Where nobody knows whose, it is not.
    #expect(codes(sender, receiver, full, at: [0, 9, 10]) == [.aborted])
    #expect(codes(sender, stranger, full, at: [0, 9, 10]) == [])
    #expect(codes(Self.response, Self.request, full, at: [0, 9, 10]) == [])
    #expect(codes(Self.response, Self.request, full, at: [0, 17, 18]) == [.timeout])
  }

  /// What is told to wait does not make room for others when the list is full.
  @Test func whoeverIsToldToWaitKeepsItsPlace() {
    let identifiers = (0...UInt32(ISOTPReassembler.mostTransfers)).map {
      CANIdentifier(truncating: CANIdentifier.extendedFlag | $0)
    }
    let last = identifiers[ISOTPReassembler.mostTransfers]
    var reassembler = ISOTPReassembler(identifiers: identifiers)
    for identifier in identifiers.dropLast() {
      #expect(reassembler.append(Self.segments([UInt8](0..<20), identifier)[0]) == nil)
    }
    #expect(reassembler.append(Self.frame(last, [0x31], at: 900_000_000)) == nil)
    let late = Self.segments([UInt8](0..<20), last, time: 1_500_000_000)
    #expect(late.compactMap { reassembler.append($0) } == [])
    #expect(reassembler.findings.kept.map(\.code) == [.limit])
  }

  /// Frames lost, doubled and changed at random: a message comes out as it was sent or not at all.
  @Test func noMessageIsMadeUp() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for round in 0..<300 {
      let sent = (0..<8).map { index in
        (0..<Int.random(in: 20...90, using: &random)).map { _ in UInt8(index) }
      }
      var frames = sent.flatMap { Self.segments($0, Self.response) }
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 0..<frames.count, using: &random)
        if Bool.random(using: &random) {
          frames.remove(at: place)
        } else {
          frames.insert(frames[place], at: place)
        }
      }
      var reassembler = ISOTPReassembler(identifiers: [Self.response])
      var messages: [TransportMessage] = []
      reassembler.append(CANFrameBatch(frames), to: &messages)
      for message in messages {
        #expect(sent.contains(message.bytes), "seed \(seed) round \(round)")
      }
    }
  }
}

/// The package can-isotp of PyPI as the sender: IIOT_PYTHON names a Python that has it.
@Suite(.enabled(if: PythonISOTP.interpreter != nil, "needs a Python with can-isotp (IIOT_PYTHON)"))
struct ISOTPPeerTests {
  @Test func readsWhatCanISOTPSends() throws {
    let tool = try Tool(PythonISOTP.interpreter ?? "", ["-c", PythonISOTP.script])
    #expect(tool.status == 0, "\(tool.errors)")
    var messages: [TransportMessage] = []
    var expected: [String] = []
    var reassembler = ISOTPReassembler(identifiers: [])
    for line in tool.output.split(separator: "\n") {
      let words = line.split(separator: " ")
      switch words.first {
      case "mode":
        reassembler = ISOTPReassembler(
          identifiers: [ISOTPReassemblerTests.request, ISOTPReassemblerTests.response],
          addressing: words[1] == "1" ? .addressByte : .normal)
      case "sent": expected.append(String(words[1]))
      default:
        let bytes = stride(from: 0, to: words[1].count, by: 2).compactMap { place in
          UInt8(words[1].dropFirst(place).prefix(2), radix: 16)
        }
        let identifier = CANIdentifier(truncating: UInt32(words[0]) ?? 0)
        if let message = reassembler.append(
          ISOTPReassemblerTests.frame(identifier, bytes, flags: bytes.count > 8 ? .fd : []))
        {
          messages.append(message)
        }
      }
    }
    #expect(expected.count > 30)
    let read = messages.map { message in
      message.bytes.map { String($0 + 256 as Int, radix: 16).dropFirst() }.joined()
    }
    #expect(read == expected)
  }
}

extension UInt8 {
  fileprivate static func + (left: UInt8, right: Int) -> Int { Int(left) + right }
}

enum PythonISOTP {
  static let interpreter: String? = {
    guard let path = ProcessInfo.processInfo.environment["IIOT_PYTHON"],
      (try? Tool(path, ["-c", "import isotp"]))?.status == 0
    else { return nil }
    return path
  }()

  /// Two stations that speak with each other; every frame of both is printed.
  static let script = """
    import isotp, collections, random
    rnd = random.Random(3)
    for mode, length in ((0, 8), (0, 64), (1, 8), (1, 64)):
        print('mode', mode)
        if mode == 0:
            a = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E0, rxid=0x7E8)
            b = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E8, rxid=0x7E0)
        else:
            a = isotp.Address(isotp.AddressingMode.Extended_11bits, txid=0x7E0, rxid=0x7E8, source_address=1, target_address=2)
            b = isotp.Address(isotp.AddressingMode.Extended_11bits, txid=0x7E8, rxid=0x7E0, source_address=2, target_address=1)
        queues = (collections.deque(), collections.deque())
        def send(to):
            def run(m):
                print(m.arbitration_id, bytes(m.data).hex())
                queues[to].append(m)
            return run
        def receive(of):
            return lambda timeout=0: queues[of].popleft() if queues[of] else None
        p = dict(stmin=0, blocksize=8, tx_data_length=length, can_fd=length > 8, rate_limit_enable=False, max_frame_size=100000)
        one = isotp.TransportLayerLogic(rxfn=receive(0), txfn=send(1), address=a, params=p)
        two = isotp.TransportLayerLogic(rxfn=receive(1), txfn=send(0), address=b, params=p)
        for size in (1, 6, 7, 8, 9, 20, 61, 62, 63, 100, 4095, 4096, 6000):
            data = bytes(rnd.randrange(256) for _ in range(size))
            one.send(data)
            got = None
            for _ in range(100000):
                one.process(); two.process()
                if two.available():
                    got = two.recv()
                    break
            assert bytes(got) == data
            print('sent', data.hex())
    """
}
