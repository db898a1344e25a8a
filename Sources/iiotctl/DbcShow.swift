internal import ArgumentParser
internal import DBC
internal import Sinks

struct DbcShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows the messages of a DBC file, or one message with its signals and its bits.",
    discussion: """
      Without a message it lists them all: identifier, name, size, signals, senders, parted by tabs. With one it draws the \
      bits as the classic table, a row a byte.

      Example:
        iiotctl dbc show vehicle.dbc EngineStatus

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The file.")
  var file: String

  @Argument(help: "A message, by name or identifier (decimal, or hexadecimal after 0x).")
  var message: String?

  func run() throws {
    let database = try DBCFile.load(file)
    var output = StandardOutput()
    if let message {
      guard let found = find(message, database) else {
        throw Failure(
          "there is no message \(message)", at: file, advice: "iiotctl dbc show \(file) lists them")
      }
      try show(found, &output)
    } else {
      for message in database.messages {
        let identifier = message.identifier.map { "0x\($0)" } ?? "-"
        let bytes = "\(message.byteCount) byte\(message.byteCount == 1 ? "" : "s")"
        let signals = "\(message.signals.count) signal\(message.signals.count == 1 ? "" : "s")"
        try output.append {
          $0.append(
            "\(identifier)\t\(message.name)\t\(bytes)\t"
              + "\(signals)\t\(message.senders.joined(separator: ","))\n")
        }
      }
    }
    try output.flush()
  }

  private func find(_ text: String, _ database: Database) -> Message? {
    if let message = database.message(named: text) { return message }
    let number =
      text.hasPrefix("0x") || text.hasPrefix("0X")
      ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    guard let number else { return nil }
    // As on the bus, or as the file has it, with bit 31 as the mark of an extended one.
    return database.messages.first { $0.identifier?.value == number }
      ?? database.messages.first { $0.identifier?.rawValue == number }
  }

  private func show(_ message: Message, _ output: inout StandardOutput) throws {
    var lines: [String] = []
    let kind = message.identifier?.isExtended == true ? "extended" : "standard"
    lines.append(
      "\(message.name)  \(message.identifier.map { "0x\($0) (\(kind))" } ?? "no identifier")")
    lines.append("  \(message.byteCount) bytes, sent by \(message.senders.joined(separator: ", "))")
    if let comment = message.comment { lines.append("  \(comment)") }
    lines.append("")
    for (index, signal) in message.signals.enumerated() {
      lines += describe(signal, Self.letter(index))
    }
    lines.append("")
    lines += BitMatrix.lines(message, Self.letter)
    try output.append { $0.append(lines.joined(separator: "\n") + "\n") }
  }

  private static func letter(_ index: Int) -> Character {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return letters[index % letters.count]
  }

  private func describe(_ signal: Signal, _ letter: Character) -> [String] {
    let order = signal.byteOrder == .bigEndian ? "Motorola" : "Intel"
    let type = signal.valueType == .float ? "float" : signal.isSigned ? "signed" : "unsigned"
    var text = "\(letter)  \(signal.name)  \(signal.startBit)|\(signal.bitCount) \(order) \(type)"
    text += "  x \(signal.factor) + \(signal.offset)"
    if let range = signal.range { text += "  [\(range.lowerBound) to \(range.upperBound)]" }
    if !signal.unit.isEmpty { text += " \(signal.unit)" }
    if signal.isMultiplexor { text += "  selects others" }
    if let multiplexor = signal.multiplexor {
      let values = signal.selectorRanges
        .map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      text += "  when \(multiplexor.name) is \(values.joined(separator: ", "))"
    }
    var lines = [text]
    if let comment = signal.comment { lines.append("     \(comment)") }
    for choice in signal.choices { lines.append("     \(choice.value) = \(choice.label)") }
    return lines
  }
}

/// The bits of a message as the classic table: a row a byte, bit 7 on the left.
enum BitMatrix {
  static func lines(_ message: Message, _ letter: (Int) -> Character) -> [String] {
    let byteCount = min(message.byteCount, 64)
    var cells = Array(repeating: Character("."), count: byteCount * 8)
    for (index, signal) in message.signals.enumerated() {
      for cell in signal.bits where cells.indices.contains(cell) {
        // Bits of several signals, which multiplexing or overlap make.
        cells[cell] = cells[cell] == "." ? letter(index) : "*"
      }
    }
    var lines = ["byte   7 6 5 4 3 2 1 0"]
    for byte in 0..<byteCount {
      let bits = (0..<8).map { String(cells[byte * 8 + 7 - $0]) }.joined(separator: " ")
      let number = String(byte)
      lines.append(String(repeating: " ", count: 4 - number.count) + number + "   " + bits)
    }
    lines.append("'.' no signal, '*' several")
    return lines
  }
}
