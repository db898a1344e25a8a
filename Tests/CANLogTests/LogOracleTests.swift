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

  @Test(arguments: ["synth/log-a1.log"])
  func everyFrameIsAsTheOracleSays(file: String) throws {
    let root = try #require(Corpus.root)
    let log = try ReadLog(CANLogReader(contentsOf: "\(root)/can-logs/\(file)"))
    let expected = try Self.expectedFrames(of: file)
    #expect(log.findings == [])
    try #require(log.frames.count == expected.count)
    for (index, (frame, oracle)) in zip(log.frames, expected).enumerated() {
      #expect(describe(frame, log.channels) == describe(oracle), "frame \(index)")
    }
  }

  private func describe(_ frame: CANFrame, _ channels: [String]) -> String {
    // Microseconds are what the oracle has.
    let time = String(format: "%.6f", Double(frame.time) / 1e9)
    let channel = Int(frame.channel) < channels.count ? channels[Int(frame.channel)] : "?"
    let length = frame.flags.contains(.fd) ? frame.payload.count : Int(frame.dataLengthCode)
    let flags = frame.flags
    return "\(time) \(channel) \(frame.identifier.value) \(frame.identifier.isExtended)"
      + " \(flags.contains(.remote)) \(flags.contains(.error)) \(flags.contains(.fd))"
      + " \(flags.contains(.bitRateSwitch)) \(flags.contains(.errorStateIndicator))"
      + " \(!flags.contains(.transmitted)) \(length) \(frame.payload)"
  }

  private func describe(_ oracle: [Any]) -> String {
    func flag(_ index: Int) -> Bool { (oracle[index] as? Int) == 1 }
    let time = String(format: "%.6f", (oracle[0] as? Double) ?? -1)
    return "\(time) \(oracle[1]) \(oracle[2]) \(flag(3)) \(flag(4)) \(flag(5)) \(flag(6))"
      + " \(flag(7)) \(flag(8)) \(flag(9)) \(oracle[10]) \(oracle[11])"
  }
}
