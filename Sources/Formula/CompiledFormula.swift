/// A formula ready to be evaluated: Python's expressions over numbers, compiled once, run millions of times.
///
/// ```
/// let formula = try CompiledFormula("clamp(raw * 0.1 - 40, -40, 125) if raw > 0 else 0")
/// formula.dependencies                        // ["raw"]
/// try formula.evaluate(["raw": 512])          // 11.2
/// ```
///
/// Values are binary64, truth is 0 or 1, and results are CPython's bit for bit; `docs/formula.md` is the
/// reference of the language. A formula is immutable and may be shared between threads.
public struct CompiledFormula: Sendable {
  @usableFromInline let program: Program

  /// Compiles `source`.
  ///
  /// Time and memory are bounded by ``FormulaLimits``; no text overflows the stack.
  /// - Throws: ``FormulaError`` that points at the first offending character.
  public init(_ source: String, options: FormulaOptions = FormulaOptions()) throws(FormulaError) {
    program = try Program(source: source, options: options)
  }

  /// The text it was compiled from.
  public var source: String { program.source }

  /// The names and tags that the formula reads, in the order of their slots (of first appearance).
  public var dependencies: [FormulaDependency] { program.inputs }

  /// The functions of the language as they are called: `round(x[, n])`.
  public static var functionSignatures: [String] {
    FunctionCatalog.specifications.map(\.signature)
  }

  /// How many steps an evaluation takes at most: what it costs, as there are no loops.
  public var operationCount: Int {
    program.exact.instructions.count { $0.operation == .call || $0.operation == .chain }
  }

  /// How many bytes the functions with memory remember.
  public var stateSize: Int { program.layout.size * 8 }

  /// Whether times can have a say in the results: those of functions with memory, or `.ts`.
  package var usesTime: Bool {
    isStateful || program.exact.instructions.contains { $0.operation == .time }
  }

  /// The result of a formula that reads no input; nil if it reads one, remembers, or fails.
  public var constantValue: Double? {
    // The fast code takes inputs to be good, so what it folds (`is_good(x)`) may depend on them all the same.
    guard dependencies.isEmpty, let fast = program.fast, fast.instructions.count == 1,
      let end = fast.instructions.first, Int(end.a) >= fast.inputCount
    else { return nil }
    return fast.constants[Int(end.a) - fast.inputCount]
  }

  /// The formula written again with all parentheses and each number in its shortest form; it compiles to the
  /// same results. The source itself where that would have more than a mebibyte (chains of comparisons within one another).
  public var canonicalText: String {
    var text = ExpressionText(inputs: dependencies)
    return (try? program.exact.fold(&text)) ?? program.source
  }

  /// The inputs and the working memory for evaluations of this formula.
  public func makeSlots() -> FormulaSlots { FormulaSlots(program) }

  /// Evaluates with the inputs in `slots`: the way for many values. Allocates nothing.
  ///
  /// `slots` must have been made by this formula.
  @inlinable
  public func evaluate(_ slots: FormulaSlots) -> FormulaResult {
    precondition(slots.program === program, "the slots belong to another formula")
    if slots.impaired == 0 {
      // The pointers alone would not keep the memory alive up to the end of the call.
      let value = withExtendedLifetime(slots) {
        slots.entry(slots.code, slots.registers, slots.temporaries)
      }
      if value.isFinite { return FormulaResult(value: value, quality: 0) }
    }
    return slots.evaluateExactly()
  }

  /// Evaluates at a time of its own, with the memory that `slots` holds.
  ///
  /// - Parameters:
  ///   - slots: The inputs; made by this formula.
  ///   - time: In nanoseconds since 1970. Without it an evaluation takes place at the time of its newest
  ///     input; with it also between samples, so that rates fall and delays end while nothing arrives.
  public func evaluate(_ slots: FormulaSlots, at time: Int64) -> FormulaResult {
    guard isStateful else { return evaluate(slots) }
    precondition(slots.program === program, "the slots belong to another formula")
    return slots.evaluateExactly(at: time)
  }

  /// Evaluates with memory that the caller keeps.
  ///
  /// - Parameters:
  ///   - slots: The inputs; made by this formula.
  ///   - state: The memory; made by this formula.
  ///   - time: In nanoseconds since 1970; nil for that of the newest input.
  public func evaluate(
    _ slots: FormulaSlots, state: inout FormulaState, at time: Int64? = nil
  ) -> FormulaResult {
    guard isStateful else { return evaluate(slots) }
    precondition(slots.program === program, "the slots belong to another formula")
    precondition(
      state.words.count == program.layout.size, "the memory belongs to another formula")
    let now = time ?? slots.newestTime
    return state.words.withUnsafeMutableBufferPointer {
      slots.evaluate(memory: $0.baseAddress, at: now)
    }
  }

  /// Evaluates with inputs by name, all good; a tag's name is its path without braces.
  ///
  /// - Throws: ``FormulaError`` if an input is missing or the evaluation fails, at the operator that did.
  public func evaluate(_ values: [String: Double]) throws(FormulaError) -> Double {
    let slots = makeSlots()
    for (slot, dependency) in dependencies.enumerated() {
      guard let value = values[dependency.name] else { throw program.missing(slot) }
      slots[slot] = value
    }
    let result = evaluate(slots)
    if let error = program.error(of: result) { throw error }
    return result.value
  }

  /// The error of a failed evaluation of this formula, with its place; nil if it did not fail.
  public func error(of result: FormulaResult) -> FormulaError? { program.error(of: result) }
}

extension CompiledFormula: CustomStringConvertible {
  /// The source.
  public var description: String { program.source }
}

extension Program {
  /// The error about an input that has no value, at its first use.
  func missing(_ slot: Int) -> FormulaError {
    let use = tree.nodes.first { $0.kind == .input && Int($0.slot) == slot }
    let complaint = Complaint(
      .unknownName, "no value for '\(inputs[slot])'", at: Int(use?.offset ?? 0),
      length: Int(use?.length ?? 0))
    return FormulaError(complaint, in: source)
  }
}
