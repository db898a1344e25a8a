import CANCore
import Harness

var suite = BenchmarkSuite("CANCore")

suite.add("refill a batch of 1000 classic frames") {
  let frames = (0..<1000).map { index in
    (
      time: Int64(index) * 500_000, identifier: CANIdentifier(truncating: UInt32(index & 0x7FF)),
      word: UInt64(index) &* 0x9E37_79B9_7F4A_7C15
    )
  }
  return Comparison(
    operation: "frame", itemsPerOperation: 1000, bytesPerOperation: 16_000,
    gate: Gate(allocations: 0, retains: 0, instructions: 120), countedIterations: 100,
    ours: { iterations in
      var batch = CANFrameBatch()
      batch.reserveCapacity(frames.count)
      var check: UInt64 = 0
      for _ in 0..<iterations {
        batch.removeAll()
        for frame in frames {
          batch.append(
            time: frame.time, identifier: frame.identifier, dataLengthCode: 8, count: 8,
            word: frame.word)
        }
        for word in batch.words { check &+= word }
      }
      return check
    },
    against: [
      .limit("copy of three words") { iterations in
        var target = [UInt64](repeating: 0, count: 5 * 1000)
        var check: UInt64 = 0
        for _ in 0..<iterations {
          for (index, frame) in frames.enumerated() {
            target[5 * index] = UInt64(bitPattern: frame.time)
            target[5 * index + 1] = UInt64(frame.identifier.rawValue)
            target[5 * index + 2] = frame.word
          }
          check &+= target[5 * 999 + 2]
        }
        return check
      },
      .peer("array of struct can_frame", program: "CANCore/can_frame_array.c"),
      .peer("python-can Message", program: "CANCore/python_can_messages.py"),
    ])
}

suite.run()
