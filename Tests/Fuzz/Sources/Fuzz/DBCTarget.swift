import DBC

extension FuzzTarget {
  /// A database's text; then what the text loads as is walked, written, and used on bits that the text itself gives.
  ///
  /// Every input is parsed; what follows rotates by the input, so that each step is reached often and an input
  /// stays cheap.
  static let dbc = FuzzTarget(name: "dbc", texts: dbcSeeds) { bytes in
    guard let database = try? Database(parsing: bytes) else { return }
    switch bytes.reduce(0, &+) & 15 {
    case 0:
      walk(database)
      _ = try? Database(parsing: bytes, mode: .strict)
    case 1: write(database)
    case 2, 3: decodeBatch(database, bytes)
    case 4: decodeAndEncode(database, bytes)
    default: break
    }
  }
}

/// Asks for everything that is computed when it is asked for.
private func walk(_ database: Database) {
  for finding in database.findings {
    precondition(finding.line > 0 && finding.column > 0, "a finding has a place")
  }
  for message in database.messages.prefix(50) {
    _ = (message.senders, message.attributes, message.signalGroups.map(\.signals.count))
    _ = message.attribute("GenMsgCycleTime")
    for signal in message.signals.prefix(50) {
      _ = (signal.unit, signal.receivers, signal.choices, signal.selectorRanges, signal.bits.count)
      _ = (signal.multiplexor?.name, signal.signalType?.name, signal.attributes)
    }
  }
  for node in database.nodes { _ = (node.name, node.comment, node.attributes) }
  for table in database.valueTables { _ = table.choices.count }
  for variable in database.environmentVariables { _ = (variable.name, variable.nodes) }
  for relation in database.relationAttributes { _ = (relation.node.name, relation.value) }
  for definition in database.attributeDefinitions { _ = definition.labels }
}

/// What is written parses, to an equal database.
private func write(_ database: Database) {
  guard let again = try? Database(parsing: database.description) else {
    preconditionFailure("what was written does not parse")
  }
  precondition(again == database, "what was written parses to another database")
}

/// Frames of the database's messages, whole, short and unknown.
private func frames(_ database: Database, _ bytes: [UInt8]) -> CANFrameBatch {
  var batch = CANFrameBatch()
  for (number, message) in database.messages.prefix(20).enumerated() {
    guard let identifier = message.identifier else { continue }
    for count in [64, 8, number % 9] {
      let data = bytes.dropFirst(number * 7).prefix(count)
      guard let payload = CANPayload(data) else { continue }
      batch.append(CANFrame(time: Int64(batch.count), identifier: identifier, payload: payload))
    }
  }
  batch.append(CANFrame(identifier: CANIdentifier(truncating: 0x8000_0000), payload: [1]))
  return batch
}

/// The latest values in slots, the rows of columns and frame after frame: three ways, one answer.
private func decodeBatch(_ database: Database, _ bytes: [UInt8]) {
  let decoder = database.decoder(j1939: bytes.count & 1 == 0 ? .declared : .allExtended)
  let batch = frames(database, bytes)
  var slots = decoder.makeSlots()
  decoder.decode(batch, into: &slots)
  let columns = decoder.decodeColumns(batch)
  var latest = [UInt64?](repeating: nil, count: decoder.slotCount)
  var rows = [Int](repeating: 0, count: decoder.slotCount)
  for frame in batch {
    guard let message = decoder.message(frame.identifier) else { continue }
    decoder.forEachSignal(of: message, in: frame.payload) { slot, _, value, status in
      latest[slot] = (status == .valid ? value : .nan).bits
      rows[slot] += status == .valid ? 1 : 0
    }
  }
  for slot in 0..<decoder.slotCount {
    precondition(slots.values[slot].bits == (latest[slot] ?? Double.nan.bits), "slots differ")
    let column = columns[slot]
    let valid = column.indices.filter { column.isValid($0) }
    precondition(valid.count == rows[slot], "a column has other rows")
    if let last = column.last, let value = last.value {
      precondition(value.bits == latest[slot], "columns differ")
    }
  }
}

/// What is decoded encodes, and decodes to the same.
private func decodeAndEncode(_ database: Database, _ bytes: [UInt8]) {
  let decoder = database.decoder()
  var options = FrameEncoder.Options()
  options.checksRange = bytes.count & 1 == 0
  let encoder = database.encoder(options)
  var data = Array(bytes.prefix(64))
  for message in database.messages.prefix(20) {
    let decoded = decoder.decode(message, bytes: data)
    for value in decoded.signals { _ = (value.choice, value.unit) }
    data.append(data.isEmpty ? 0 : data.removeFirst())
    let raw = Dictionary(
      decoded.signals.map { ($0.name, SignalInput.raw($0.raw)) }, uniquingKeysWith: { $1 })
    _ = try? encoder.encode(message.name, raw)
    let physical = Dictionary(
      decoded.signals.map { ($0.name, SignalInput.value($0.value)) }, uniquingKeysWith: { $1 })
    if let frame = try? encoder.encode(message.name, physical) {
      _ = decoder.decode(message, frame.payload)
    }
    let values = [Double](repeating: Double(data.first ?? 0), count: encoder.slotCount)
    _ = try? encoder.encode(message, values: values)
  }
}

extension Double {
  /// The bit pattern, one for all that is not a number.
  fileprivate var bits: UInt64 { isNaN ? Double.nan.bitPattern : bitPattern }
}
