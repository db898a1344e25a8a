import Foundation
import TestSupport
import Testing

@testable import Formula

/// Python itself, where it is installed: `Tests/Fixtures/formula/cpython.py`.
enum Python {
  static let path: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static var isPresent: Bool { path != nil }

  struct Job: Encodable {
    var src: String
    var vars: [String: Double]
  }

  struct Answer: Decodable {
    var bits: String?
    var error: String?

    var value: Double? {
      bits.flatMap { UInt64($0.dropFirst(2), radix: 16) }.map(Double.init(bitPattern:))
    }
  }

  struct Line: Decodable {
    var refused: String?
    var plain: Answer?
    var model: Answer?
  }

  static func answers(_ jobs: [Job]) throws -> [Line] {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/formula/cpython.py").path
    let encoder = JSONEncoder()
    let input = try jobs.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    let tool = try Tool(path ?? "", [script], input: input.joined(separator: "\n") + "\n")
    let decoder = JSONDecoder()
    return try tool.output.split(separator: "\n").map {
      try decoder.decode(Line.self, from: Data($0.utf8))
    }
  }
}

@Suite(
  "Random formulas give what CPython gives",
  .enabled(if: Python.isPresent, "needs python3 in /usr/bin"))
struct PythonTests {
  static let environment = ProcessInfo.processInfo.environment
  static let seed = environment["IIOT_SEED"].flatMap(UInt64.init) ?? 7_391
  /// How many are compared; IIOT_PYTHON_COUNT as many as it says.
  static let count =
    environment["IIOT_PYTHON_COUNT"].flatMap(Int.init)
    ?? Soak.cases(3_000, full: 100_000)

  /// What is said of an answer: nothing if it is Python's, or the model's where Python differs on purpose.
  static func mismatch(_ job: Python.Job, _ line: Python.Line) -> (wrong: String?, isPlain: Bool) {
    let outcome: Result<Double, FormulaError>
    do throws(FormulaError) {
      let formula = try CompiledFormula(
        job.src, options: FormulaOptions(names: Set(job.vars.keys)))
      outcome = .success(try formula.evaluate(job.vars))
    } catch {
      outcome = .failure(error)
    }
    if let plain = line.plain, matches(outcome, plain) { return (nil, true) }
    if let model = line.model, matches(outcome, model) { return (nil, false) }
    return ("\(job) gives \(outcome), not \(line)", false)
  }

  private static func matches(_ outcome: Result<Double, FormulaError>, _ answer: Python.Answer)
    -> Bool
  {
    switch outcome {
    case .success(let value): answer.value.map { isSame(value, $0) } ?? false
    case .failure(let error): error.code == answer.error.flatMap { OracleTests.pythonErrors[$0] }
    }
  }

  @Test("values and errors, bit for bit")
  func values() throws {
    var formulas = RandomFormula(seed: Self.seed, language: .python)
    var random = SeededGenerator(seed: Self.seed &+ 1)
    let jobs = (0..<Self.count).map { _ in
      let source = formulas.next()
      let finite = { (value: Double) in value.isFinite ? value : 0.25 }
      return Python.Job(
        src: source,
        vars: Dictionary(
          uniqueKeysWithValues: formulas.names.map {
            ($0, finite(ColumnTests.sample(&random)))
          }))
    }
    let lines = try Python.answers(jobs)
    try #require(lines.count == jobs.count)
    var wrong: [String] = []
    var refused = 0
    var plain = 0
    var errors = 0
    for (job, line) in zip(jobs, lines) {
      if line.refused != nil {
        // A condition that lost its parentheses.
        refused += 1
        if (try? CompiledFormula(job.src)) != nil { wrong.append("accepted: \(job.src)") }
        continue
      }
      let result = Self.mismatch(job, line)
      if let mistake = result.wrong { wrong.append(mistake) }
      if result.isPlain { plain += 1 }
      if line.model?.error != nil { errors += 1 }
    }
    print("seed \(Self.seed): \(jobs.count) formulas, \(plain) as eval(), \(errors) errors")
    #expect(wrong.isEmpty, "seed \(Self.seed): \(wrong.count), \(wrong.prefix(5))")
    #expect(refused < jobs.count / 20)
    #expect(plain > jobs.count * 2 / 3 && errors < jobs.count * 2 / 3)
  }

  static let soup = [
    "(", ")", "()", ",", "+", "-", "~", "*", "**", "/", "//", "%", "<", "<=", "==", "!=", "<>", "=",
    ":=", "<<",
    ">>", "&", "|", "^", "@", "!", "&&", ".", "..", ";", ":", "[", "]", "'", "\"", "`", "$", "?",
    "#", " ",
    "\t", " and ", " or ", " not ", "not", " if ", " else ", " in ", " is ", "lambda", "lambda a: ",
    "None",
    "True", "False", "true", "a", "b", "sqrt(", "max(", "max", "round(", "print(", "__a__", "a.b",
    "*a", "**a",
    "a=1", "0", "00", "007", "0_7", "08.5", "0_7.5", "09e1", "1_", "1__0", "_1", "0x", "0x_1",
    "0xg", "0b2", "0o8",
    "0b1", "1e", "1e+", "1e_5", "1._5", "1_.5", ".5", "5.", ".", "1.5.", "1j", "0xFFF", "1e5",
    "1_0e1_0", "yield ",
    "await ", "for x in a", "a if b else c", "a, b", "...", "u'x'", "\u{c}", "assert", "0X1f",
    "1E5", "0B1", "0O7",
  ]

  /// A formula with a few tokens lost, doubled, moved or put in.
  static func disturbed(_ source: String, _ random: inout SeededGenerator) -> String {
    var tokens: [String] = []
    for character in source {
      let isWord = character.isLetter || character.isNumber || character == "_" || character == "."
      if isWord, let last = tokens.last?.last,
        last.isLetter || last.isNumber || last == "_" || last == "."
      {
        tokens[tokens.count - 1].append(character)
      } else if character == "*" || character == "/" || character == "<" || character == "=",
        tokens.last == String(character) || tokens.last == "<" || tokens.last == "!"
      {
        tokens[tokens.count - 1].append(character)
      } else {
        tokens.append(String(character))
      }
    }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...tokens.count, using: &random)
      let other = Int.random(in: 0...tokens.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0 where place < tokens.count: tokens.remove(at: place)
      case 1 where place < tokens.count: tokens.insert(tokens[place], at: place)
      case 2 where max(place, other) < tokens.count: tokens.swapAt(place, other)
      default: tokens.insert(soup[Int(random.next(upperBound: UInt64(soup.count)))], at: place)
      }
    }
    return tokens.joined()
  }

  /// Refused here only, and said so in docs/formula.md.
  static func isKnownDifference(_ error: FormulaError) -> Bool {
    error.message == "a letter may not follow a number directly"
      || error.message == "the exponent's digits are missing"
      || error.message == "only a named function can be called"
      || error.message.hasSuffix("is a function; call it with parentheses")
  }

  @Test("what is accepted and what is refused")
  func grammar() throws {
    var formulas = RandomFormula(seed: Self.seed &+ 2, language: .python)
    var random = SeededGenerator(seed: Self.seed &+ 3)
    let vars = Dictionary(uniqueKeysWithValues: formulas.names.map { ($0, 2.5) })
    let jobs = (0..<(2 * Self.count)).map { _ in
      Python.Job(src: Self.disturbed(formulas.next(), &random), vars: vars)
    }
    let lines = try Python.answers(jobs)
    try #require(lines.count == jobs.count)
    var wrong: [String] = []
    var refused = 0
    for (job, line) in zip(jobs, lines) {
      do throws(FormulaError) {
        _ = try CompiledFormula(job.src, options: FormulaOptions(names: Set(vars.keys)))
        if let reason = line.refused { wrong.append("accepted: \(job.src) (Python: \(reason))") }
      } catch {
        refused += 1
        if line.refused == nil, !Self.isKnownDifference(error) {
          wrong.append("refused: \(job.src): \(error)")
        }
      }
    }
    print("seed \(Self.seed): \(jobs.count) disturbed formulas, \(refused) refused")
    #expect(wrong.isEmpty, "seed \(Self.seed): \(wrong.count), \(wrong.prefix(8))")
    #expect(refused > jobs.count / 4 && refused < jobs.count)
  }
}
