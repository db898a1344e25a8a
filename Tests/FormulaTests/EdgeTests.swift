import Foundation
import TestSupport
import Testing

@testable import Formula

/// Every operator and function between numbers at which arithmetic turns: zeros of both signs, halves, the ends of what
/// binary64 counts exactly, integers that it can't hold, subnormals, infinities and NaN.
@Suite(
  "Numbers at the edges give what CPython gives",
  .enabled(if: Python.isPresent, "needs python3 in /usr/bin"))
struct EdgeTests {
  /// As they are written in a formula, so that Python's integers stay integers.
  static let literals = [
    "0", "0.0", "(-0.0)", "1", "(-1)", "2", "(-2)", "0.5", "(-0.5)", "1.5", "2.5", "(-2.5)", "3",
    "4", "7", "(-7)", "10", "0.1", "63", "64", "53", "1e-320", "5e-324", "1e-10", "1e16", "1e22",
    "1e23", "4503599627370497.5", "9007199254740991", "9007199254740992", "9007199254740993",
    "(-9007199254740993)", "18446744073709551615", "18446744073709551616",
    "0xFFFF_FFFF_FFFF_FFFF_FFFF", "123456789012345678901234567890", "1e308", "(-1e308)", "1e999",
    "(-1e999)", "(1e999 - 1e999)", "True", "False", "2.675", "1.005",
  ]

  static let binary = [
    "+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or", "&", "|",
    "^", "<<", ">>",
  ]

  static let pairs = ["min", "max", "pow", "round", "fmod", "atan2", "log"]

  static let single = [
    "-a", "+a", "~a", "not a", "abs(a)", "fabs(a)", "round(a)", "int(a)", "float(a)", "bool(a)",
    "floor(a)", "ceil(a)", "trunc(a)", "sqrt(a)", "exp(a)", "log(a)", "log2(a)", "log10(a)",
    "sin(a)", "cos(a)", "tan(a)", "asin(a)", "acos(a)", "atan(a)", "sinh(a)", "cosh(a)", "tanh(a)",
    "degrees(a)", "radians(a)", "-a ** 2", "a ** -1", "a ** 0.5", "a ** 3", "a ** 4", "2 ** a",
    "(-8) ** a", "a if a else 5", "a and 3", "a or 3", "1 < a < 3", "a == a", "a != a",
    "min(a, 1)", "max(1, a)", "min(a, 1, a)", "max(0, a, -0.0)", "round(a, 0)", "round(a, 1)",
    "round(a, 2)", "round(a, -1)", "round(a, -16)", "round(a, 22)", "round(a, 400)", "a // 1",
    "a % 1", "a % -1", "a // -0.5", "a << 1", "a >> 1", "1 << a", "-1 >> a", "a & 0xFF", "a | 0",
    "a ^ a", "int(a) + 1", "int(a) // 2 * 2 == a", "bool(a) + bool(a)", "float(int(a))",
    "not a == False", "(a > 1) + (a < 1)", "(a == 0) * 7", "True ** a", "a * False",
  ]

  private func check(_ jobs: [Python.Job]) throws {
    let lines = try Python.answers(jobs)
    try #require(lines.count == jobs.count)
    var wrong: [String] = []
    for (job, line) in zip(jobs, lines) {
      if let mistake = PythonTests.mismatch(job, line).wrong { wrong.append(mistake) }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(jobs.count): \(wrong.prefix(8))")
  }

  /// One in nine pairs, another ninth for each operator; all of them with IIOT_SOAK=1.
  private func isTaken(_ place: Int) -> Bool { Soak.isOn || place % 9 == 0 }

  @Test("as literals, where the compiler computes")
  func folded() throws {
    var jobs: [Python.Job] = []
    for left in Self.literals {
      for right in Self.literals {
        for symbol in Self.binary {
          jobs.append(Python.Job(src: "\(left) \(symbol) \(right)", vars: [:]))
        }
        for name in Self.pairs {
          jobs.append(Python.Job(src: "\(name)(\(left), \(right))", vars: [:]))
        }
      }
    }
    try check(jobs.enumerated().filter { isTaken($0.offset) }.map(\.element))
  }

  @Test("as inputs, where evaluation does")
  func evaluated() throws {
    let values = Self.literals.compactMap {
      Double($0.filter { !"()_".contains($0) }).flatMap { $0.isFinite ? $0 : nil }
    }
    var jobs: [Python.Job] = []
    for left in values {
      for right in values {
        let vars = ["a": left, "b": right]
        for symbol in Self.binary { jobs.append(Python.Job(src: "a \(symbol) b", vars: vars)) }
        for name in Self.pairs { jobs.append(Python.Job(src: "\(name)(a, b)", vars: vars)) }
      }
    }
    try check(jobs.enumerated().filter { isTaken($0.offset) }.map(\.element))
  }

  @Test("one number at a time")
  func functions() throws {
    var jobs: [Python.Job] = []
    for source in Self.single {
      for literal in Self.literals {
        let text = source.replacing(/\ba\b/, with: literal)
        jobs.append(Python.Job(src: text, vars: [:]))
        if let value = Double(literal.filter { !"()_".contains($0) }), value.isFinite {
          jobs.append(Python.Job(src: source, vars: ["a": value]))
        }
      }
    }
    try check(jobs.enumerated().filter { isTaken($0.offset) }.map(\.element))
  }

  /// Ways to write numbers and space, sound and unsound; Python says which are which.
  static let notations: [String] = {
    let digits = [
      "1", "0", "00", "01", "1_1", "1__1", "_1", "1_", "0_0", "0_1", "10", "9", "0x1", "0x", "0X_a",
      "0x_", "0xg", "0b11", "0b", "0b2", "0b_1", "0B1_", "0o17", "0o8", "0O_7", "08", "09.5",
    ]
    let fractions = ["", ".", ".5", "._5", ".5_", ".5_5", "_.5", "..5", ".5.", ".e1"]
    let exponents = [
      "", "e1", "E+1", "e-1", "e", "e+", "e_1", "e1_0", "e1_", "e1.5", "e01", "e--1", "j", "L",
    ]
    var texts: [String] = []
    for digit in digits {
      for fraction in fractions {
        for exponent in exponents { texts.append(digit + fraction + exponent) }
      }
    }
    texts += fractions.flatMap { fraction in exponents.map { fraction + $0 } }
    return texts.filter { !$0.isEmpty }
  }()

  static let layouts = [
    " 1", "1 ", "\t1", "1\t", "\u{C}1", "1\n", "\n1", "\r\n1", "1\r\n", "1\n\n", "1 # c", "1# c\n",
    "(1\n)", "(\n1)", "(\r\n1)", "(1 # c\n+ 2)", "(1\\\n+ 2)", "(1\t+\u{C}2)", "(1\u{B}+ 2)",
    "1\u{A0}+ 2", "1\u{2003}+ 2", "1\u{2028}+ 2", "1\u{85}+ 2", "1\u{0}", "(1\n\n\n+\n2\n)",
    "max(1\n,\n2\n)", "max\t(1, 2)", "max (1,2)", "max(1,2\n,)", "1if 1else 2", "1 if 1 else 2",
    "(1)if(1)else(2)", "not1", "not(1)", "not 1", "1and 2", "1 and2", "(1)and(2)", "1 or(2)",
    "1or 2", "0or 2", "0xfor 2", "0x1for 2", "1 if(0)else 3", "1if(0)else 3", "1_000if 1 else 2",
    "1 < 2 < 3", "1 < 2 in 3", "1 in 2", "1 not in 2", "1 is 1", "1 is not 2", "1 < 2 is 3",
    "1 == 1 is True", "not 1 in 2", "1 <> 2", "1 != = 2", "1 < = 2", "1 * * 2", "1 / / 2",
    "1 > > 2", "- - 1", "-+-+1", "~-~1", "~ ~ 1", "1 +-+ 2", "1 ** - 2", "1 ** not 2", "2 ** ~1",
    "-2 ** -2", "-2 ** 2 ** -1", "(-2) ** 2", "2 ** (3 ** 2)", "not not 0", "not -1", "- not 1",
    "1 + (not 1)", "1 + not 1", "1 == not 1", "1 == (not 1)", "1 if 2 if 3 else 4 else 5",
    "1 if 0 else 2 if 0 else 3", "(1 if 0 else 2) if 0 else 3", "1 if not 0 else 2",
    "1 if 1 else (yield)", "max(1 if 1 else 2, 3)", "max((1, 2))", "max(1,)", "max(,)", "max(1 2)",
    "max(1,,2)", "max(*1)", "max(a=1)", "max(1)(2)", "(max)(1)", "max.x", "1.x", "1 .x", "1..x",
    "1 .real", "[1]", "{1}", "{}", "()", "(1,)", "1,", "1, 2", "1;", ";1", "1:2", ":=1", "a:=1",
    "(a:=1)", "'a'", "\"a\"", "f'a'", "b''", "...", "None", "Ellipsis", "lambda: 1", "lambda x: x",
    "true", "false", "TRUE", "and", "or", "not", "if", "else", "in", "is", "1 and", "or 1", "1 or",
    "pi", "e", "tau", "e1", "1e", "e + pi", "pie", "\u{3C0}", "\u{FF11}", "\u{661}", "\u{FF50}i",
    "m\u{430}x(1, 2)", "\u{E9}", "x\u{301}", "\u{FEFF}1", "1\u{200B}", "\u{202E}1", "\u{1D7CF}",
    "\u{2212}1", "1 \u{D7} 2", "1 \u{2264} 2", "\u{221A}4", "__import__('os')", "__x__", "_", "_x",
    "1 // 0", "1 % 0", "1 / 0", "0 ** -1", "0.0 ** -1", "1 / (1 + 0 ** -1e999)",
    "(-0.0) ** -1e999 > 1",
    "(-8) ** (1 / 3)", "1e308 * 10",
    "10 ** 308 * 10", "10.0 ** 309", "2 ** 1024", "2.0 ** 1023 * 2", "1 << 62", "1 << 63",
    "-1 << 63", "1 >> 1000", "1 << -1", "1 >> -1", "1.5 & 1", "True & 1", "~True", "True << 1",
  ]

  @Test("ways to write numbers, space, words and what is left out")
  func notation() throws {
    // What Python refuses and accepts; differences that docs/formula.md lists are told by their message.
    let known = ["(1\\\n+ 2)", "(max)(1)", "\u{FF50}i"]
    let jobs = (Self.notations + Self.layouts).map { Python.Job(src: $0, vars: ["x": 1, "_": 2]) }
    let lines = try Python.answers(jobs)
    try #require(lines.count == jobs.count)
    var wrong: [String] = []
    for (job, line) in zip(jobs, lines) where !known.contains(job.src) {
      do throws(FormulaError) {
        _ = try CompiledFormula(job.src, options: FormulaOptions(names: ["x", "_"]))
        if let reason = line.refused {
          wrong.append("accepted: \(job.src.debugDescription) (\(reason))")
        } else if let mistake = PythonTests.mismatch(job, line).wrong {
          wrong.append(mistake)
        }
      } catch {
        let hasPlace = error.line >= 1 && error.column >= 1 && error.snippet.contains("^")
        if !hasPlace { wrong.append("no place: \(job.src.debugDescription): \(error)") }
        if line.refused == nil, !PythonTests.isKnownDifference(error) {
          wrong.append("refused: \(job.src.debugDescription): \(error)")
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(jobs.count): \(wrong.prefix(12))")
  }

  @Test(
    "what docs/formula.md says is refused on purpose",
    arguments: [
      "(1\\\n+ 2)", "1 + \\\n2", "1if 1 else 2", "(max)(1, 2)", "\u{E9}", "__x__", "pow(2, 3, 5)",
      "1 in 2", "1 is 1", "1 not in 2", "1 is not 1", "None", "1 @ 2", "'a'", "len(1)",
    ])
  func leftOut(source: String) {
    let error = #expect(throws: FormulaError.self) {
      try CompiledFormula(source, options: FormulaOptions(names: ["\u{E9}", "__x__"]))
    }
    #expect(error.map { $0.column >= 1 && $0.message.count > 10 } == true)
  }
}
