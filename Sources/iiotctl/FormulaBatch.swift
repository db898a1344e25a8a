internal import ArgumentParser
internal import Formula
internal import Sinks

/// `iiotctl formula batch`: a value for each line of JSON.
struct FormulaBatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Computes a formula for each line of JSON.",
    discussion: """
      Each line in is {"src": "a / b", "vars": {"a": 1, "b": 2}}; each line out is {"value": 0.5}, or \
      {"error": KIND, "message": ..., "line": ..., "column": ...} with KIND one of syntax, unknownName, \
      arity, notAllowed, limit, divisionByZero, domain, overflow, type. A value that is not finite is \
      {"value": null, "reason": "inf"}.

      Example:
        echo '{"src": "a / b", "vars": {"a": 1, "b": 2}}' | iiotctl formula batch

      Exit codes: 0 success (also when formulas fail), 1 failure, 64 misuse.
      """)

  @Argument(help: "The file; - or nothing for standard input.")
  var file: String?

  func run() async throws {
    var input = try FormulaLineInput(path: file)
    var output = StandardOutput()
    var known: (source: String, names: Set<String>, formula: CompiledFormula)?
    while let line = try input.next() {
      if line.isEmpty { continue }
      let answer = Self.answer(line, &known)
      try output.append {
        $0 += answer.utf8
        $0.append(0x0A)
      }
    }
    try output.flush()
  }

  private static func answer(
    _ line: ArraySlice<UInt8>,
    _ known: inout (source: String, names: Set<String>, formula: CompiledFormula)?
  ) -> String {
    let job: FormulaJSON
    do throws(FormulaJSON.Malformed) {
      job = try FormulaJSON(line)
    } catch {
      return failure("syntax", "not a line of JSON: \(error.message)", 1, error.column)
    }
    let source = job.source ?? ""
    let names = Set(job.values.keys)
    do throws(FormulaError) {
      let formula: CompiledFormula
      if let last = known, last.source == source, last.names == names {
        formula = last.formula
      } else {
        formula = try CompiledFormula(source, options: FormulaOptions(names: names))
        known = (source, names, formula)
      }
      let value = try formula.evaluate(job.values)
      return value.isFinite
        ? "{\"value\":\(NumberText.text(value))}"
        : "{\"value\":null,\"reason\":\"\(NumberText.text(value))\"}"
    } catch {
      return failure(error.code.rawValue, error.message, error.line, error.column)
    }
  }

  private static func failure(_ kind: String, _ message: String, _ line: Int, _ column: Int)
    -> String
  {
    var text = Array("{\"error\":\"\(kind)\",\"message\":".utf8)
    text.append(json: message)
    text += ",\"line\":\(line),\"column\":\(column)}".utf8
    return String(decoding: text, as: UTF8.self)
  }
}
