import CANCore
import CANLog
import Testing

@Suite struct TRCLogTests {
  private static let frames = [
    CANFrame(identifier: extended(0x100), flags: .transmitted, payload: [0, 1, 2]),
    CANFrame(identifier: standard(0x704), flags: .remote, dataLengthCode: 1),
  ]

  private func expect(
    _ log: ReadLog, _ expected: [CANFrame], start: Int64, steps: [Int64], channel: String = "can0"
  ) {
    #expect(log.findings == [])
    #expect(log.format == .trc)
    #expect(log.channels == [channel])
    #expect(
      log.frames
        == zip(expected, steps).map { frame, step in
          var frame = frame
          frame.time = start + step
          return frame
        })
  }

  // 1639837687.062001: what 44548.6028595139 days since 1899-12-30 are, to the microsecond.
  private let start: Int64 = 1_639_837_687_062_001_000

  @Test func version10HasNoTypesAndNoDate() throws {
    let log = try ReadLog(
      """
      ;##########################################################################
      ;    Start time: 18.12.2021 14:28:07.062
      ;----+-   ---+---  ----+---  +  -+ -- -- ...
           1)     17535  00000100  3  00 01 02
           2)     17540  FFFFFFFF  4  00 00 00 08 -- -- -- -- BUSHEAVY
          12)     48937      0704  1  RTR

      """)
    var received = Self.frames
    received[0].flags = []
    expect(log, received, start: 0, steps: [17_535_000_000, 48_937_000_000])
    #expect(log.timeBase == .relative)
  }

  @Test func version11HasTypes() throws {
    let log = try ReadLog(
      """
      ;$FILEVERSION=1.1
      ;$STARTTIME=44548.6028595139
      ;---+--   ----+----  --+--  ----+---  +  -+ -- -- -- -- -- -- --
           1)     17535.4  Tx     00000100  3  00 01 02 
           2)     17540.3  Warng  FFFFFFFF  4  00 00 00 08  BUSHEAVY 
          12)     48937.6  Rx         0704  1  RTR
          13)     48938.6  Error      0008  4  00 19 08 08

      """)
    let error = CANFrame(identifier: extended(0), flags: .error)
    expect(
      log, Self.frames + [error], start: start,
      steps: [17_535_400_000, 48_937_600_000, 48_938_600_000])
    #expect(log.timeBase == .absolute)
  }

  @Test func version13HasBusses() throws {
    let log = try ReadLog(
      """
      ;$FILEVERSION=1.3
      ;$STARTTIME=44548.6028595139
           1)     17535.400 2  Tx     00000100 - 3    00 01 02
           2)     48937.600 2  Rx         0704 - 1    RTR

      """)
    expect(
      log, Self.frames, start: start, steps: [17_535_400_000, 48_937_600_000], channel: "can1")
  }

  @Test func version20HasLengths() throws {
    let log = try ReadLog(
      """
      ;$FILEVERSION=2.0
      ;$STARTTIME=44548.6028595139
      ;$COLUMNS=N,O,T,I,d,l,D
            1     17535.400 DT 00000100 Tx 3  00 01 02
            2     17540.300 ST          Rx    00 00 00 08
           12     48937.600 RR     0704 Rx 1
           13     48938.000 FB     0123 Rx 12 00 01 02 03 04 05 06 07 08 09 0A 0B
           14     48939.000 ER          Rx    00 01

      """)
    let fd = CANFrame(
      identifier: standard(0x123), flags: [.fd, .bitRateSwitch],
      payload: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    let error = CANFrame(identifier: extended(0), flags: .error)
    expect(
      log, Self.frames + [fd, error], start: start,
      steps: [17_535_400_000, 48_937_600_000, 48_938_000_000, 48_939_000_000])
  }

  @Test func version21HasBussesAndCodes() throws {
    let log = try ReadLog(
      """
      ;$FILEVERSION=2.1
      ;$STARTTIME=44548.6028595139
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1     17535.400 DT 1  00000100 Tx -  3    00 01 02
           12     48937.600 RR 1      0704 Rx -  1
           13     48938.000 BI 1      0123 Rx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B
           14     48939.000 ER 1           Rx -  2    00 01
           15     48940.000 EC 1           Rx -  2    00 01

      """)
    let fd = CANFrame(
      identifier: standard(0x123), flags: [.fd, .bitRateSwitch, .errorStateIndicator],
      payload: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    let error = CANFrame(identifier: extended(0), flags: .error)
    expect(
      log, Self.frames + [fd, error], start: start,
      steps: [17_535_400_000, 48_937_600_000, 48_938_000_000, 48_939_000_000])
  }

  @Test func damagedLinesAreSkippedAndSaidWhere() throws {
    let log = try ReadLog(
      """
      ;$FILEVERSION=2.1
      ;$STARTTIME=x
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1     17535.4x0 DT 1  00000100 Tx -  1    00
            2     17535.400 QT 1  00000100 Tx -  1    00
            3     17535.400 DT x  00000100 Tx -  1    00
            4     17535.400 DT 1  20000100 Tx -  1    00
            5     17535.400 DT 1  00000100 Zx -  1    00
            6     17535.400 DT 1  00000100 Tx -  16   00
            7     17535.400 DT 1  00000100 Tx -  3    00 01
            8     17535.400 DT 1  00000100 Tx -  1    00
      rubbish

      """)
    #expect(log.frames.count == 1)
    #expect(log.findings.map(\.line) == [2, 4, 5, 6, 7, 8, 9, 10, 12])
  }

  @Test(
    "a cut-off end loses nothing before it and invents nothing",
    arguments: [
      """
      ;$FILEVERSION=1.1
      ;$STARTTIME=44548.6028595139
           1)     17535.4  Tx     00000100  3  00 01 02
           2)     48938.6  Error      0008  4  00 19 08 08
           3)     48937.6  Rx         0704  8  RTR

      """,
      """
      ;$FILEVERSION=2.1
      ;$STARTTIME=44548.6028595139
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1     17535.400 DT 12 00000100 Tx -  3    00 01 02
            2     48938.000 BI 1      0123 Rx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B
            3     48939.000 ER 12          Tx -  2    00 01
            4     48937.600 RR 1      0704 Rx -  15

      """,
    ])
  func cutOff(text: String) throws {
    let whole = Array(text.utf8)
    let lines = text.split(separator: "\n")
    let head = lines.prefix { $0.hasPrefix(";") }.map { $0.utf8.count + 1 }.reduce(0, +)
    let expected = try ReadLog(text)
    try #require(expected.frames.count == lines.count { !$0.hasPrefix(";") })
    for length in head..<whole.count {
      let log = try ReadLog(CANLogReader(bytes: Array(whole.prefix(length))))
      let ended = whole[head..<length].count { $0 == UInt8(ascii: "\n") }
      #expect(log.frames.count >= ended, "cut at byte \(length)")
      for (frame, wanted) in zip(log.frames, expected.frames) {
        #expect(frame == wanted, "cut at byte \(length)")
        #expect(
          log.channels[Int(frame.channel)] == expected.channels[Int(wanted.channel)],
          "cut at byte \(length)")
      }
    }
  }
}
