internal import ArgumentParser
internal import Formula
internal import IndustrialModel

/// `iiotctl formula apply`: a computed column for a CSV stream.
struct FormulaApply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Adds a computed column to a CSV stream.",
    discussion: """
      The first line names the columns; the formula reads them by name, or in braces if the name is no word. \
      Cells that are empty or no number are bad inputs. A row without a result gets an empty cell; standard \
      error says how many and why. Functions with memory take the rows in order, at the time in the time \
      column (RFC 3339, or seconds).
      """)

  // Unrecognised options as well: a formula may begin with a minus sign.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "The formula, in quotes, and the CSV file; - or nothing for standard input.",
      valueName: "formula and file"))
  var words: [String]

  @Option(help: "The new column's name.")
  var name = "value"

  @Option(help: "The column that holds the time.")
  var time = "time"

  func validate() throws {
    try FormulaCommand.refuseOptions(in: words)
    guard words.count < 3 else {
      throw ValidationError("a formula, in quotes, and perhaps a file are expected")
    }
  }

  func run() async throws {
    let expression = words.first ?? ""
    let file = words.count > 1 ? words[1] : nil
    var input = try FormulaLineInput(path: file)
    guard let header = try input.next() else {
      throw Failure(
        "the input is empty", at: file ?? "standard input", advice: "a CSV needs a header")
    }
    let titles = CSVRow.fields(header).map { String(decoding: $0, as: UTF8.self) }
    let formula: CompiledFormula
    do throws(FormulaError) {
      formula = try CompiledFormula(expression, options: FormulaOptions(names: Set(titles)))
    } catch {
      throw Failure(error)
    }
    var output = StandardOutput()
    try output.append { $0 += header + Array(",\(name)\n".utf8) }
    var block = FormulaApplyBlock(formula, titles: titles, time: time)
    if formula.isStateful, !block.hasTime {
      StandardError.print(
        "note: no column '\(time)'; each row counts as a second after the one before")
    }
    while let line = try input.next() {
      if line.isEmpty { continue }
      block.append(line)
      if block.isFull { try block.write(to: &output) }
    }
    try block.write(to: &output)
    try output.flush()
    if let report = block.report { StandardError.print(report) }
  }
}

/// Splits a CSV row; quoted fields may hold commas, and doubled quotes.
enum CSVRow {
  static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var fields: [ArraySlice<UInt8>] = []
    var start = line.startIndex
    var isQuoted = false
    for index in line.indices {
      if line[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      if line[index] == UInt8(ascii: ","), !isQuoted {
        fields.append(unquoted(line[start..<index]))
        start = index + 1
      }
    }
    fields.append(unquoted(line[start...]))
    return fields
  }

  private static func unquoted(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard field.count >= 2, field.first == UInt8(ascii: "\""), field.last == UInt8(ascii: "\"")
    else { return field }
    var result: [UInt8] = []
    var wasQuote = false
    for byte in field.dropFirst().dropLast() {
      if byte == UInt8(ascii: "\""), !wasQuote {
        wasQuote = true
        continue
      }
      wasQuote = false
      result.append(byte)
    }
    return result[...]
  }
}
