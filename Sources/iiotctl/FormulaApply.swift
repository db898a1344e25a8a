internal import ArgumentParser
internal import Formula
internal import Gateway
internal import IndustrialModel
internal import Sinks

/// `iiotctl formula apply`: a computed column for a CSV stream.
struct FormulaApply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Adds a computed column to a CSV stream.",
    discussion: """
      The first line names the columns; the formula reads them by name, or in braces if the name is no word. \
      Cells that are empty, missing or no number are bad inputs; true and false are 1 and 0. A row without a \
      result gets an empty cell; standard error says how many and why. Functions with memory take the rows in order, at the time in the time \
      column (RFC 3339, or seconds).

      Example:
        iiotctl formula apply 'ema(pressure, 5)' plant.csv --name smooth

      Exit codes: 0 success (also with rows that have no result), 1 failure, 64 misuse.
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

  @Option(help: "The column that holds the time; without it the column 'time', if there is one.")
  var time: String?

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
    guard let header = try input.nextRow() else {
      throw Failure(
        "the input is empty", at: input.name, advice: "a CSV needs a header")
    }
    // Spreadsheets begin a file with a mark of its encoding.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let titles = CSVRow(header.starts(with: mark) ? header.dropFirst(3) : header).cells
      .map { String(decoding: $0, as: UTF8.self) }
    if let time, !titles.contains(time) {
      throw Failure(
        "there is no column '\(time)'", at: input.name,
        advice:
          "--time names one of the header's columns: \(titles.joined(separator: ", ").prefix(200))")
    }
    let timeTitle = time ?? "time"
    let formula: CompiledFormula
    do throws(FormulaError) {
      formula = try CompiledFormula(expression, options: FormulaOptions(names: Set(titles)))
    } catch {
      throw Failure(error)
    }
    var output = StandardOutput()
    try output.append { line in
      line += header
      line.append(UInt8(ascii: ","))
      line.append(csv: name.utf8)
      line.append(0x0A)
    }
    var block = FormulaApplyBlock(formula, titles: titles, time: timeTitle)
    if formula.usesTime, !block.hasTime {
      StandardError.print(
        "note: no column '\(timeTitle)'; each row counts as a second after the one before")
    }
    while let row = try input.nextRow() {
      block.append(row)
      if block.isFull { try block.write(to: &output) }
    }
    try block.write(to: &output)
    try output.flush()
    if let report = block.report { StandardError.print(report) }
  }
}
