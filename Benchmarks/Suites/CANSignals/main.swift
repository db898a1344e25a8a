import BusRecording
import CANLog
import CANSignals
import DBC
import Harness
import IndustrialModel

var suite = BenchmarkSuite("CANSignals")

suite.add("frames to samples") {
  let bus = try BusRecording(frameCount: 10_000)
  let database = try Database(contentsOf: bus.databasePath)
  let frames = bus.frames
  let count = frames.headers.count * BusRecording.signalsPerFrame
  return Comparison(
    operation: "sample", itemsPerOperation: Double(count), gate: Gate(allocations: 0, retains: 0),
    countedIterations: 3,
    ours: { iterations in
      var sampler = SignalSampler(database, device: "bus", tags: TagRegistry())
      var samples = SampleBatch()
      samples.reserveCapacity(count)
      var total: UInt64 = 0
      for _ in 0..<iterations {
        samples.removeAll()
        sampler.append(frames, to: &samples)
        total += UInt64(samples.count)
      }
      return total
    },
    against: [
      .limit("the decoder alone") { iterations in
        let decoder = database.decoder()
        var slots = decoder.makeSlots()
        var total: UInt64 = 0
        for _ in 0..<iterations {
          decoder.decode(frames, into: &slots)
          total += UInt64(count)
        }
        return total
      },
      .peer(
        "cantools, a dict a frame", program: "CANSignals/cantools_samples.py",
        arguments: [bus.databasePath, bus.logPath]),
    ])
}

suite.add("log file to physical values in columns") {
  let bus = try BusRecording(frameCount: 10_000)
  let decoder = try Database(contentsOf: bus.databasePath).decoder()
  return Comparison(
    operation: "frame", itemsPerOperation: Double(bus.frames.headers.count),
    gate: Gate(allocations: 0.1), countedIterations: 3,
    ours: { iterations in
      var columns = decoder.makeColumns()
      var values: UInt64 = 0
      for _ in 0..<iterations {
        var log = try CANLogReader(contentsOf: bus.logPath)
        var batch = CANFrameBatch()
        while try log.next(into: &batch) {
          values += UInt64(decoder.decode(batch, into: &columns).signals)
        }
      }
      return values
    },
    against: [
      .peer(
        "cantools decode --single-line", program: "CANSignals/cantools_single_line.py",
        arguments: [bus.databasePath, bus.logPath])
    ])
}

suite.run()
