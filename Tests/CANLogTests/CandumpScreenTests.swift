import CANCore
import CANLog
import Foundation
import Testing

@Suite struct CandumpScreenTests {
  @Test func readsEveryLayoutOfTheScreen() throws {
    let log = try ReadLog(
      """
       (1700000000.013700)  vcan0  14888FBD   [6]  70 9E BE 04 72 30
       (1700000000.027400)  vcan0       4A5   [4]  BD 17 E3 28               '..(.'
       (1700000000.027401)  vcan0  4A5   [0]  remote request
       (1700000000.027402)  vcan0  RX B E       4A5  [08]  01 02 03 04 05 06 07 08
       (1700000000.027403)  vcan0  TX - -  1ABCDEF0   [2]  01 02
       (1700000000.027404)  can1  20000088   [8]  00 00 00 00 00 00 00 00   ERRORFRAME
      \tbus-error
       (1700000000.027405)  can1  4A5   {B}  01 02 03 04 05 06 07 08
       (1700000000.027406)  can1  4A5   [2]  00000001 10000000
       (1700000000.027407)  can1  4A5   [3]  03`02`01                  `...`
       \u{1B}[31m(1700000000.027408)  \u{1B}[0mcan1  4A5   [1]  07\u{1B}[0m
       (1700000000.027409)  can1  RX - -  E12   [1]  07
      """)
    #expect(log.findings.map(\.line) == [12], "E12 is no standard identifier")
    #expect(log.format == .candumpScreen)
    #expect(log.timeBase == .absolute)
    let second: Int64 = 1_700_000_000_000_000_000
    let expected = [
      CANFrame(
        time: second + 13_700_000, identifier: extended(0x1488_8FBD),
        payload: [0x70, 0x9E, 0xBE, 0x04, 0x72, 0x30]),
      CANFrame(
        time: second + 27_400_000, identifier: standard(0x4A5), payload: [0xBD, 0x17, 0xE3, 0x28]),
      CANFrame(time: second + 27_401_000, identifier: standard(0x4A5), flags: .remote),
      CANFrame(
        time: second + 27_402_000, identifier: standard(0x4A5),
        flags: [.fd, .bitRateSwitch, .errorStateIndicator], payload: [1, 2, 3, 4, 5, 6, 7, 8]),
      CANFrame(
        time: second + 27_403_000, identifier: extended(0x1ABC_DEF0), flags: .transmitted,
        payload: [1, 2]),
      CANFrame(
        time: second + 27_404_000, identifier: extended(0x88), channel: 1, flags: .error,
        payload: [0, 0, 0, 0, 0, 0, 0, 0]),
      CANFrame(
        time: second + 27_405_000, identifier: standard(0x4A5), channel: 1,
        payload: [1, 2, 3, 4, 5, 6, 7, 8], dataLengthCode: 11),
      CANFrame(
        time: second + 27_406_000, identifier: standard(0x4A5), channel: 1, payload: [1, 0x80]),
      CANFrame(
        time: second + 27_407_000, identifier: standard(0x4A5), channel: 1, payload: [1, 2, 3]),
      CANFrame(
        time: second + 27_408_000, identifier: standard(0x4A5), channel: 1, payload: [7]),
    ]
    #expect(log.frames == expected)
  }

  @Test func timesCountFromWhereTheLogSays() throws {
    let zeroBased = " (000.000000)  can0  123   [0]\n (001.500000)  can0  123   [0]\n"
    var log = try ReadLog(zeroBased)
    #expect(log.timeBase == .relative)
    #expect(log.frames.map(\.time) == [0, 1_500_000_000])

    var options = CANLogOptions()
    options.startTime = 1_000_000_000
    #expect(
      try ReadLog(zeroBased, options: options).frames.map(\.time) == [1_000_000_000, 2_500_000_000])

    options.relativeTimesAreDeltas = true
    let deltas = zeroBased + " (001.000001)  can0  123   [0]\n"
    #expect(
      try ReadLog(deltas, options: options).frames.map(\.time)
        == [1_000_000_000, 2_500_000_000, 3_500_001_000])

    // 2024-02-29 12:00:00 UTC is 1709208000.
    let dated = " (2024-02-29 13:00:00.000001)  can0  123   [0]\n"
    options = CANLogOptions()
    options.utcOffset = 3600
    log = try ReadLog(dated, options: options)
    #expect(log.frames.map(\.time) == [1_709_208_000_000_001_000])
    #expect(try ReadLog(dated.replacing("02-29", with: "02-30") + zeroBased).findings.count == 1)

    log = try ReadLog("  can0  123   [0]\n")
    #expect(log.timeBase == .missing)
    #expect(log.frames.map(\.time) == [0])
    options.missingTime = .arrival
    log = try ReadLog("  can0  123   [0]\n", options: options)
    #expect(log.timeBase == .arrival)
    #expect(log.frames.allSatisfy { $0.time > 1_700_000_000_000_000_000 })
  }

  @Test(arguments: [
    "  can0  123   [3]  11 22", "  can0  123   [1]  11 22", "  can0  123   [9]  11",
    "  can0  123   [65]  11", "  can0  123   [2]  11 2", "  can0  123   [2]  112 2",
    "  can0  123   2  11 22", "  can0  1234   [1]  11", "  can0  [1]  11",
    "  can0  123   [100]  11", "  can0  123   [1", "  can0  123   {G} 11", "  can0",
    " (1.5  can0  123   [0]", " (1.5)can0  123   [0]", " ()  can0  123   [0]",
    " (2024-13-01 00:00:00.0)  can0  123   [0]", " (2024-1-01 00:00:00.0)  can0  123   [0]",
  ])
  func aDamagedLineIsAFinding(line: String) throws {
    let good = "  can0  123   [1]  AA\n"
    let log = try ReadLog(good + line + "\n" + good)
    #expect(log.frames.count == 2)
    #expect(log.findings.map(\.line) == [2])
  }

  /// The lines of this recording have no oracle but their own text, taken apart here another way.
  @Test(.enabled(if: Corpus.root != nil, "needs the corpus (IIOT_CORPUS)"))
  func corpusLinesComeBackAsTheirOwnText() throws {
    let path = try #require(Corpus.root) + "/can-logs/synth/console.candump"
    let log = try ReadLog(CANLogReader(contentsOf: path))
    #expect(log.findings == [])
    #expect(log.channels == ["vcan0"])
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    try #require(log.frames.count == lines.count)
    for (frame, line) in zip(log.frames, lines) {
      var words = line.split(separator: " ")
      if words[0].hasPrefix("(") {
        let time = words.removeFirst().dropFirst().dropLast().replacing(".", with: "")
        #expect(Int64(time).map { $0 * 1000 } == frame.time)
      } else {
        #expect(frame.time == 0)
      }
      #expect(words[1] == frame.identifier.description)
      let length = words[2].dropFirst().dropLast()
      #expect(Int(length) == Int(frame.payload.count) || frame.flags.contains(.remote))
      #expect(frame.flags.contains(.fd) == (length.count == 2))
      #expect(frame.flags.contains(.remote) == line.contains("remote request"))
      if !frame.flags.contains(.remote) {
        #expect(words.dropFirst(3).joined().lowercased() == frame.payload.description)
      }
    }
  }
}
