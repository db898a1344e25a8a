internal import ArgumentParser
internal import Formula

/// The noun `formula`.
struct FormulaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formula",
    abstract: "Computes with formulas: one value, lines of JSON, columns of CSV.",
    discussion: """
      Examples:
        iiotctl formula eval 'max(a, b) / 2' a=3 b=9
        iiotctl formula lint 'p + dp' --unit p=bar --unit dp=bar
        iiotctl formula apply 'rate(level, 60)' tank.csv --name level_per_minute
      """,
    subcommands: [FormulaEval.self, FormulaBatch.self, FormulaLint.self, FormulaApply.self])

  /// A formula may begin with minus signs, but a word like `--sine` is a mistyped option.
  static func refuseOptions(in words: [String]) throws {
    for word in words where word.hasPrefix("--") {
      let name = word.dropFirst(2).prefix { $0 != "=" }
      if name.count > 1, name.allSatisfy({ $0.isLetter || $0 == "-" }) {
        throw ValidationError("unknown option '\(word)'; a formula may stand in parentheses")
      }
    }
  }
}

extension Failure {
  /// An error of a formula, its excerpt with the caret last.
  init(_ error: FormulaError) {
    self.init(error, at: "line \(error.line), column \(error.column)")
  }

  /// An error of a formula that stands at a place of a file.
  init(_ error: FormulaError, at place: String) {
    self.init(
      "\(error.code.rawValue): \(error.message)", at: place,
      advice: error.snippet.split(separator: "\n").map { $0.dropFirst(2) }.joined(separator: "\n"))
  }
}

/// Numbers as JSON and CSV have them: integers without a point, others in the shortest form that reads back the same.
enum NumberText {
  static func text(_ value: Double) -> String {
    if value.isFinite, value == value.rounded(.towardZero), value.magnitude < 0x1p53,
      value.bitPattern != (-0.0).bitPattern
    {
      return "\(Int64(value))"
    }
    return value.isNaN ? "nan" : "\(value)"
  }
}
