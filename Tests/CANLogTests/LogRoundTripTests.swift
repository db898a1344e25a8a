import CANCore
import CANLog
import Foundation
import TestSupport
import Testing

/// Frames written in a format and read again are the same frames.
@Suite struct LogRoundTripTests {
  static func randomFrames(_ count: Int, seed: UInt64, errors: Bool) -> [CANFrame] {
    var random = SeededGenerator(seed: seed)
    var time: Int64 = 1_700_640_464_123_456_000
    return (0..<count).map { _ in
      time += Int64.random(in: 0...900_000, using: &random) * 1000
      let identifier =
        Bool.random(using: &random)
        ? extended(UInt32.random(in: 0...0x1FFF_FFFF, using: &random))
        : standard(UInt32.random(in: 0...0x7FF, using: &random))
      var flags: CANFlags = Bool.random(using: &random) ? .transmitted : []
      let channel = UInt16.random(in: 0...2, using: &random)
      switch Int.random(in: 0...9, using: &random) {
      case 0:
        return CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags.union(.remote),
          dataLengthCode: UInt8.random(in: 0...8, using: &random))
      case 1 where errors:
        return CANFrame(
          time: time, identifier: extended(0x88), channel: channel, flags: .error,
          payload: [0, 1, 2, 3, 4, 5, 6, 7])
      case 2...5:
        flags.insert(.fd)
        if Bool.random(using: &random) { flags.insert(.bitRateSwitch) }
        if Bool.random(using: &random) { flags.insert(.errorStateIndicator) }
        let code = UInt8.random(in: 0...15, using: &random)
        let bytes = (0..<CANFrame.byteCount(forDataLengthCode: code, isFD: true)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        return CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags,
          payload: CANPayload(bytes) ?? CANPayload())
      default:
        let bytes = (0..<Int.random(in: 0...8, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        return CANFrame(
          time: time, identifier: identifier, channel: channel, flags: flags,
          payload: CANPayload(bytes) ?? CANPayload())
      }
    }
  }

  /// The batches' channels are in another order than their numbers.
  static let names = ["can0", "can1", "can2"]

  static func write(
    _ frames: [CANFrame], _ format: CANLogFormat, options: CANLogWriterOptions = .init()
  ) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/log"
    var writer = try CANLogWriter(path, format: format, options: options)
    for start in stride(from: 0, to: frames.count, by: 700) {
      try writer.append(
        CANFrameBatch(frames[start..<min(start + 700, frames.count)], channels: names))
    }
    try writer.finish()
    #expect(writer.shiftedTimes == 0)
    return Array(try Data(contentsOf: URL(filePath: path)))
  }

  @Test(arguments: [CANLogFormat.candump, .asc, .blf])
  func framesComeBackAsTheyWere(format: CANLogFormat) throws {
    let frames = Self.randomFrames(5000, seed: 7, errors: format != .asc)
    var options = CANLogWriterOptions()
    options.writesDirection = true
    let log = try ReadLog(
      CANLogReader(bytes: try Self.write(frames, format, options: options)))
    #expect(log.findings == [])
    #expect(log.format == format)
    #expect(log.timeBase == .absolute)
    try #require(log.frames.count == frames.count)
    for (read, written) in zip(log.frames, frames) {
      var read = read
      #expect(log.channels[Int(read.channel)] == Self.names[Int(written.channel)])
      read.channel = written.channel
      #expect(read == written)
    }
  }

  @Test func twoNamesNeverShareAChannelNumber() throws {
    let frames = (0..<3).map { CANFrame(identifier: standard(1), channel: UInt16($0)) }
    let folder = try TemporaryFolder()
    for format in [CANLogFormat.asc, .blf] {
      let path = "\(folder.path)/log.\(format.rawValue)"
      var writer = try CANLogWriter(path, format: format)
      try writer.append(CANFrameBatch(frames, channels: ["can0", "vcan0", "wire"]))
      try writer.finish()
      let log = try ReadLog(CANLogReader(contentsOf: path))
      #expect(Set(log.frames.map(\.channel)).count == 3)
    }
  }

  @Test func jsonLinesHaveAllFields() throws {
    let frames = [
      CANFrame(
        time: 1_700_640_464_000_000_001, identifier: standard(0x123), flags: [.fd, .bitRateSwitch],
        payload: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xFF]),
      CANFrame(
        time: -1, identifier: extended(1), channel: 9, flags: [.remote, .transmitted],
        dataLengthCode: 3),
    ]
    let text = String(decoding: try Self.write(frames, .jsonLines), as: UTF8.self)
    #expect(
      text == """
        {"time":"2023-11-22T08:07:44.000000001Z","channel":"can0","id":291,"extended":false,\
        "remote":false,"error":false,"fd":true,"brs":true,"esi":false,"direction":"rx","dlc":12,\
        "data":"0102030405060708090a0bff"}
        {"time":"1969-12-31T23:59:59.999999999Z","channel":"can9","id":1,"extended":true,\
        "remote":true,"error":false,"fd":false,"brs":false,"esi":false,"direction":"tx","dlc":3,\
        "data":""}

        """)
  }

  @Test func framesOlderThanTheLogAreCounted() throws {
    let folder = try TemporaryFolder()
    for format in [CANLogFormat.asc, .blf] {
      var writer = try CANLogWriter("\(folder.path)/log", format: format)
      let frames = [
        CANFrame(time: 5_000_000_000, identifier: standard(1)), CANFrame(identifier: standard(2)),
      ]
      try writer.append(CANFrameBatch(frames))
      try writer.finish()
      #expect(writer.shiftedTimes == 1)
      let log = try ReadLog(CANLogReader(contentsOf: "\(folder.path)/log"))
      #expect(log.frames.map(\.time) == [5_000_000_000, 5_000_000_000])
    }
  }

  @Test func anEmptyLogIsALog() throws {
    for format in [CANLogFormat.asc, .blf] {
      let log = try ReadLog(CANLogReader(bytes: try Self.write([], format)))
      #expect(log.frames == [])
      #expect(log.findings == [])
      #expect(log.format == format)
    }
  }
}
