import CANCore
import CANLog
import Foundation
import TestSupport
import Testing

/// The frames that python-can found in the corpus, each of them.
@Suite(.enabled(if: Corpus.root != nil, "needs the corpus (IIOT_CORPUS)"))
struct LogOracleTests {
  /// `[time_s, channel, id, ext, remote, error, fd, brs, esi, rx, dlc, hex]`
  static func expectedFrames(of file: String) throws -> [[Any]] {
    let path = try #require(Corpus.root) + "/oracle/logs.jsonl.gz"
    let data = Data(try Tool("/usr/bin/env", ["gzip", "-dc", path]).output.utf8)
    var frames: [[Any]] = []
    var isWanted = false
    for line in data.split(separator: UInt8(ascii: "\n")) {
      let object = try JSONSerialization.jsonObject(with: Data(line))
      if let meta = object as? [String: Any] {
        isWanted = meta["file"] as? String == file
      } else if isWanted, let frame = object as? [Any] {
        frames.append(frame)
      }
    }
    return frames
  }

  @Test(arguments: [
    "synth/log-a1.log", "synth/log-a1.asc", "synth/log-a1.blf", "synth/log-a1.trc",
    "python-can/issue_1256.asc", "python-can/logfile.asc", "python-can/single_frame.asc",
    "python-can/test_CanErrorFrames.asc", "python-can/test_CanFdMessage.asc",
    "python-can/test_CanFdMessage.blf", "python-can/test_CanMessage.asc",
    "python-can/test_CanMessage.blf", "python-can/test_CanMessage.trc",
    "python-can/test_CanMessage_V1_0_BUS1.trc", "python-can/test_CanMessage_V1_1.trc",
    "python-can/test_CanMessage_V2_0_BUS1.trc", "python-can/test_CanRemoteMessage.asc",
  ])
  func everyFrameIsAsTheOracleSays(file: String) throws {
    let log = try read(file)
    let expected = try Self.expectedFrames(of: file)
    #expect(log.findings == [])
    try #require(log.frames.count == expected.count)
    for (index, (frame, oracle)) in zip(log.frames, expected).enumerated() {
      #expect(
        describe(frame, log.channels) == describe(oracle, file: file), "\(file), frame \(index)")
      // The oracle reckons in binary fractions of seconds and has microseconds.
      let time = (oracle[0] as? Double) ?? -1
      #expect(abs(Double(frame.time) / 1e9 - time) < 1.5e-6, "\(file), frame \(index)")
    }
  }

  /// The makers of two files filled all fields with patterns. By the letter both hold nothing but requests to send, which python-can takes
  /// for received frames: as such they are read here.
  private func read(_ file: String) throws -> ReadLog {
    let root = try #require(Corpus.root)
    let path = "\(root)/can-logs/\(file)"
    let patterns = ["python-can/test_CanFdMessage.blf", "python-can/test_CanMessage.blf"]
    guard patterns.contains(file) else { return try ReadLog(CANLogReader(contentsOf: path)) }
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let requests = try ReadLog(CANLogReader(bytes: bytes))
    #expect(requests.frames == [] && requests.findings == [])
    let signature = Array("LOBJ".utf8)
    for place in bytes.indices.dropLast(34)
    where Array(bytes[place..<(place + 4)]) == signature && [1, 100].contains(bytes[place + 12]) {
      bytes[place + 34] &= 0xF0
    }
    return try ReadLog(CANLogReader(bytes: bytes))
  }

  private func describe(_ frame: CANFrame, _ channels: [String]) -> String {
    let channel = Int(frame.channel) < channels.count ? channels[Int(frame.channel)] : "?"
    let length = frame.flags.contains(.fd) ? frame.payload.count : Int(frame.dataLengthCode)
    let flags = frame.flags
    return "\(channel) \(frame.identifier.value) \(frame.identifier.isExtended)"
      + " \(flags.contains(.remote)) \(flags.contains(.error)) \(flags.contains(.fd))"
      + " \(flags.contains(.bitRateSwitch)) \(flags.contains(.errorStateIndicator))"
      + " \(!flags.contains(.transmitted)) \(length) \(frame.payload)"
  }

  /// What the oracle says, in our words where they differ on purpose:
  /// - python-can numbers the channels of ASC and BLF from 0 and those of TRC from 1: `can0` is the first.
  /// - It takes CAN FD frames without data in ASC logs for remote frames, which CAN FD does not have; with a length
  ///   they are classic remote frames.
  /// - It keeps length codes above 15 and unmarked identifiers above 7FF, which no bus has.
  private func describe(_ oracle: [Any], file: String) -> String {
    func flag(_ index: Int) -> Bool { (oracle[index] as? Int) == 1 }
    func number(_ index: Int) -> Int { (oracle[index] as? Int) ?? -1 }
    var channel = "\(oracle[1])"
    if let place = Int(channel) { channel = "can\(file.hasSuffix(".trc") ? place - 1 : place)" }
    let isExtended = flag(3) || number(2) > 0x7FF
    let isRemote = flag(4) && !(flag(6) && number(10) == 0)
    let isFD = flag(6) && !isRemote && !flag(5) || flag(6) && flag(5)
    let length = isFD ? number(10) : min(number(10), 15)
    return "\(channel) \(number(2)) \(isExtended) \(isRemote) \(flag(5)) \(isFD)"
      + " \(flag(7)) \(flag(8)) \(flag(9)) \(length) \(oracle[11])"
  }
}
