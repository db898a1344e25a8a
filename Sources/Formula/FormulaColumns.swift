internal import CFormulaKernels

/// A row of a column that has no value, and why.
public struct FormulaRowError: Sendable, Equatable {
  /// The row, from 0.
  public let row: Int
  /// The failed evaluation; ``CompiledFormula/error(of:)`` places it in the formula.
  public let result: FormulaResult

  /// The kind of the failure.
  public var failure: FormulaError.Code? { result.failure }
}

/// Evaluates a formula over whole columns, some hundred rows an operation.
///
/// The results are those of single evaluation to the last bit, and so are the errors: a row about which the
/// columns are not sure is evaluated singly. A row that fails holds NaN.
///
/// Make one for a formula and keep it; it holds its working memory. An instance is for one thread at a time.
public final class FormulaColumns {
  /// Rows a block: enough to make the dispatch vanish, few enough for the blocks to stay in the nearest cache.
  private static let blockRows = 256
  /// The fastest kernel of this processor.
  private static let bestLevel = 2

  private let formula: CompiledFormula
  private let slots: FormulaSlots
  private let code: ColumnCode?
  private let kernel: formula_kernel?
  private let steps: UnsafeMutablePointer<formula_step>
  private let blocks: UnsafeMutablePointer<Double>
  private let registers: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>
  private let suspects: UnsafeMutablePointer<UInt64>
  private let suspectMarks: Bool

  /// Working memory for columns of `formula`.
  public convenience init(_ formula: CompiledFormula) {
    self.init(formula, level: Self.bestLevel)
  }

  /// `level` is the highest instruction set to use: 0 any processor's, 1 AVX2, 2 AVX-512.
  init(_ formula: CompiledFormula, level: Int) {
    self.formula = formula
    slots = formula.makeSlots()
    code = formula.program.fast.map(ColumnCode.init)
    kernel = formula_kernel_at_level(Int32(truncatingIfNeeded: level))
    let rows = Self.blockRows
    let stepCount = code?.steps.count ?? 0
    steps = .allocate(capacity: stepCount + 1)
    for (index, step) in (code?.steps ?? []).enumerated() { (steps + index).initialize(to: step) }
    suspectMarks = code?.steps.contains { $0.operation == FastOperation.check.rawValue } ?? false
    let inputCount = code?.inputCount ?? 0
    let blockCount = (code?.blockCount ?? 0) - inputCount
    blocks = .allocate(capacity: blockCount * rows + 1)
    blocks.initialize(repeating: 0, count: blockCount * rows + 1)
    registers = .allocate(capacity: inputCount + blockCount + 1)
    registers.initialize(repeating: nil, count: inputCount + blockCount + 1)
    suspects = .allocate(capacity: rows)
    suspects.initialize(repeating: 0, count: rows)
    for block in 0..<blockCount { registers[inputCount + block] = blocks + block * rows }
    for (index, constant) in (code?.constants ?? []).enumerated() {
      (blocks + index * rows).update(repeating: constant, count: rows)
    }
  }

  deinit {
    steps.deallocate()
    blocks.deallocate()
    registers.deallocate()
    suspects.deallocate()
  }

  /// What the formula's functions with memory remember after the rows so far.
  public var state: FormulaState {
    get { slots.state }
    set { slots.state = newValue }
  }

  /// Evaluates the formula for each row, in their order.
  ///
  /// - Parameters:
  ///   - columns: a column for each dependency, in their order, each as long as `results`; all values count as good.
  ///   - results: gets a value a row; it must not overlap the columns.
  ///   - times: the rows' times in nanoseconds since 1970, for functions with memory; without it row n
  ///     is at n seconds.
  ///   - errors: gets the rows that failed, in order.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/shape``) if the columns do not fit.
  public func evaluate(
    _ columns: [UnsafeBufferPointer<Double>], times: UnsafeBufferPointer<Int64>? = nil,
    into results: UnsafeMutableBufferPointer<Double>, errors: inout [FormulaRowError]
  ) throws(FormulaError) {
    guard columns.count == slots.count,
      columns.allSatisfy({ $0.count == results.count }),
      times.map({ $0.count == results.count }) ?? true
    else { throw shape(columns, results.count) }
    // The pointers alone would not keep the blocks alive.
    withExtendedLifetime(self) { evaluateAll(columns, times, results, &errors) }
  }

  private func evaluateAll(
    _ columns: [UnsafeBufferPointer<Double>], _ times: UnsafeBufferPointer<Int64>?,
    _ results: UnsafeMutableBufferPointer<Double>, _ errors: inout [FormulaRowError]
  ) {
    let rows = results.count
    guard let out = results.baseAddress else { return }
    let bases = columns.compactMap(\.baseAddress)
    guard let code, let kernel else {
      for row in 0..<rows { single(bases, times, row, out, &errors) }
      return
    }
    var start = 0
    while start < rows {
      let count = Swift.min(Self.blockRows, rows - start)
      for (slot, base) in bases.enumerated() {
        registers[slot] = UnsafeMutablePointer(mutating: base + start)
      }
      if suspectMarks { suspects.update(repeating: 0, count: Self.blockRows) }
      run(code, kernel, count)
      guard let values = registers[Int(code.result)] else { return }
      if formula_finish(values, out + start, count, suspects) != 0 {
        for row in 0..<count where suspects[row] != 0 || !values[row].isFinite {
          single(bases, times, start + row, out, &errors)
        }
      }
      start += count
    }
  }

  private func run(_ code: ColumnCode, _ kernel: formula_kernel, _ rows: Int) {
    var step = 0
    while true {
      step = kernel(steps, step, code.steps.count, registers, rows, suspects)
      guard step < code.steps.count else { return }
      if let call = code.calls[step], let target = registers[Int(steps[step].target)] {
        self.call(call, target, rows)
      }
      step += 1
    }
  }

  private func call(_ call: ColumnCode.Call, _ target: UnsafeMutablePointer<Double>, _ rows: Int) {
    let count = call.operands.count
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { arguments in
      guard let base = arguments.baseAddress else { return }
      for row in 0..<rows {
        for index in 0..<count {
          base[index] = registers[Int(call.operands[index])]?[row] ?? .nan
        }
        target[row] = Arithmetic.apply(call.function, base, count).value
      }
    }
  }

  private func single(
    _ columns: [UnsafePointer<Double>], _ times: UnsafeBufferPointer<Int64>?, _ row: Int,
    _ out: UnsafeMutablePointer<Double>, _ errors: inout [FormulaRowError]
  ) {
    for (slot, column) in columns.enumerated() { slots[slot] = column[row] }
    let result =
      code != nil
      ? formula.evaluate(slots)
      : formula.evaluate(
        slots,
        at: times?[row] ?? Int64(row).multipliedReportingOverflow(by: 1_000_000_000).partialValue)
    out[row] = result.value
    if result.failure != nil { errors.append(FormulaRowError(row: row, result: result)) }
  }

  private func shape(_ columns: [UnsafeBufferPointer<Double>], _ rows: Int) -> FormulaError {
    let complaint = Complaint(
      .shape,
      "the formula needs \(slots.count) columns of \(rows) rows, not \(columns.count) of \(columns.map(\.count))",
      at: 0, length: 0)
    return FormulaError(complaint, in: formula.source)
  }
}

extension CompiledFormula {
  /// Evaluates whole columns once; keep a ``FormulaColumns`` to do it often.
  ///
  /// - Parameters:
  ///   - columns: a column for each dependency, in their order, all of one length.
  ///   - errors: gets the rows that failed, in order; they hold NaN.
  /// - Returns: a value for each row. A formula without inputs gives no rows.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/shape``) if the columns do not fit.
  public func evaluate(
    columns: [[Double]], errors: inout [FormulaRowError]
  ) throws(FormulaError) -> [Double] {
    var results = [Double](repeating: 0, count: columns.first?.count ?? 0)
    // The columns in one piece, so that plain pointers into them stay good.
    let flat = columns.flatMap(\.self)
    let evaluator = FormulaColumns(self)
    var failure: FormulaError?
    flat.withUnsafeBufferPointer { flat in
      var offset = 0
      let pointers = columns.map { column in
        defer { offset += column.count }
        return UnsafeBufferPointer(rebasing: flat[offset..<(offset + column.count)])
      }
      results.withUnsafeMutableBufferPointer { results in
        do throws(FormulaError) {
          try evaluator.evaluate(pointers, into: results, errors: &errors)
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
    return results
  }
}
