public import CANCore
internal import CANLog
import Foundation

/// A bus of 16 messages with eight signals each, and a seeded recording of it, in files that peers can read too.
public struct BusRecording: Sendable {
  /// Where the files are; removed when the program ends.
  public let folder: String
  /// The frames of the log, half a millisecond apart.
  public let frames: CANFrameBatch

  /// The DBC file.
  public var databasePath: String { "\(folder)/bus.dbc" }
  /// The recording, in candump's format.
  public var logPath: String { "\(folder)/bus.log" }

  /// Samples that a frame gives.
  public static let signalsPerFrame = 8

  /// The same for the same count.
  public init(frameCount: Int) throws {
    folder = NSTemporaryDirectory() + "iiot-benchmark-bus-\(getpid())"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    atexit {
      try? FileManager.default.removeItem(
        atPath: NSTemporaryDirectory() + "iiot-benchmark-bus-\(getpid())")
    }
    var text = "VERSION \"\"\nBU_: A\n"
    for message in 0..<16 {
      text += "BO_ \(256 + message) Unit\(message): 8 A\n"
      for signal in 0..<8 {
        text +=
          " SG_ Value\(signal) : \(signal * 8)|8@1\(signal % 2 == 0 ? "+" : "-")"
          + " (\(signal % 3 == 0 ? "1" : "0.5"),0) [0|0] \"V\" A\n"
      }
    }
    try text.write(toFile: "\(folder)/bus.dbc", atomically: true, encoding: .utf8)

    var batch = CANFrameBatch(channels: ["can0"])
    batch.reserveCapacity(frameCount)
    var state: UInt64 = 1
    for index in 0..<frameCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      batch.append(
        time: 1_767_225_600_000_000_000 + Int64(index) * 500_000,
        identifier: CANIdentifier(truncating: 256 + UInt32(truncatingIfNeeded: state >> 33) % 16),
        dataLengthCode: 8, count: 8, word: state &* 31)
    }
    frames = batch
    var log: [UInt8] = []
    CandumpWriter().append(batch, to: &log)
    try Data(log).write(to: URL(filePath: "\(folder)/bus.log"))
  }
}
