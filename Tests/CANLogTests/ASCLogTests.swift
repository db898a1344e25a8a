import CANCore
import CANLog
import Testing

@Suite struct ASCLogTests {
  @Test func readsEveryKindOfLine() throws {
    let log = try ReadLog(
      """
      date Sam Sep 30 10:06:13.191 PM 2017
      base hex  timestamps absolute
      internal events logged
      // version 9.0.0
      Begin Triggerblock Sam Sep 30 10:06:13.191 PM 2017
         0.000000 Start of measurement
         0.015991 CAN 1 Status:chip status error passive - TxErr: 132 RxErr: 0
         1.015991 1  Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%
         2.501000 1 ErrorFrame Flags = 0xe CodeExt = 0x20a2
         2.510001 2 100 Tx r
         2.584921 4 300 Rx r 8 Length = 1704000 BitCount = 145
         3.098426 1  18EBFF00x       Rx   d 8 01 A0 0F A6 60 3B D1 40  Length = 273910
         3.297743 1  J1939TP FEE3p   6    0  0   -   Rx   d 23 A0 0F A6
         3.3      1  7FF             TxRq d 1 01
        30.005021 CANFD   1 Rx        300                                   1 0 8  8 11 c2 03 04 05 06 07 08   102203  133   303000 e0006659 46500250 4b140250
        30.005041 CANFD   2 Tx 1C4D80A7x  Name_12  0 1 9 12 01 02 03 04 05 06 07 08 09 0a 0b 0c   102203  133   305000 0
        30.005042 CANFD   2 Rx 55  0 0 2  2 01 02   102203  133   200040 0
        30.005042 CANFD   2 Rx 55  0 0 2  0   102203  133   200050 0
        30.005042 CANFD   2 Rx 55  0 0 9  12 00 00 00 00 00 00 00 00 00 00 00 01   1331984 11 0 46500250
        30.005043 CANFD   2 Rx 55  0 0 0  0   102203  133   1000 0
        30.005044 CANFD   5 Tx ErrorFrame Not Acknowledge error
      End TriggerBlock

      """)
    #expect(log.findings == [])
    #expect(log.format == .asc)
    #expect(log.timeBase == .absolute)
    #expect(log.channels == ["can0", "can1", "can3", "can4"])
    // 2017-09-30T22:06:13.191Z
    let start: Int64 = 1_506_809_173_191_000_000
    let expected = [
      CANFrame(time: start + 2_501_000_000, identifier: extended(0), flags: .error),
      CANFrame(
        time: start + 2_510_001_000, identifier: standard(0x100), channel: 1,
        flags: [.remote, .transmitted]),
      CANFrame(
        time: start + 2_584_921_000, identifier: standard(0x300), channel: 2, flags: .remote,
        dataLengthCode: 8),
      CANFrame(
        time: start + 3_098_426_000, identifier: extended(0x18EB_FF00),
        payload: [0x01, 0xA0, 0x0F, 0xA6, 0x60, 0x3B, 0xD1, 0x40]),
      CANFrame(
        time: start + 30_005_021_000, identifier: standard(0x300), flags: [.fd, .bitRateSwitch],
        payload: [0x11, 0xC2, 3, 4, 5, 6, 7, 8]),
      CANFrame(
        time: start + 30_005_041_000, identifier: extended(0x1C4D_80A7), channel: 1,
        flags: [.fd, .errorStateIndicator, .transmitted],
        payload: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      CANFrame(
        time: start + 30_005_042_000, identifier: standard(0x55), channel: 1, payload: [1, 2]),
      CANFrame(
        time: start + 30_005_042_000, identifier: standard(0x55), channel: 1, flags: .remote,
        dataLengthCode: 2),
      CANFrame(
        time: start + 30_005_042_000, identifier: standard(0x55), channel: 1, flags: .fd,
        payload: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      CANFrame(
        time: start + 30_005_043_000, identifier: standard(0x55), channel: 1, flags: .fd),
      CANFrame(
        time: start + 30_005_044_000, identifier: extended(0), channel: 3,
        flags: [.error, .fd, .transmitted]),
    ]
    #expect(log.frames == expected)
  }

  @Test func decimalBaseAndTimesFromLineToLine() throws {
    let log = try ReadLog(
      """
      date Mit Mär 1 00:00:00.000 2023
      base dec  timestamps relative
         1.000000 1  100             Rx   d 3 10 200 255
         0.500000 1  Statistic: D 0
         0.250000 1  418119424x      Tx   d 0

      """)
    #expect(log.findings == [])
    // 2023-03-01
    let start: Int64 = 1_677_628_800_000_000_000
    let expected = [
      CANFrame(
        time: start + 1_000_000_000, identifier: standard(100), payload: [10, 200, 255]),
      CANFrame(
        time: start + 1_750_000_000, identifier: extended(418_119_424), flags: .transmitted),
    ]
    #expect(log.frames == expected)
  }

  @Test(arguments: [
    ("Tue May 27 04:09:35.000 pm 2014", 1_401_206_975_000_000_000),
    ("Sam Sep 30 15:06:13.191 2017", 1_506_783_973_191_000_000),
    ("Mon Okt 2 12:00:00.000 am 2023", 1_696_204_800_000_000_000),
    ("mar. févr. 28 01:02:03 2023", 1_677_546_123_000_000_000),
    ("mar. août 1 01:02:03 2023", 1_690_851_723_000_000_000),
    ("lun. juin 5 01:02:03.5 2023", 1_685_926_923_500_000_000),
    ("mer. juil. 5 01:02:03.5 2023", 1_688_518_923_500_000_000),
    ("30.09.2017 15:06:13.191", 1_506_783_973_191_000_000),
  ])
  func datesInTheLanguageOfTheRecorder(date: String, time: Int64) throws {
    let log = try ReadLog("date \(date)\nbase hex timestamps absolute\n 0.0 1 1 Rx d 0\n")
    #expect(log.findings == [])
    #expect(log.frames.first?.time == time)
  }

  @Test func damagedLinesAreSkippedAndSaidWhere() throws {
    let log = try ReadLog(
      """
      date Nonsense
      base hex  timestamps absolute
         0.01x968 1  64              Rx   d 1 64
         0.019968 1  6G              Rx   d 1 64
         0.019968 1  864             Rx   d 1 64
         0.019968 1  20000000x       Rx   d 1 64
         0.019968 1  64              Ry   d 1 64
         0.019968 1  64              Rx   q 1 64
         0.019968 1  64              Rx   d 4 64 00
         0.019968 1  64              Rx   d 4 64 00 0x 11
         0.019968 x1  64             Rx   d 1 64
         0.019968 CANFD   1 Rx        300    1 0 8  65 11
         0.019968 CANFD   1 Rx        300    1 2 8  1 11
         0.019968 CANXL   1 Rx        300
      rubbish
      9999999999.0 1  64              Rx   d 1 64
         0.019968 1  64              Rx   d 1 64

      """)
    #expect(log.frames.count == 1)
    #expect(log.frames.first?.payload == [0x64])
    #expect(log.findings.map(\.line) == [1] + Array(3...16))
    #expect(log.findings.map(\.code).filter { $0 != .damaged } == [.unsupported])
    #expect(log.findings[1].description == "line 3, column 8: the time is no number of seconds")
  }

  @Test func aCutOffEndLosesNothingBeforeItAndInventsNothing() throws {
    let head = "base hex  timestamps absolute\n"
    let lines = [
      "   0.1 1  64              Rx   d 4 64 11 22 33  Length = 0\n",
      "   0.2 CANFD   1 Rx  300  1 0 8  8 11 c2 03 04 05 06 07 08   102203  133   303000 e0\n",
      "   0.3 1  64              Rx   r 8\n",
    ]
    let whole = Array((head + lines.joined()).utf8)
    let expected = try ReadLog(CANLogReader(bytes: whole)).frames
    try #require(expected.count == 3)
    for length in head.utf8.count..<whole.count {
      let log = try ReadLog(CANLogReader(bytes: Array(whole.prefix(length))))
      let ended = whole.prefix(length).filter { $0 == UInt8(ascii: "\n") }.count - 1
      #expect(log.frames.count >= ended, "cut at byte \(length)")
      #expect(log.frames == Array(expected.prefix(log.frames.count)), "cut at byte \(length)")
    }
  }
}
