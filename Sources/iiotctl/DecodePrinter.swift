internal import CANLog
internal import CANTransport
internal import DBC
internal import IndustrialModel
internal import Sinks

/// Prints decoded frames. What is the same in each line of a signal is made once.
struct DecodePrinter: ~Copyable {
  struct Options {
    var format: SampleFormat
    var globs: [String] = []
    var showsRaw = false
    var showsChoices = false
    var showsUnknown = false
  }

  /// What is fixed about one signal.
  private struct SlotText {
    var isWanted: Bool
    var order: Int
    var name: String
    var key: [UInt8]
    var fieldKey: [UInt8]
    var csv: [UInt8]
    var unit: String
    var hasChoices: Bool
  }

  /// What each line begins with.
  private struct Head {
    var time: Int64
    var channel: String
    var identifier: CANIdentifier
  }

  private struct Reading {
    var slot: Int
    var raw: RawValue
    var value: Double
    var status: SignalStatus
  }

  private let options: Options
  private let decoders: [FrameDecoder]
  private let slots: [[SlotText]]
  /// The names of messages, by decoder and index.
  private let names: [[String]]
  private var output = StandardOutput()
  private var readings: [Reading] = []
  private var failure: (any Error)?

  /// Whether writing has failed: there is no use in going on.
  var isClosed: Bool { failure != nil }

  init(_ decoders: [FrameDecoder], _ options: Options) {
    self.decoders = decoders
    self.options = options
    var slots: [[SlotText]] = []
    var names: [[String]] = []
    for decoder in decoders {
      slots.append(
        (0..<decoder.slotCount).map { Self.text(decoder.signal(inSlot: $0), options.globs) })
      names.append(decoder.messages.map(\.name))
    }
    self.slots = slots
    self.names = names
    if options.format == .csv { writeHeader() }
  }

  private static func text(_ signal: Signal, _ globs: [String]) -> SlotText {
    let name = signal.name
    let path = "\(signal.message.name).\(name)"
    var key: [UInt8] = []
    key.append(json: name)
    key.append(UInt8(ascii: ":"))
    var field: [UInt8] = []
    field.append(lineProtocol: name)
    field.append(UInt8(ascii: "="))
    var csv: [UInt8] = []
    csv.append(csv: signal.message.name.utf8)
    csv.append(UInt8(ascii: ","))
    csv.append(csv: name.utf8)
    csv.append(UInt8(ascii: ","))
    let isWanted =
      globs.isEmpty
      || globs.contains { Glob.matches($0, name) || Glob.matches($0, path) }
    return SlotText(
      isWanted: isWanted, order: signal.index, name: name, key: key, fieldKey: field, csv: csv,
      unit: signal.unit, hasChoices: !signal.choices.isEmpty)
  }

  private mutating func write(_ body: (inout [UInt8]) -> Void) {
    guard failure == nil else { return }
    do { try output.append(body) } catch { failure = error }
  }

  /// Writes out what is pending, for those who watch a live bus.
  mutating func flush() {
    guard failure == nil else { return }
    do { try output.flush() } catch { failure = error }
  }

  /// Writes out what is pending and throws what went wrong with writing.
  mutating func finish() throws {
    flush()
    if let failure { throw failure }
  }

  // MARK: Frames

  mutating func print(_ frame: CANFrame, channel: String) {
    let head = Head(time: frame.time, channel: channel, identifier: frame.identifier)
    guard !frame.flags.contains(.error), let (message, index) = message(frame.identifier) else {
      if options.showsUnknown { printUnknown(head, frame.payload) }
      return
    }
    readings.removeAll(keepingCapacity: true)
    let isRemote = frame.flags.contains(.remote)
    if !isRemote {
      decoders[index].forEachSignal(of: message, in: frame.payload) {
        insert(Reading(slot: $0, raw: $1, value: $2, status: $3), slots[index])
      }
    }
    printReadings(head, message, index, count: isRemote ? nil : frame.payload.count)
  }

  /// Prints what was put together from several frames.
  mutating func print(_ long: TransportMessage, channel: String) {
    let head = Head(time: long.time, channel: channel, identifier: long.identifier)
    guard let (message, index) = message(long.identifier) else {
      if options.showsUnknown { printUnknown(head, long.bytes) }
      return
    }
    readings.removeAll(keepingCapacity: true)
    decoders[index].forEachSignal(of: message, bytes: long.bytes) {
      insert(Reading(slot: $0, raw: $1, value: $2, status: $3), slots[index])
    }
    printReadings(head, message, index, count: long.bytes.count)
  }

  /// What the first decoder that knows the identifier calls it.
  private func message(_ identifier: CANIdentifier) -> (Message, Int)? {
    for (index, decoder) in decoders.enumerated() {
      if let message = decoder.message(identifier) { return (message, index) }
    }
    return nil
  }

  private mutating func insert(_ reading: Reading, _ texts: [SlotText]) {
    guard texts[reading.slot].isWanted else { return }
    // In the order of the file; a frame has few signals, and they come nearly sorted.
    let order = texts[reading.slot].order
    var place = readings.count
    while place > 0, texts[readings[place - 1].slot].order > order { place -= 1 }
    readings.insert(reading, at: place)
  }

  /// - Parameter count: The number of data bytes; nil for a remote frame.
  private mutating func printReadings(
    _ head: Head, _ message: Message, _ index: Int, count: Int?
  ) {
    var problem: String?
    if readings.isEmpty {
      // Nothing that was asked for in this frame.
      if !options.globs.isEmpty { return }
      if let count {
        if !message.signals.isEmpty, count < message.byteCount {
          problem =
            "\(count) bytes are too few for any signal of a message of \(message.byteCount)"
        }
      } else {
        problem = "a remote frame has no data"
      }
    }
    let name = names[index][message.index]
    let texts = slots[index]
    switch options.format {
    case .jsonl: printJSON(head, name, texts, problem, decoders[index])
    case .csv: printCSV(head, texts, decoders[index])
    case .influx: printInflux(head, name, texts)
    case .table: printTable(head, name, texts, problem, decoders[index])
    }
  }

  private func appendHead(_ head: Head, to line: inout [UInt8]) {
    line.append("{\"time\":\"" as StaticString)
    Timestamp(nanoseconds: head.time).write(to: &line)
    line.append("\",\"channel\":" as StaticString)
    line.append(json: head.channel)
    line.append(",\"id\":" as StaticString)
    line.append(decimal: head.identifier.value)
    line.append(head.identifier.isExtended ? ",\"extended\":true" : ",\"extended\":false")
  }

  private mutating func printJSON(
    _ head: Head, _ name: String, _ texts: [SlotText], _ problem: String?,
    _ decoder: FrameDecoder
  ) {
    var line: [UInt8] = []
    appendHead(head, to: &line)
    line.append(",\"message\":" as StaticString)
    line.append(json: name)
    line.append(",\"signals\":{" as StaticString)
    var isFirst = true
    // What J1939 reserves for "not available" and "error" is no value; its number is in `raw`.
    for reading in readings where reading.status == .valid {
      if !isFirst { line.append(UInt8(ascii: ",")) }
      isFirst = false
      line.append(contentsOf: texts[reading.slot].key)
      line.append(jsonNumber: reading.value)
    }
    line.append(UInt8(ascii: "}"))
    if options.showsRaw {
      line.append(",\"raw\":{" as StaticString)
      for (place, reading) in readings.enumerated() {
        if place > 0 { line.append(UInt8(ascii: ",")) }
        line.append(contentsOf: texts[reading.slot].key)
        line.append(jsonNumber: reading.raw)
      }
      line.append(UInt8(ascii: "}"))
    }
    if options.showsChoices {
      line.append(",\"choices\":{" as StaticString)
      isFirst = true
      for reading in readings {
        guard let label = choice(reading, texts, decoder) else { continue }
        if !isFirst { line.append(UInt8(ascii: ",")) }
        isFirst = false
        line.append(contentsOf: texts[reading.slot].key)
        line.append(json: label)
      }
      line.append(UInt8(ascii: "}"))
    }
    if let problem {
      line.append(",\"error\":" as StaticString)
      line.append(json: problem)
    }
    line.append("}\n" as StaticString)
    write { $0.append(contentsOf: line) }
  }

  private func choice(
    _ reading: Reading, _ texts: [SlotText], _ decoder: FrameDecoder
  ) -> String? {
    guard texts[reading.slot].hasChoices else { return nil }
    return decoder.signal(inSlot: reading.slot).choice(reading.raw)
  }

  private mutating func printUnknown(_ head: Head, _ data: some Sequence<UInt8>) {
    var line: [UInt8] = []
    switch options.format {
    case .jsonl:
      appendHead(head, to: &line)
      line.append(",\"data\":\"" as StaticString)
      line.append(hex: data)
      line.append("\"}\n" as StaticString)
    case .table:
      appendTableHead(head, to: &line)
      line.append("? " as StaticString)
      line.append(hex: data)
      line.append(UInt8(ascii: "\n"))
    case .csv, .influx:
      return
    }
    write { $0.append(contentsOf: line) }
  }

  // MARK: CSV

  private mutating func writeHeader() {
    var header = "time,channel,id,message,signal,value,unit"
    if options.showsRaw { header += ",raw" }
    if options.showsChoices { header += ",choice" }
    write { $0.append(header + "\r\n") }
  }

  private mutating func printCSV(
    _ head: Head, _ texts: [SlotText], _ decoder: FrameDecoder
  ) {
    var start: [UInt8] = []
    Timestamp(nanoseconds: head.time).write(to: &start)
    start.append(UInt8(ascii: ","))
    start.append(csv: head.channel.utf8)
    start.append(UInt8(ascii: ","))
    start.append(head.identifier.description)
    start.append(UInt8(ascii: ","))
    for reading in readings where reading.status == .valid {
      var line = start
      line.append(contentsOf: texts[reading.slot].csv)
      line.append(shortestOrWord: reading.value)
      line.append(UInt8(ascii: ","))
      line.append(csv: texts[reading.slot].unit.utf8)
      if options.showsRaw {
        line.append(UInt8(ascii: ","))
        line.append(reading.raw.description)
      }
      if options.showsChoices {
        line.append(UInt8(ascii: ","))
        line.append(csv: (choice(reading, texts, decoder) ?? "").utf8)
      }
      line.append("\r\n" as StaticString)
      write { $0.append(contentsOf: line) }
    }
  }

  // MARK: Line protocol

  private mutating func printInflux(
    _ head: Head, _ name: String, _ texts: [SlotText]
  ) {
    var line: [UInt8] = []
    line.append(lineProtocol: name)
    if !head.channel.isEmpty {
      line.append(",channel=" as StaticString)
      line.append(lineProtocol: head.channel)
    }
    line.append(UInt8(ascii: " "))
    var isEmpty = true
    // Line protocol has no word for what is not finite.
    for reading in readings where reading.status == .valid && reading.value.isFinite {
      if !isEmpty { line.append(UInt8(ascii: ",")) }
      isEmpty = false
      line.append(contentsOf: texts[reading.slot].fieldKey)
      line.append(shortest: reading.value)
    }
    guard !isEmpty else { return }
    line.append(UInt8(ascii: " "))
    line.append(decimal: head.time)
    line.append(UInt8(ascii: "\n"))
    write { $0.append(contentsOf: line) }
  }

  // MARK: Table

  private func appendTableHead(_ head: Head, to line: inout [UInt8]) {
    Timestamp(nanoseconds: head.time).write(to: &line)
    // Microseconds are enough for the eye.
    line.removeLast(4)
    line.append("  \(head.channel)  ")
    line.append(head.identifier.description)
    line.append("  " as StaticString)
  }

  private mutating func printTable(
    _ head: Head, _ name: String, _ texts: [SlotText], _ problem: String?,
    _ decoder: FrameDecoder
  ) {
    var line: [UInt8] = []
    appendTableHead(head, to: &line)
    line.append(name)
    for reading in readings {
      let text = texts[reading.slot]
      line.append("  \(text.name)=")
      if reading.status != .valid {
        line.append(reading.status == .notAvailable ? "n/a" : "error")
        continue
      }
      if options.showsChoices, let label = choice(reading, texts, decoder) {
        line.append(label)
      } else {
        line.append(shortestOrWord: reading.value)
        if !text.unit.isEmpty { line.append(" \(text.unit)") }
      }
      if options.showsRaw { line.append(" (\(reading.raw))") }
    }
    if let problem { line.append("  \(problem)") }
    line.append(UInt8(ascii: "\n"))
    write { $0.append(contentsOf: line) }
  }
}

extension [UInt8] {
  /// A number as JSON has it; what is not finite becomes a text.
  fileprivate mutating func append(jsonNumber value: Double) {
    if value.isFinite {
      append(shortest: value)
    } else {
      append(UInt8(ascii: "\""))
      append(shortestOrWord: value)
      append(UInt8(ascii: "\""))
    }
  }

  fileprivate mutating func append(jsonNumber value: RawValue) {
    switch value {
    case .integer(let number): append(decimal: number)
    case .unsigned(let number): append(decimal: number)
    case .float(let number): append(jsonNumber: number)
    }
  }

  fileprivate mutating func append(shortestOrWord value: Double) {
    if value.isNaN {
      append("nan" as StaticString)
    } else if value.isInfinite {
      append(value < 0 ? "-inf" : "inf")
    } else {
      append(shortest: value)
    }
  }

  /// A measurement, tag or field key of line protocol.
  fileprivate mutating func append(lineProtocol text: String) {
    for byte in text.utf8 {
      if byte == 0x2C || byte == 0x20 || byte == 0x3D { append(UInt8(ascii: "\\")) }
      append(byte < 0x20 || byte == 0x5C ? UInt8(ascii: "_") : byte)
    }
  }
}
