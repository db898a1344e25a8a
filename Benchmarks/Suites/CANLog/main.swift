import CANLog
import Foundation
import Harness

/// A seeded recording of 100,000 classic frames with 8 bytes, 46 bytes a line, in a file of its own.
func recording() throws -> (path: String, frames: Int, bytes: Int) {
  var random: UInt64 = 1
  func next() -> UInt64 {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return random >> 16
  }
  let count = 100_000
  var batch = CANFrameBatch(channels: ["can0"])
  var time: Int64 = 1_700_640_464_000_000_000
  for _ in 0..<count {
    time += Int64(next() % 900_000)
    batch.append(
      time: time, identifier: CANIdentifier(truncating: UInt32(next() % 0x800)),
      dataLengthCode: 8, count: 8, word: next() &* next())
  }
  var text: [UInt8] = []
  CandumpWriter().append(batch, to: &text)
  let path = NSTemporaryDirectory() + "iiot-benchmark-\(getpid()).log"
  try Data(text).write(to: URL(filePath: path))
  atexit { unlink(NSTemporaryDirectory() + "iiot-benchmark-\(getpid()).log") }
  return (path, count, text.count)
}

var suite = BenchmarkSuite("CANLog")

suite.add("candump log file to frames") {
  let log = try recording()
  return Comparison(
    operation: "frame", itemsPerOperation: Double(log.frames),
    bytesPerOperation: Double(log.bytes), gate: Gate(allocations: 0.01, instructions: 380),
    countedIterations: 3,
    ours: { iterations in
      var check: UInt64 = 0
      for _ in 0..<iterations {
        var reader = try CANLogReader(contentsOf: log.path)
        var batch = CANFrameBatch()
        while try reader.next(into: &batch) { check &+= UInt64(batch.headers.count) }
      }
      return check
    },
    against: [
      .peer("can-utils log2asc", program: "CANLog/log2asc_run.c", arguments: [log.path]),
      .peer("python-can", program: "CANLog/python_can_log.py", arguments: [log.path]),
    ])
}

suite.run()
