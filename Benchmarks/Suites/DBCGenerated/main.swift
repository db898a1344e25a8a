import CANCore
import DBC
import Foundation
import Harness

// What the plug-in made of Bus.dbc, beside what cantools makes of it in C.
var suite = BenchmarkSuite("DBCGenerated")

/// The frames of `Peers/DBCGenerated/cantools_c.h`, by the same arithmetic.
func frames(inSchedule: Bool) throws -> [CANFrame] {
  let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Bus.dbc").path
  let messages = try Database(contentsOf: path).messages
    .compactMap { message in message.identifier.map { ($0, message.byteCount) } }
    .sorted { $0.0.rawValue < $1.0.rawValue }
  let count = 16_384
  let periods = [1, 2, 4, 5, 10]
  var frames: [CANFrame] = []
  var state: UInt64 = 1
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
  func add(_ message: Int) {
    let (identifier, byteCount) = messages[message]
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      var word = next()
      word ^= word >> 29
      for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))) }
    }
    frames.append(
      CANFrame(identifier: identifier, payload: CANPayload(bytes) ?? CANPayload()))
  }
  if !inSchedule {
    while frames.count < count { add(Int((next() >> 33) % UInt64(messages.count))) }
  }
  var tick = 0
  while frames.count < count {
    for message in messages.indices where frames.count < count {
      if (tick + message) % periods[message % 5] == 0 { add(message) }
    }
    tick += 1
  }
  return frames
}

for inSchedule in [true, false] {
  suite.add("decode into structs, \(inSchedule ? "in schedule order" : "unpredictable order")") {
    let frames = try frames(inSchedule: inSchedule)
    let order = inSchedule ? "schedule" : "random"
    nonisolated(unsafe) let latest = UnsafeMutablePointer<LatestValues>.allocate(capacity: 1)
    latest.initialize(to: LatestValues())
    return Comparison(
      operation: "frame", itemsPerOperation: Double(frames.count),
      gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
      ours: { iterations in
        frames.withUnsafeBufferPointer { frames in
          for _ in 0..<iterations {
            for place in frames.indices { latest.pointee.take(frames[place]) }
          }
        }
        return latest.pointee.check
      },
      against: [
        .peer(
          "cantools C, -O3", program: "DBCGenerated/cantools_c.c", arguments: [order]),
        .peer(
          "cantools C, -O3 -march=native", program: "DBCGenerated/cantools_c_native.c",
          arguments: [order]),
      ])
  }
}

suite.run()
