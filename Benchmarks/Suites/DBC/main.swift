import DBC
import Harness

var suite = BenchmarkSuite("DBC")

/// Loads the text of the workload; it is ours and sound.
func load(_ text: String) -> Database {
  guard let database = try? Database(parsing: text, mode: .strict) else {
    preconditionFailure("the benchmark's database is unsound")
  }
  return database
}

suite.add("decode into slots, unpredictable order") {
  let decoder = load(Workload.text).decoder()
  let frames = Workload.frames
  return Comparison(
    operation: "frame", itemsPerOperation: Double(Workload.frameCount),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
    ours: { iterations in
      var slots = decoder.makeSlots()
      var signals = 0
      for _ in 0..<iterations { signals += decoder.decode(frames, into: &slots).signals }
      return UInt64(signals)
    },
    against: [.peer("cantools decode_message", program: "DBC/cantools_decode.py")])
}

suite.add("decode into columns, unpredictable order") {
  let decoder = load(Workload.text).decoder()
  let frames = Workload.frames
  return Comparison(
    operation: "frame", itemsPerOperation: Double(Workload.frameCount),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
    ours: { iterations in
      var columns = decoder.makeColumns()
      var signals = 0
      for _ in 0..<iterations { signals += decoder.decode(frames, into: &columns).signals }
      return UInt64(signals)
    },
    against: [.peer("cantools decode_message", program: "DBC/cantools_decode.py")])
}

suite.add("decode FD, floats, nested multiplexing and short frames") {
  let awkward = Workload.awkward
  let decoder = load(awkward.database).decoder()
  return Comparison(
    operation: "frame", itemsPerOperation: 2000, gate: Gate(allocations: 0, retains: 0),
    countedIterations: 20,
    ours: { iterations in
      var slots = decoder.makeSlots()
      var signals = 0
      for _ in 0..<iterations { signals += decoder.decode(awkward.frames, into: &slots).signals }
      return UInt64(signals)
    },
    against: [])
}

suite.add("decode FD, floats, nested multiplexing and short frames into columns") {
  let awkward = Workload.awkward
  let decoder = load(awkward.database).decoder()
  return Comparison(
    // A batch costs some retains for each message, however many frames it has.
    operation: "frame", itemsPerOperation: 2000, gate: Gate(allocations: 0, retains: 0.05),
    countedIterations: 20,
    ours: { iterations in
      var columns = decoder.makeColumns()
      var signals = 0
      for _ in 0..<iterations { signals += decoder.decode(awkward.frames, into: &columns).signals }
      return UInt64(signals)
    },
    against: [])
}

suite.add("encode FD, floats and nested multiplexing") {
  let awkward = Workload.awkward
  let database = load(awkward.database)
  let decoder = database.decoder()
  let encoder = database.encoder()
  var slots = decoder.makeSlots()
  // The last of a counter that reaches every branch; a value that is not there is not encoded.
  decoder.decode(awkward.frames, into: &slots)
  let values = slots.values.map { $0.isFinite ? $0 : 0 }
  let messages = Array(database.messages)
  return Comparison(
    operation: "frame", itemsPerOperation: Double(messages.count),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 200,
    ours: { iterations in
      var bytes = 0
      // A message at a time: the loop over the messages retains each.
      for message in messages {
        for _ in 0..<iterations {
          bytes += (try? encoder.encode(message, values: values))?.count ?? 0
        }
      }
      return UInt64(bytes)
    },
    against: [])
}

suite.add("encode from slots") {
  let database = load(Workload.text)
  let decoder = database.decoder()
  let encoder = database.encoder()
  var slots = decoder.makeSlots()
  decoder.decode(Workload.frames, into: &slots)
  let values = slots.values
  let messages = Array(database.messages)
  return Comparison(
    operation: "frame", itemsPerOperation: Double(messages.count),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 200,
    ours: { iterations in
      var bytes = 0
      // A message at a time: the loop over the messages retains each.
      for message in messages {
        for _ in 0..<iterations {
          bytes += (try? encoder.encode(message, values: values))?.count ?? 0
        }
      }
      return UInt64(bytes)
    },
    against: [.peer("cantools encode_message", program: "DBC/cantools_encode.py")])
}

suite.add("parse") {
  let bytes = Array(Workload.text.utf8)
  return Comparison(
    operation: "database", bytesPerOperation: Double(bytes.count),
    ours: { iterations in
      var signals = 0
      for _ in 0..<iterations {
        guard let database = try? Database(parsing: bytes) else { continue }
        for message in database.messages { signals += message.signals.count }
      }
      return UInt64(signals)
    },
    against: [.peer("cantools load_string", program: "DBC/cantools_parse.py")])
}

suite.addBuses()
suite.run()
