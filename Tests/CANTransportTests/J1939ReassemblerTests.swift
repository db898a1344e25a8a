import CANTransport
import DBC
import TestSupport
import Testing

@Suite struct J1939ReassemblerTests {
  static func frame(_ raw: UInt32, _ bytes: [UInt8], at time: Int64 = 0) -> CANFrame {
    CANFrame(
      time: time, identifier: CANIdentifier(truncating: raw | CANIdentifier.extendedFlag),
      payload: CANPayload(bytes) ?? CANPayload())
  }

  static func little(_ group: UInt32) -> [UInt8] {
    [UInt8(group & 255), UInt8(group >> 8 & 255), UInt8(group >> 16)]
  }

  /// A broadcast by the rules of SAE J1939-21, section 5.10.
  static func broadcast(_ bytes: [UInt8], group: UInt32, source: UInt32) -> [CANFrame] {
    let packets = (bytes.count + 6) / 7
    let head: [UInt8] = [
      32, UInt8(bytes.count & 255), UInt8(bytes.count >> 8), UInt8(packets), 0xFF,
    ]
    return [frame(0x1CEC_FF00 | source, head + little(group))]
      + data(bytes, destination: 0xFF, source: source)
  }

  static func data(_ bytes: [UInt8], destination: UInt32, source: UInt32) -> [CANFrame] {
    (0..<((bytes.count + 6) / 7)).map { packet in
      let part = Array(bytes[(packet * 7)..<min(bytes.count, packet * 7 + 7)])
      return frame(
        0x1CEB_0000 | destination << 8 | source,
        [UInt8(packet + 1)] + part + [UInt8](repeating: 0xFF, count: 7 - part.count))
    }
  }

  static func read(_ frames: [CANFrame]) -> ([TransportMessage], [TransportFinding.Code]) {
    var reassembler = J1939Reassembler()
    var messages: [TransportMessage] = []
    reassembler.append(CANFrameBatch(frames), to: &messages)
    reassembler.finish()
    return (messages, reassembler.findings.kept.map(\.code))
  }

  @Test(arguments: [9, 13, 14, 15, 39, 1784, 1785])
  func broadcastsComeBack(length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    // FEE3, engine configuration, from node 0; between them another node's.
    let one = Self.broadcast(bytes, group: 0xFEE3, source: 0)
    let other = Self.broadcast(bytes.reversed(), group: 0xFECA, source: 0x21)
    let mixed = zip(one, other).flatMap { [$0, $1] }
    let (messages, findings) = Self.read(mixed)
    #expect(findings == [])
    #expect(messages.map(\.identifier.value) == [0x1CFE_E300, 0x1CFE_CA21])
    #expect(messages.map(\.bytes) == [bytes, bytes.reversed()])
  }

  @Test func aTransferBetweenTwoNodesWithPacketsSentAgain() {
    let bytes = [UInt8](0..<30)
    // Node 0x10 sends group EF00 to node 0x20.
    let group = Self.little(0xEF00)
    let packets = Self.data(bytes, destination: 0x20, source: 0x10)
    let frames =
      [
        Self.frame(0x18EC_2010, [16, 30, 0, 5, 0xFF] + group),
        Self.frame(0x18EC_1020, [17, 2, 1, 0xFF, 0xFF] + group), packets[0], packets[1],
        // hold the connection, then from packet 2 on again
        Self.frame(0x18EC_1020, [17, 0, 0xFF, 0xFF, 0xFF] + group),
        Self.frame(0x18EC_1020, [17, 4, 2, 0xFF, 0xFF] + group), packets[1], packets[2], packets[3],
        packets[4], Self.frame(0x18EC_1020, [19, 30, 0, 5, 0xFF] + group),
      ]
    let (messages, findings) = Self.read(frames)
    #expect(findings == [])
    #expect(messages.map(\.bytes) == [bytes])
    #expect(messages.map(\.identifier.value) == [0x18EF_2010])
  }

  @Test func whatIsNotWholeIsAFindingAndNoMessage() {
    let whole = Self.broadcast([UInt8](0..<40), group: 0xFEE3, source: 0)
    for missing in 1..<whole.count {
      var frames = whole
      frames.remove(at: missing)
      let (messages, codes) = Self.read(frames)
      #expect(messages == [], "without frame \(missing)")
      #expect(codes == [missing == whole.count - 1 ? .incomplete : .sequence])
    }
    #expect(Self.read(Array(whole.prefix(3)) + whole).1 == [.interrupted])
    var late = whole
    for index in 3..<late.count { late[index].time = 2_000_000_000 }
    #expect(Self.read(late).1 == [.timeout])
    let group = Self.little(0xEF00)
    let begin = Self.frame(0x18EC_2010, [16, 30, 0, 5, 0xFF] + group)
    let abort = Self.frame(0x18EC_1020, [255, 3, 0xFF, 0xFF, 0xFF] + group)
    let end = Self.frame(0x18EC_1020, [19, 30, 0, 5, 0xFF] + group)
    #expect(Self.read([begin, abort]).1 == [.aborted])
    #expect(Self.read([begin, end]).1 == [.sequence])
    let wrong = Self.frame(0x18EC_2010, [16, 30, 0, 9, 0xFF] + group)
    #expect(Self.read([wrong]).1 == [.malformed])
    #expect(Self.read([Self.frame(0x1CEB_FF00, [1, 2])]).1 == [.malformed])
    #expect(Self.read(Array(whole.dropFirst())).1 == [])
  }

  @Test func messagesThatNobodyEndsMakeRoomForOthers() {
    let bytes = [UInt8](0..<20)
    let whole = Self.broadcast(bytes, group: 0xFEE3, source: 0)
    var reassembler = J1939Reassembler()
    for channel in 0..<UInt16(J1939Reassembler.mostTransfers) {
      var begin = whole[0]
      begin.channel = channel
      #expect(reassembler.append(begin) == nil)
    }
    var full = reassembler
    let other = whole.map { frame in
      var frame = frame
      frame.channel = .max
      return frame
    }
    #expect(full.append(other[0]) == nil)
    #expect(full.findings.kept.map(\.code) == [.limit])

    let late = other.map { frame in
      var frame = frame
      frame.time = 1_250_000_001
      return frame
    }
    #expect(late.compactMap { reassembler.append($0) }.map(\.bytes) == [bytes])
    #expect(reassembler.findings.total == J1939Reassembler.mostTransfers)
    #expect(reassembler.findings.kept.allSatisfy { $0.code == .timeout })
  }

  @Test func aDBCDecoderTakesTheMessage() throws {
    let database = try Database(
      parsing: """
        VERSION ""
        BU_: ECU
        BO_ 2566841088 EngineConfig: 20 ECU
         SG_ Low : 0|16@1+ (1,0) [0|0] "" ECU
         SG_ Last : 152|8@1+ (2,1) [0|0] "" ECU
        """)
    let bytes = [UInt8](1...20)
    let (messages, _) = Self.read(Self.broadcast(bytes, group: 0xFEE3, source: 0))
    let decoder = database.decoder(j1939: .allExtended)
    let message = try #require(messages.first)
    let known = try #require(decoder.message(message.identifier))
    let decoded = decoder.decode(known, bytes: message.bytes)
    #expect(decoded.signals.map(\.value) == [513, 41])
  }

  @Test func anyFramesAtAllAreTaken() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    var reassembler = J1939Reassembler()
    var isotp = ISOTPReassembler(
      identifiers: [CANIdentifier(truncating: 0x8CEC_0000)], addressing: .addressByte)
    for _ in 0..<20_000 {
      let kind: UInt32 = Bool.random(using: &random) ? 0xEC_0000 : 0xEB_0000
      let nodes =
        UInt32.random(in: 0...3, using: &random) << 8 | UInt32.random(in: 0...3, using: &random)
      var bytes = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        UInt8.random(in: 0...40, using: &random)
      }
      if bytes.count == 8, Bool.random(using: &random) { bytes[0] = 16 }
      let frame = CANFrame(
        time: Int64.random(in: Int64.min...Int64.max, using: &random)
          >> Int64.random(in: 0...60, using: &random),
        identifier: CANIdentifier(truncating: 0x8C00_0000 | kind | nodes),
        payload: CANPayload(bytes) ?? CANPayload())
      #expect(reassembler.append(frame)?.bytes.count ?? 9 >= 9, "seed \(seed)")
      _ = isotp.append(frame)
    }
    reassembler.finish()
    isotp.finish()
  }
}
