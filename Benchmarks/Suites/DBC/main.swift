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

/// Decodes into slots so many times, and gives the number of signals.
func decodeAll(_ frames: CANFrameBatch, _ decoder: FrameDecoder, _ iterations: Int) -> UInt64 {
  var slots = decoder.makeSlots()
  var signals = 0
  for _ in 0..<iterations { signals += decoder.decode(frames, into: &slots).signals }
  return UInt64(signals)
}

/// Decodes into columns so many times, and gives the number of signals.
func gather(_ batches: [CANFrameBatch], _ decoder: FrameDecoder, _ iterations: Int) -> UInt64 {
  var columns = decoder.makeColumns()
  var signals = 0
  for _ in 0..<iterations {
    for frames in batches { signals += decoder.decode(frames, into: &columns).signals }
  }
  return UInt64(signals)
}

/// Encodes each message from slots so many times, and gives the number of bytes.
func encodeAll(
  _ messages: [Message], _ encoder: FrameEncoder, _ values: [Double], _ iterations: Int
) -> UInt64 {
  var bytes = 0
  for _ in 0..<iterations {
    for message in messages {
      bytes += (try? encoder.encode(message, values: values))?.count ?? 0
    }
  }
  return UInt64(bytes)
}

/// Parses a text so many times, and gives the number of signals.
func parseAll(_ text: [UInt8], _ iterations: Int) -> UInt64 {
  var signals = 0
  for _ in 0..<iterations {
    guard let database = try? Database(parsing: text) else { continue }
    for message in database.messages { signals += message.signals.count }
  }
  return UInt64(signals)
}

suite.add("decode into slots, unpredictable order") {
  let decoder = load(Workload.text).decoder()
  let frames = Workload.frames
  return Comparison(
    operation: "frame", itemsPerOperation: Double(Workload.frameCount),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
    ours: { decodeAll(frames, decoder, $0) },
    against: [.peer("cantools decode_message", program: "DBC/cantools_decode.py")])
}

suite.add("decode into columns, unpredictable order") {
  let decoder = load(Workload.text).decoder()
  let frames = Workload.frames
  return Comparison(
    operation: "frame", itemsPerOperation: Double(Workload.frameCount),
    gate: Gate(allocations: 0, retains: 0), countedIterations: 20,
    ours: { gather([frames], decoder, $0) },
    against: [.peer("cantools decode_message", program: "DBC/cantools_decode.py")])
}

suite.add("decode FD, floats, nested multiplexing and short frames") {
  let awkward = Workload.awkward
  let decoder = load(awkward.database).decoder()
  return Comparison(
    operation: "frame", itemsPerOperation: 2000, gate: Gate(allocations: 0, retains: 0),
    countedIterations: 20,
    ours: { decodeAll(awkward.frames, decoder, $0) },
    against: [])
}

suite.add("decode FD, floats, nested multiplexing and short frames into columns") {
  let awkward = Workload.awkward
  let decoder = load(awkward.database).decoder()
  return Comparison(
    operation: "frame", itemsPerOperation: 2000, gate: Gate(allocations: 0, retains: 0),
    countedIterations: 20,
    ours: { gather([awkward.frames], decoder, $0) },
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
    ours: { encodeAll(messages, encoder, values, $0) },
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
    ours: { encodeAll(messages, encoder, values, $0) },
    against: [.peer("cantools encode_message", program: "DBC/cantools_encode.py")])
}

suite.add("parse") {
  let bytes = Array(Workload.text.utf8)
  return Comparison(
    operation: "database", bytesPerOperation: Double(bytes.count),
    ours: { parseAll(bytes, $0) },
    against: [.peer("cantools load_string", program: "DBC/cantools_parse.py")])
}

suite.addBuses()
suite.run()
