import DBC
import Testing

@Suite struct SupervisionTests {
  static let text = """
    VERSION ""
    BU_: A
    BO_ 291 Guarded: 8 A
     SG_ Speed : 0|16@1+ (1,0) [0|0] "" A
     SG_ Counter : 52|4@1+ (1,0) [0|15] "" A
     SG_ Check : 56|8@1+ (1,0) [0|255] "" A
    BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
    BA_ "GenMsgCycleTime" BO_ 291 20;
    """

  let message: Message
  let encoder: FrameEncoder

  init() throws {
    let database = try Database(parsing: Self.text)
    message = try #require(database.message(named: "Guarded"))
    encoder = database.encoder()
  }

  func frame(_ time: Int64 = 0) throws -> CANFrame {
    var frame = try encoder.encode("Guarded", ["Speed": 0x1234])
    frame.time = time
    return frame
  }

  @Test func whatIsProtectedPasses() throws {
    let schemes: [any ChecksumScheme] = [
      XORChecksum(), SumChecksum(), CRC8Checksum.saeJ1850, CRC8Checksum.autosar8H2F,
      SumChecksum(includesLength: true, includesIdentifier: true),
      SumChecksum(includesIdentifier: true, addsNibbles: true, complement: 8),
    ]
    for scheme in schemes {
      var sender = try FrameProtection(message, counter: "Counter", checksum: ("Check", scheme))
      var receiver = sender
      for round in 0..<40 {
        var frame = try frame(Int64(round) * 20_000_000)
        sender.protect(&frame)
        #expect(receiver.check(frame) == [])
        // Any one bit that flips is noticed.
        for bit in [0, 9, 17, 52, 60] {
          var bytes = Array(frame.payload)
          bytes[bit / 8] ^= 1 << UInt8(bit % 8)
          var damaged = frame
          damaged.payload = CANPayload(bytes) ?? []
          var probe = receiver
          #expect(!probe.check(damaged).isEmpty)
        }
      }
    }
  }

  /// The check values that the catalogue of parametrised CRC algorithms gives for "123456789".
  @Test func cyclicChecksHaveTheirCheckValues() throws {
    let field = try #require(message.signal(named: "Speed"))
    let payload = try #require(CANPayload(Array("123456789".utf8)))
    let identifier = try #require(message.identifier)
    #expect(CRC8Checksum.saeJ1850.checksum(payload, identifier, field: field) == 0x4B)
    #expect(CRC8Checksum.autosar8H2F.checksum(payload, identifier, field: field) == 0xDF)
  }

  @Test func countersThatHangOrJumpAreNoticed() throws {
    var sender = try FrameProtection(message, counter: "Counter")
    var receiver = sender
    var first = try frame(0)
    sender.protect(&first)
    #expect(receiver.check(first) == [])
    #expect(receiver.check(first) == [.counterStuck(0)])
    for _ in 0..<3 {
      first = try frame(0)
      sender.protect(&first)
    }
    #expect(receiver.check(first) == [.counterJumped(from: 0, to: 3, lost: 2)])
    #expect(receiver.check(CANFrame(identifier: first.identifier, payload: [1])) == [.short])
  }

  @Test func silenceIsNoticed() throws {
    var receiver = try FrameProtection(message)
    #expect(receiver.timeout == 60_000_000)
    #expect(!receiver.isOverdue(at: 1_000_000_000))
    #expect(receiver.check(try frame(1_000_000_000)) == [])
    #expect(!receiver.isOverdue(at: 1_060_000_000))
    #expect(receiver.isOverdue(at: 1_060_000_001))
    #expect(receiver.check(try frame(1_100_000_000)) == [.timeout(100_000_000)])
  }

  @Test func unknownSignalsAreErrors() {
    let error = #expect(throws: DBCError.self) {
      try FrameProtection(message, counter: "Count")
    }
    #expect(error?.code == .unknownSignal)
  }

  @Test func countersAreFilledWhenAsked() throws {
    let database = try Database(
      parsing: """
        BO_ 5 Drive: 2 A
         SG_ Count : 0|4@1+ (1,0) [0|14] "" A
         SG_ Speed : 8|8@1+ (1,0) [0|0] "" A

        """)
    let message = try #require(database.message(named: "Drive"))
    var protection = try FrameProtection(message, counter: "Count")
    var reader = protection
    let encoder = database.encoder()
    for number in 0..<40 {
      let frame = try encoder.encode(["Speed": 7], protectedBy: &protection)
      // AUTOSAR: 15 is no count.
      #expect(frame.payload == [UInt8(number % 15), 7] as CANPayload)
      #expect(reader.check(frame) == [])
    }
    let jump = CANFrame(identifier: CANIdentifier(truncating: 5), payload: [2, 7])
    #expect(reader.check(jump) == [.counterJumped(from: 9, to: 2, lost: 7)])
    // However often what is no count comes; the one behind it is taken as the next.
    let checks: [(count: UInt8, violations: [FrameProtection.Violation])] = [
      (15, [.counterStuck(15)]), (15, [.counterStuck(15)]), (7, []), (8, []),
    ]
    for (count, violations) in checks {
      let frame = CANFrame(identifier: CANIdentifier(truncating: 5), payload: [count, 7])
      #expect(reader.check(frame) == violations)
    }
  }
}
