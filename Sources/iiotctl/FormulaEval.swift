internal import ArgumentParser
internal import Formula

/// `iiotctl formula eval`: one value.
struct FormulaEval: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Computes a formula once and prints its value.",
    discussion: """
      Example:
        iiotctl formula eval 'max(a, b) / 2' a=3 b=9

      Exit codes: 0 success, 1 an error in the formula or its value, 64 misuse.
      """)

  // Unrecognised options as well: a formula may begin with a minus sign.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "The formula, in quotes, and inputs as name=number; a tag's name is its path without braces.",
      valueName: "formula and inputs"))
  var words: [String]

  struct Input {
    var name: String
    var value: Double

    init?(argument: String) {
      guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex else {
        return nil
      }
      let text = String(argument[argument.index(after: equals)...])
      guard let value = text == "true" ? 1 : text == "false" ? 0 : Double(text) else { return nil }
      name = String(argument[..<equals])
      self.value = value
    }
  }

  func validate() throws {
    try FormulaCommand.refuseOptions(in: words)
    for word in words.dropFirst() where Input(argument: word) == nil {
      throw ValidationError("an input is name=number, not '\(word)'")
    }
  }

  func run() async throws {
    let expression = words.first ?? ""
    var values: [String: Double] = [:]
    for input in words.dropFirst().compactMap(Input.init) { values[input.name] = input.value }
    var output = StandardOutput()
    do throws(FormulaError) {
      let formula = try CompiledFormula(
        expression, options: FormulaOptions(names: Set(values.keys)))
      let value = try formula.evaluate(values)
      do { try output.append { $0 += "\(NumberText.text(value))\n".utf8 } } catch {}
    } catch {
      throw Failure(error)
    }
    try output.flush()
  }
}
