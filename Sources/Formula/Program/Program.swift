/// A compiled formula's shared, unchanging part.
@usableFromInline
final class Program: Sendable {
  let source: String
  let tree: SyntaxTree
  let exact: ExactCode
  let fast: FastCode?
  let layout: StateLayout

  var inputs: [FormulaDependency] { tree.inputs }

  init(source: String, options: FormulaOptions) throws(FormulaError) {
    do throws(Complaint) {
      // A text far beyond the limit is not even copied.
      guard source.utf8.count <= options.limits.effective.sourceLength else {
        throw Complaint(
          .limit,
          "a formula may have \(options.limits.effective.sourceLength) bytes, this one has \(source.utf8.count)",
          at: 0, length: 0)
      }
      tree = try ContiguousArray(source.utf8).withUnsafeBufferPointer {
        (bytes) throws(Complaint) -> SyntaxTree in
        var parser = Parser(bytes, options: options)
        return try parser.parse()
      }
      var exact = ExactCode(tree)
      layout = try StateLayout(&exact, limits: options.limits.effective)
      self.exact = exact
    } catch {
      throw FormulaError(error, in: source)
    }
    self.source = source
    var builder = ValueGraphBuilder(inputCount: tree.inputs.count)
    fast = builder.build(exact).flatMap { graph in
      var graph = graph
      graph.fuse()
      return FastCode(graph)
    }
  }

  /// How many registers the fast code uses.
  var registerCount: Int { Swift.max(fast?.registerCount ?? 0, inputs.count + 1) }

  func error(of result: FormulaResult) -> FormulaError? {
    guard result.fault != .none else { return nil }
    let step = Int(result.step)
    guard step < exact.instructions.count else { return nil }
    let instruction = exact.instructions[step]
    let complaint = Complaint(
      result.fault.code, result.fault.message(at: instruction.function),
      at: Int(instruction.offset), length: Int(instruction.length))
    return FormulaError(complaint, in: source)
  }
}

extension Fault {
  func message(at function: Function) -> String {
    switch self {
    case .none: "no error"
    case .divisionByZero:
      function == .power
        ? "zero can't be raised to a negative power" : "division by zero in '\(function.name)'"
    case .domain: "'\(function.name)' is not defined for this value"
    case .overflow: "the result of '\(function.name)' is too large"
    case .type: "'\(function.name)' needs whole numbers within ±2^53"
    }
  }
}
