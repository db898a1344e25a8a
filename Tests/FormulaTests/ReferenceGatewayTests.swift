import Formula
import Testing

/// What a gateway that runs Python at each sample does right, and what it lets through.
@Suite("Formulas that Python gateways take")
struct ReferenceGatewayTests {
  func value(_ source: String, _ value: Double) throws -> Double {
    let options = FormulaOptions(names: [], subject: "line1/flow")
    return try CompiledFormula(source, options: options).evaluate(["line1/flow": value])
  }

  @Test(
    "scaling, functions and aliases",
    arguments: [
      ("val * 2", 21, 42), ("(val * 0.1 + 10) / 2", 100, 10), ("sqrt(val)", 16, 4),
      ("pow(val, 2)", 5, 25), ("round(val, 2)", 3.14159, 3.14), ("max(val, 100)", 50, 100),
      ("min(val, 100)", 50, 50), ("abs(val)", -7.5, 7.5), ("value + 1", 1, 2), ("x + 1", 1, 2),
      ("val + value + x", 2, 6), ("int(val)", 3.9, 3), ("float(val)", 3, 3), ("bool(val)", 3, 1),
      ("sum(val, 1, 2)", 3, 6), ("log(val)", 1, 0), ("log10(val)", 1000, 3), ("log2(val)", 8, 3),
      ("exp(val)", 0, 1), ("sin(val)", 0, 0), ("cos(val)", 0, 1), ("tan(val)", 0, 0),
      ("asin(val)", 0, 0), ("acos(val)", 1, 0), ("atan(val)", 0, 0), ("atan2(val, 1)", 0, 0),
      ("degrees(val)", 0, 0), ("radians(val)", 0, 0), ("floor(val)", 2.7, 2), ("ceil(val)", 2.2, 3),
      ("fabs(val)", -2, 2), ("2 * pi * val", 0.5, 3.141592653589793),
      ("e ** val", 1, 2.718281828459045),
      ("val if val > 10 else 0", 11, 11), ("val if val > 10 else 0", 9, 0),
      ("1 if 0 < val < 5 else 0", 3, 1), ("val > 3 and val < 5", 4, 1), ("not val", 0, 1),
      ("-val ** 2", 3, -9), ("val // 2", 7, 3), ("val % 4", -1, 3), ("val & 1", 7, 1),
    ])
  func works(source: String, input: Double, expected: Double) throws {
    #expect(try value(source, input) == expected)
  }

  @Test("division by zero says so, and never gives the raw value")
  func zero() throws {
    let formula = try CompiledFormula("100 / val", options: FormulaOptions(names: [], subject: "t"))
    let error = #expect(throws: FormulaError.self) { try formula.evaluate(["t": 0]) }
    #expect(error?.code == .divisionByZero && error?.message.contains("zero") == true)
    let slots = formula.makeSlots()
    slots[0] = 0
    let result = formula.evaluate(slots)
    #expect(result.value.isNaN && FormulaStatus.isBad(result.quality))
  }

  @Test(
    "what is no formula",
    arguments: ["", "   ", "\n", "# nothing", "val * * 2", "val +", "(val", "val)"])
  func malformed(source: String) throws {
    let error = #expect(throws: FormulaError.self) { _ = try value(source, 1) }
    #expect(error?.code == .syntax && error?.message.isEmpty == false)
  }

  @Test(
    "ways out of the sandbox",
    arguments: [
      "__import__('os').system('id')", "eval('1 + 1')", "exec('val = 1')",
      "open('/etc/passwd').read()",
      "globals()", "locals()", "getattr(val, 'real')", "setattr(val, 'a', 1)", "delattr(val, 'a')",
      "compile('1', 'f', 'eval')", "val.__class__.__mro__", "().__class__.__bases__",
      "os.system('id')",
      "sys.exit()", "subprocess.run('id')", "socket.socket()", "import os", "file('a')", "val.real",
      "val.is_integer()", "(lambda: 1)()", "'a' * 10 ** 8 and 1", "len('x' * 10 ** 9)",
      "[1] * 10 ** 9",
      "max(*[1, 2])", "[x for x in (1, 2)]", "{1: 2}", "val := 3", "f'{val}'", "b'1'", "vars()",
      "dir()",
      "type(val)", "print(val)", "input()", "breakpoint()", "help()", "__builtins__",
      "val.__class__",
      "exit()", "quit()", "memoryview(b'')", "getattr", "object", "super()", "id(val)", "hash(val)",
      "val if val else __import__('os')", "sum([1, 2])", "pow(2, 3, 5)", "round(val, ndigits=2)",
    ])
  func sandbox(source: String) throws {
    let error = #expect(throws: FormulaError.self, "\(source)") { _ = try value(source, 1) }
    #expect(error.map { $0.column >= 1 && !$0.message.isEmpty } == true)
  }

  @Test(
    "what would run for ever ends at once",
    arguments: [
      "9 ** 9 ** 9", "2 ** 99999999 > 0", "10 ** 10 ** 10 ** 10", "1 << 99999999", "pow(9, 9 ** 9)",
    ])
  func bounded(source: String) throws {
    let error = #expect(throws: FormulaError.self) { _ = try value(source, 1) }
    #expect(error?.code == .overflow)
  }

  @Test(
    "tags may have names that a word list would refuse",
    arguments: ["os", "file", "system", "exec_time", "open"])
  func names(name: String) throws {
    let formula = try CompiledFormula("\(name) * 2", options: FormulaOptions(names: [name]))
    #expect(try formula.evaluate([name: 4]) == 8)
    let tag = try CompiledFormula("{\(name)} * 2")
    #expect(tag.dependencies == [FormulaDependency(name: name, isTag: true)])
  }
}
