import CANCore
import CANLog
import Testing

@Suite struct CandumpLogTests {
  @Test func readsEveryKindOfFrame() throws {
    let log = try ReadLog(
      """
      (1700640464.000001) can0 123#DEADBEEF
      (1700640464.000002) can0 18FEF100#0102030405060708
      (1700640464.000003) vcan12 7FF#
      (1700640465.123456) can0 123#R
      (1700640465.123457) can0 123#R5
      (1700640465.123458) can0 123##3aabbcc
      (1700640465.123459) can0 20000088#0000000000000000
      (1700640465.123460) can0 123#11.22.33
      (1700640465.123461) can0 123#1122334455667788_E
      (1700640465.123462) can0 123#R8_B
      (1700640465.123463) can0 123##011.22 T
      (1700640465.123464)   can0 124#00 T
      (1700640465.123465) can0 124#01 R
      (1700640465.123466789) can0 124#02

      """)
    #expect(log.findings == [])
    #expect(log.format == .candump)
    #expect(log.timeBase == .absolute)
    #expect(log.channels == ["can0", "vcan12"])
    let second: Int64 = 1_700_640_464_000_000_000
    let next = second + 1_000_000_000
    let expected = [
      CANFrame(
        time: second + 1000, identifier: standard(0x123), payload: [0xDE, 0xAD, 0xBE, 0xEF]),
      CANFrame(
        time: second + 2000, identifier: extended(0x18FE_F100), payload: [1, 2, 3, 4, 5, 6, 7, 8]),
      CANFrame(time: second + 3000, identifier: standard(0x7FF), channel: 1),
      CANFrame(time: next + 123_456_000, identifier: standard(0x123), flags: .remote),
      CANFrame(
        time: next + 123_457_000, identifier: standard(0x123), flags: .remote, dataLengthCode: 5),
      CANFrame(
        time: next + 123_458_000, identifier: standard(0x123),
        flags: [.fd, .bitRateSwitch, .errorStateIndicator], payload: [0xAA, 0xBB, 0xCC]),
      CANFrame(
        time: next + 123_459_000, identifier: extended(0x88), flags: .error,
        payload: [0, 0, 0, 0, 0, 0, 0, 0]),
      CANFrame(
        time: next + 123_460_000, identifier: standard(0x123), payload: [0x11, 0x22, 0x33]),
      CANFrame(
        time: next + 123_461_000, identifier: standard(0x123),
        payload: [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], dataLengthCode: 14),
      CANFrame(
        time: next + 123_462_000, identifier: standard(0x123), flags: .remote, dataLengthCode: 11),
      CANFrame(
        time: next + 123_463_000, identifier: standard(0x123), flags: [.fd, .transmitted],
        payload: [0x11, 0x22]),
      CANFrame(
        time: next + 123_464_000, identifier: standard(0x124), flags: .transmitted, payload: [0]),
      CANFrame(time: next + 123_465_000, identifier: standard(0x124), payload: [1]),
      CANFrame(time: next + 123_466_789, identifier: standard(0x124), payload: [2]),
    ]
    #expect(log.frames == expected)
  }

  /// The same line read with eight characters at a time (channel known, blanks as usual) and read
  /// carefully (two blanks) must give the same frame.
  @Test(arguments: 0...64)
  func fastAndCarefulReadingAgree(count: Int) throws {
    let data = (0..<count).map { byte in
      let text = String(UInt8(truncatingIfNeeded: byte &* 37 &+ 11), radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
    let bodies = count <= 8 ? ["123#\(data)", "1ABCDEF0#\(data.uppercased())"] : []
    for body in bodies + ["123##1\(data)", "00000001##2\(data)"] {
      for end in ["", " T", " R"] {
        let log = try ReadLog(
          """
          (1700640464.999999) can0 7FF#
          (1700640464.999999) can0 \(body)\(end)
          (1700640464.999999)  can0 \(body)\(end)
          (1700640464.999999) can0 \(body)\(end)\r

          """)
        #expect(log.findings == [])
        try #require(log.frames.count == 4)
        #expect(log.frames[1].payload.count == count)
        #expect(log.frames[1] == log.frames[2])
        #expect(log.frames[1] == log.frames[3])
      }
    }
  }

  @Test func damagedLinesAreSkippedAndSaidWhere() throws {
    let log = try ReadLog(
      """
      (1700640464.000001) can0 123#DEADBEEF
      (1700640464.000002) can0 123#DEADBEE
      (1700640464.000003) can0 923#00
      (1700640464.000004) can0 123#112233445566778899
      (1700640464.000005) can0
      (1700640464.00000x) can0 123#00
      (9999999999.000006) can0 123#00
      (1700640464.000007) can0 1234#00
      (1700640464.000008) can0 FFFFFFFF#00
      rubbish
      DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 7)
      (1700640464.000009) can0 45123#81:00:12345678#11223344
      (1700640464.000010) can0 123#00 X
      (1700640464.000011) can0 123#R9
      (1700640464.000012) can0 123#11

      """)
    #expect(log.frames.map(\.payload) == [[0xDE, 0xAD, 0xBE, 0xEF], [0x11]])
    #expect(log.findings.map(\.line) == Array(2...14))
    #expect(log.findings.map(\.code).filter { $0 != .damaged } == [.framesDropped, .unsupported])
    #expect(log.findings[0].description == "line 2, column 36: half a data byte")
    #expect(log.findings[9].reason.contains("dropped 7 CAN frames"))
  }

  @Test func aCutOffEndLosesNothingBeforeItAndInventsNothing() throws {
    let whole = "(1700640464.000001) can0 123#11223344\n(1700640464.000002) can0 124#55667788\n"
    for length in 0...whole.utf8.count {
      let log = try? ReadLog(CANLogReader(bytes: Array(whole.utf8.prefix(length))))
      let complete = whole.prefix(length).filter { $0 == "\n" }.count
      #expect(log?.frames.count ?? 0 == complete, "cut at byte \(length)")
      let isCut = length > 0 && whole.utf8.prefix(length).last != ASCIINewline
      if let log, complete > 0 {
        #expect(log.findings.map(\.code) == (isCut ? [.truncated] : []), "cut at byte \(length)")
      }
    }
    // Where the text itself shows that it is whole, the missing line end does not matter.
    let shown = "(1700640464.000001) can0 123#11 R"
    #expect(try ReadLog(shown).frames.count == 1)
  }

  @Test func anEndlessLineNeedsNoMemoryAndHurtsNoOther() throws {
    let frame = "(1700640464.000001) can0 123#11\n"
    let log = try ReadLog(
      frame + String(repeating: "x", count: 3_000_000) + "\n" + frame + "nonsense\n")
    #expect(log.frames.count == 2)
    #expect(log.findings.map(\.code) == [.tooLong, .damaged])
    #expect(log.findings.map(\.line) == [2, 4])
  }

  @Test func rubbishIsCountedButNotKept() throws {
    let frame = "(1700640464.000001) can0 123#11\n"
    let log = try ReadLog(frame + String(repeating: "?\n", count: 5000))
    #expect(log.findingCount == 5000)
    #expect(log.findings.count == CANLogFindings.keptLimit)
  }

  @Test func moreChannelsThanAnyRecorderHasAreDamage() throws {
    let text = (0..<5000).map { "(1700640464.000001) c\($0) 123#11\n" }.joined()
    let log = try ReadLog(text)
    #expect(log.channels.count == 4096)
    #expect(log.frames.count == 4096)
    #expect(log.findingCount == 904)
  }

  @Test func otherFilesAreRefusedAndEmptyOnesAreNot() throws {
    #expect(throws: CANLogError.self) { try ReadLog("VERSION \"\"\n\nBU_: A B\n") }
    let error = #expect(throws: CANLogError.self) {
      try ReadLog(CANLogReader(bytes: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 10]))
    }
    #expect(error?.code == .unknownFormat)
    #expect(try ReadLog("").frames == [])
    #expect(try ReadLog("\n \r\n").frames == [])
    let missing = #expect(throws: CANLogError.self) {
      _ = try CANLogReader(contentsOf: "/nonexistent/drive.log")
    }
    #expect(missing?.code == .cannotOpen)
    #expect(
      missing?.description
        == "/nonexistent/drive.log: can't open the log: No such file or directory")
  }

  /// A flipped bit in a name would make a bus that is not there.
  @Test func aDamagedNameIsNoChannel() throws {
    var bytes: [UInt8] = []
    for name: [UInt8] in [
      Array("can0".utf8), [0x63, 0xE1, 0x6E, 0x30], [0x63, 1, 0x6E, 0x30], [0x63, 0x7F],
      Array("büs".utf8), [UInt8](repeating: 0x61, count: 65), [UInt8](repeating: 0x61, count: 64),
    ] {
      bytes += Array("(1.000000) ".utf8) + name + Array(" 123#11\n".utf8)
    }
    let log = try ReadLog(CANLogReader(bytes: bytes))
    #expect(log.channels == ["can0", "büs", String(repeating: "a", count: 64)])
    #expect(log.findings.map(\.line) == [2, 3, 4, 6])
  }
}

private let ASCIINewline = UInt8(ascii: "\n")
