import CANLog
import Foundation
import Harness

/// 100,000 seeded classic frames with 8 bytes.
func frames() -> CANFrameBatch {
  var random: UInt64 = 1
  func next() -> UInt64 {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return random >> 16
  }
  var batch = CANFrameBatch(channels: ["can0"])
  var time: Int64 = 1_700_640_464_000_000_000
  for _ in 0..<100_000 {
    time += Int64(next() % 900_000)
    batch.append(
      time: time, identifier: CANIdentifier(truncating: UInt32(next() % 0x800)),
      dataLengthCode: 8, count: 8, word: next() &* next())
  }
  return batch
}

/// The frames as a recording in a file of its own.
func recording(
  _ format: CANLogFormat, _ suffix: String
) throws -> (path: String, frames: Int, bytes: Int) {
  let path = NSTemporaryDirectory() + "iiot-benchmark-\(getpid()).\(suffix)"
  let batch = frames()
  var writer = try CANLogWriter(path, format: format)
  try writer.append(batch)
  try writer.finish()
  atexit {
    for suffix in ["log", "asc", "blf"] {
      unlink(NSTemporaryDirectory() + "iiot-benchmark-\(getpid()).\(suffix)")
    }
  }
  let bytes = try Data(contentsOf: URL(filePath: path)).count
  return (path, batch.count, bytes)
}

/// Reads a recording as often as told and counts its frames.
func readAll(_ path: String, _ iterations: Int) throws -> UInt64 {
  var check: UInt64 = 0
  for _ in 0..<iterations {
    var reader = try CANLogReader(contentsOf: path)
    var batch = CANFrameBatch()
    while try reader.next(into: &batch) { check &+= UInt64(batch.headers.count) }
  }
  return check
}

var suite = BenchmarkSuite("CANLog")

suite.add("candump log file to frames") {
  let log = try recording(.candump, "log")
  return Comparison(
    operation: "frame", itemsPerOperation: Double(log.frames),
    bytesPerOperation: Double(log.bytes), gate: Gate(allocations: 0.01, instructions: 385),
    countedIterations: 3,
    ours: { try readAll(log.path, $0) },
    against: [
      .peer("can-utils log2asc", program: "CANLog/log2asc_run.c", arguments: [log.path]),
      .peer("python-can", program: "CANLog/python_can_log.py", arguments: [log.path]),
    ])
}

for (format, name) in [(CANLogFormat.asc, "ASC"), (.blf, "BLF")] {
  suite.add("\(name) file to frames") {
    let log = try recording(format, name.lowercased())
    return Comparison(
      operation: "frame", itemsPerOperation: Double(log.frames),
      bytesPerOperation: Double(log.bytes), gate: Gate(allocations: 0.01), countedIterations: 3,
      ours: { try readAll(log.path, $0) },
      against: [.peer("python-can", program: "CANLog/python_can_log.py", arguments: [log.path])])
  }
}

suite.run()
