internal import ArgumentParser
internal import Formula
internal import Glibc

/// `iiotctl formula lint`: what is wrong with formulas, and what they need.
struct FormulaLint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Checks formulas; prints what they read and cost.",
    discussion: """
      The argument is a formula, or a file with a formula a line (empty lines and lines that begin with # \
      are passed over).

      Example:
        iiotctl formula lint '{pump1/flow} / 3.6 * {pump1/pressure}' --unit pump1/flow=m3/h --unit pump1/pressure=bar

      Exit codes: 0 no error, 1 an error in a formula, or a file that can't be read, 64 misuse.
      """)

  // Unrecognised options as well: a formula may begin with a minus sign.
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "A formula in quotes, a file, or - for standard input.", valueName: "formula"))
  var words: [String]

  @Option(help: "Only these names and tags exist, separated by commas.")
  var names: String?

  @Option(
    name: .customLong("unit"),
    help: "The UCUM unit of an input, as name=unit; units that do not fit are errors.")
  var units: [String] = []

  func validate() throws {
    try FormulaCommand.refuseOptions(in: words)
    guard words.count == 1 else {
      throw ValidationError("one formula or file is expected; put a formula in quotes")
    }
    for (name, code) in try unitsByName().sorted(by: { $0.key < $1.key })
    where !Self.isKnown(code) {
      throw ValidationError("--unit \(name): '\(code)' is no UCUM unit known here")
    }
  }

  func run() async throws {
    let formula = words.first ?? ""
    var output = StandardOutput()
    var failures = 0
    // What the formulas read, and whether they could all be compiled, so that it is all.
    var inputs: Set<String> = []
    var knowsAllInputs = true
    let options = FormulaOptions(
      names: names.map { Set($0.split(separator: ",").map(String.init)) })
    let byName = try unitsByName()
    func check(_ source: String, at place: (file: String, line: Int)? = nil) throws {
      do throws(FormulaError) {
        let compiled = try CompiledFormula(source, options: options)
        inputs.formUnion(compiled.dependencies.map(\.name))
        try compiled.checkUnits(byName)
        let reads = compiled.dependencies.map(\.description).joined(separator: ", ")
        let count = compiled.operationCount
        let report = """
          \(place.map { "\($0.file):\($0.line): " } ?? "")ok: reads \(reads.isEmpty ? "nothing" : reads); \
          \(count) operation\(count == 1 ? "" : "s")\
          \(compiled.isStateful ? ", \(compiled.stateSize) bytes of memory" : "")

          """
        do { try output.append { $0 += report.utf8 } } catch {}
      } catch {
        failures += 1
        if error.code != .unit { knowsAllInputs = false }
        let failure =
          place.map { Failure(error, at: "\($0.file):\($0.line):\(error.column)") }
          ?? Failure(error)
        StandardError.print(failure.description)
      }
    }
    let isFile = formula == "-" || access(formula, R_OK) == 0
    if isFile {
      var input = try FormulaLineInput(path: formula)
      while let line = try input.next() {
        let source = String(decoding: line, as: UTF8.self)
        guard let first = source.first(where: { $0 != " " && $0 != "\t" }), first != "#" else {
          continue
        }
        try check(source, at: (input.name, input.number))
      }
    } else {
      try check(formula)
      // A formula of the kind that a file's name is, which may have been meant.
      let isLikePath =
        formula.contains { $0 == "." || $0 == "/" }
        && formula.allSatisfy { $0.isLetter || $0.isNumber || "./_-".contains($0) }
      if failures > 0, isLikePath { StandardError.print("  there is no file \(formula) either") }
    }
    try output.flush()
    // A mistyped name would check nothing, and say that all is well.
    if knowsAllInputs, let name = byName.keys.filter({ !inputs.contains($0) }).min() {
      let known = inputs.sorted().joined(separator: ", ")
      throw ValidationError(
        isFile
          ? "--unit \(name): no formula reads '\(name)'"
          : "--unit \(name): no such input; the formula reads \(known.isEmpty ? "none" : known)")
    }
    if failures > 0 { throw ExitCode(1) }
  }

  /// Asks a formula that nothing but the unit can be wrong with.
  private static func isKnown(_ code: String) -> Bool {
    (try? CompiledFormula("p").checkUnits(["p": code])) != nil
  }

  private func unitsByName() throws -> [String: String] {
    var result: [String: String] = [:]
    for unit in units {
      guard let equals = unit.firstIndex(of: "="), equals > unit.startIndex else {
        throw ValidationError("--unit takes name=unit, not '\(unit)'")
      }
      result[String(unit[..<equals])] = String(unit[unit.index(after: equals)...])
    }
    return result
  }
}
