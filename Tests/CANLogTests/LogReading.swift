import CANCore
import CANLog
import Foundation

/// What came out of a log, read with the blocking face.
struct ReadLog {
  var frames: [CANFrame] = []
  var channels: [String] = []
  var findings: [CANLogFinding] = []
  var findingCount = 0
  var format: CANLogFormat?
  var timeBase = CANLogTimeBase.missing

  init(_ reader: consuming CANLogReader) throws {
    var batch = CANFrameBatch()
    while try reader.next(into: &batch) {
      frames += Array(batch)
      channels = batch.channels
    }
    findings = reader.findings.kept
    findingCount = reader.findings.total
    format = reader.format
    timeBase = reader.timeBase
  }

  init(_ text: String, options: CANLogOptions = CANLogOptions()) throws {
    try self.init(CANLogReader(bytes: Array(text.utf8), options: options))
  }
}

/// Recordings that are not part of the repository; nil where they are not installed.
enum Corpus {
  static let root: String? = {
    let environment = ProcessInfo.processInfo.environment["IIOT_CORPUS"]
    let beside = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpus").path
    let path = environment ?? beside
    return FileManager.default.fileExists(atPath: path + "/can-logs") ? path : nil
  }()
}

func standard(_ value: UInt32) -> CANIdentifier { CANIdentifier(truncating: value) }

func extended(_ value: UInt32) -> CANIdentifier {
  CANIdentifier(truncating: value | CANIdentifier.extendedFlag)
}
