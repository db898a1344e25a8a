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
/// The results are those of single evaluation to the last bit, and so are qualities and errors: a row about which the
/// columns are not sure is evaluated singly. A row that fails holds NaN.
///
/// Make one for a formula and keep it; it holds its working memory. An instance is for one thread at a time.
public final class FormulaColumns {
  private static let blockRows = Int(FORMULA_BLOCK_ROWS)
  /// From how many values on the rows of the next block are asked for in advance.
  private static let prefetchedValues = 100_000
  /// From how many bytes of columns and results on the results are written past the caches: more than those of common
  /// processors hold. What is read next stays in them, and no line of results is read before it is written.
  private static let streamedBytes = 24 << 20
  /// The fastest kernel of this processor.
  private static let bestLevel = 2

  private let formula: CompiledFormula
  private let slots: FormulaSlots
  private let code: ColumnCode?
  private let kernel: formula_kernel?
  private let streamedBytes: Int
  private let steps: UnsafeMutablePointer<formula_step>
  /// Temporaries and inputs that are not a multiple of eight rows long, then constants; each aligned for the processor.
  private let blocks: UnsafeMutableRawPointer
  private let registers: UnsafeMutablePointer<formula_register>
  /// Where the registers' own rows lie; while columns are evaluated some point into the caller's.
  private let scratch: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>
  private let suspects: UnsafeMutablePointer<UInt64>

  /// Working memory for columns of `formula`.
  public convenience init(_ formula: CompiledFormula) {
    self.init(formula, level: Self.bestLevel)
  }

  /// `level` is the highest instruction set to use: 0 any processor's, 1 AVX2, 2 AVX-512.
  init(_ formula: CompiledFormula, level: Int, streamedBytes: Int = streamedBytes) {
    self.formula = formula
    self.streamedBytes = streamedBytes
    slots = formula.makeSlots()
    let code = formula.program.fast.map(ColumnCode.init)
    self.code = code
    kernel = formula_kernel_at_level(Int32(truncatingIfNeeded: level))
    let rows = Self.blockRows
    steps = .allocate(capacity: (code?.steps.count ?? 0) + 1)
    for (index, step) in (code?.steps ?? []).enumerated() { (steps + index).initialize(to: step) }
    suspects = .allocate(capacity: rows + 1)
    suspects.initialize(repeating: 0, count: rows + 1)

    let inputCount = code?.inputCount ?? 0
    let constants = code?.constants ?? []
    let blockCount = code?.blockCount ?? 0
    let wide = blockCount - constants.count + 1
    let doubles = wide * rows + constants.count * 8
    blocks = .allocate(byteCount: doubles * 8, alignment: 64)
    let base = blocks.initializeMemory(as: Double.self, repeating: 0, count: doubles)
    registers = .allocate(capacity: blockCount + 1)
    scratch = .allocate(capacity: blockCount + 1)
    for block in 0...blockCount {
      let constant = block - inputCount
      let isConstant = constants.indices.contains(constant)
      let place =
        isConstant
        ? wide * rows + constant * 8
        : (constant < 0 ? block : block - constants.count) * rows
      (registers + block).initialize(
        to: formula_register(rows: base + place, mask: isConstant ? 0 : .max))
      (scratch + block).initialize(to: base + place)
      if isConstant { (base + place).update(repeating: constants[constant], count: 8) }
    }
  }

  deinit {
    steps.deallocate()
    blocks.deallocate()
    registers.deallocate()
    scratch.deallocate()
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
  ///   - columns: a column for each dependency, in their order, each as long as `results`.
  ///   - qualities: the columns' status codes, nil for a column that is good throughout; without it all are. A NaN is bad
  ///     in any case.
  ///   - times: the rows' times in nanoseconds since 1970, for functions with memory and `.ts`; without it row n
  ///     is at n seconds.
  ///   - results: gets a value a row; it must not overlap the columns.
  ///   - resultQualities: gets a status code a row.
  ///   - errors: gets the rows that failed, in order.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/shape``) if the columns do not fit.
  public func evaluate(
    _ columns: [UnsafeBufferPointer<Double>], qualities: [UnsafeBufferPointer<UInt32>?] = [],
    times: UnsafeBufferPointer<Int64>? = nil, into results: UnsafeMutableBufferPointer<Double>,
    resultQualities: UnsafeMutableBufferPointer<UInt32>? = nil,
    errors: inout [FormulaRowError]
  ) throws(FormulaError) {
    let rows = results.count
    guard columns.count == slots.count, columns.allSatisfy({ $0.count == rows }),
      times.map({ $0.count == rows }) ?? true
    else { throw shape("columns", columns.map(\.count), rows) }
    guard qualities.isEmpty || qualities.count == slots.count,
      qualities.allSatisfy({ $0.map { $0.count == rows } ?? true }),
      resultQualities.map({ $0.count == rows }) ?? true
    else { throw shape("columns of qualities", qualities.map { $0?.count ?? rows }, rows) }
    guard let out = results.baseAddress else { return }
    let table = Table(
      rows: rows, columns: columns, qualities: qualities, times: times?.baseAddress, results: out,
      resultQualities: resultQualities?.baseAddress)
    resultQualities?.update(repeating: FormulaStatus.good)
    // The pointers alone would not keep the blocks alive.
    withExtendedLifetime(self) { evaluateAll(table, &errors) }
  }

  /// Columns whose lengths were found right.
  private struct Table {
    let rows: Int
    let columns: [UnsafeBufferPointer<Double>]
    let qualities: [UnsafeBufferPointer<UInt32>?]
    let times: UnsafePointer<Int64>?
    let results: UnsafeMutablePointer<Double>
    let resultQualities: UnsafeMutablePointer<UInt32>?
  }

  private func evaluateAll(_ table: Table, _ errors: inout [FormulaRowError]) {
    guard let code, let kernel else {
      for row in 0..<table.rows { single(table, row, &errors) }
      return
    }
    let blockRows = Self.blockRows
    let target = code.blockCount
    defer { for block in 0...target { registers[block].rows = scratch[block] } }
    // Measured: fewer columns the processor foresees, and what is smaller lies in a near cache already.
    let isAnnounced =
      table.columns.count >= 5 && table.rows * table.columns.count > Self.prefetchedValues
    let streams = table.rows * (table.columns.count + 1) * 8 > streamedBytes
    defer { if streams { formula_streamed() } }
    let last = Swift.max(0, code.steps.count - 1)
    // The first block ends where a cache line of results begins (and, as memory is given out, one of each column), so that
    // what follows lies in whole lines.
    let lead = Swift.max(1, (64 - Int(bitPattern: table.results) & 63) / 8)
    var start = 0
    while start < table.rows {
      let most = start == 0 && lead < 8 ? lead : blockRows
      let count = Swift.min(most, table.rows - start)
      if isAnnounced {
        let ahead = Swift.min(blockRows, table.rows - start - count)
        for column in table.columns {
          guard let rows = column.baseAddress else { continue }
          formula_prefetch(rows + start + count, ahead)
        }
      }
      // Eight rows are computed at a time; an end that is shorter is filled up in blocks of our own.
      let padded = (count + 7) & ~7
      for slot in table.columns.indices {
        guard let column = table.columns[slot].baseAddress else { continue }
        if padded == count {
          registers[slot].rows = UnsafeMutablePointer(mutating: column + start)
        } else if let block = scratch[slot] {
          block.update(from: column + start, count: count)
          (block + count).update(repeating: column[start], count: padded - count)
          registers[slot].rows = block
        }
      }
      let place = padded == count ? table.results + start : scratch[target]
      let isStreamed = streams && padded == count
      registers[target].rows = place
      if code.resultIsTemporary {
        registers[Int(code.result)].rows = isStreamed ? scratch[Int(code.result)] : place
      }
      steps[last].operation = UInt16(isStreamed ? FORMULA_STREAM : FORMULA_RESULT)
      run(code, kernel, padded)
      if padded != count, let place { (table.results + start).update(from: place, count: count) }
      for qualities in table.qualities {
        guard let codes = qualities?.baseAddress else { continue }
        suspect(codes + start, count)
      }
      if suspects[blockRows] != 0 {
        for row in 0..<count where suspects[row] != 0 { single(table, start + row, &errors) }
        suspects.update(repeating: 0, count: blockRows + 1)
      }
      start += count
    }
  }

  /// Marks the rows of a block that are not good.
  private func suspect(_ qualities: UnsafePointer<UInt32>, _ count: Int) {
    var worst: UInt32 = 0
    for row in 0..<count { worst |= qualities[row] }
    guard !FormulaStatus.isGood(worst) else { return }
    for row in 0..<count where !FormulaStatus.isGood(qualities[row]) { suspects[row] = 1 }
    suspects[Self.blockRows] = 1
  }

  private func run(_ code: ColumnCode, _ kernel: formula_kernel, _ rows: Int) {
    var step = 0
    while true {
      step = kernel(steps, step, code.steps.count, registers, rows, suspects)
      guard step < code.steps.count else { return }
      if let call = code.calls[step], let target = registers[Int(steps[step].target)].rows {
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
          let register = registers[Int(call.operands[index])]
          base[index] = register.rows?[row & Int(truncatingIfNeeded: register.mask)] ?? .nan
        }
        target[row] = Arithmetic.apply(call.function, base, count).value
      }
    }
  }

  private func single(_ table: Table, _ row: Int, _ errors: inout [FormulaRowError]) {
    let time =
      table.times?[row] ?? Int64(row).multipliedReportingOverflow(by: 1_000_000_000).partialValue
    for slot in table.columns.indices {
      let quality = table.qualities.isEmpty ? nil : table.qualities[slot]
      slots.set(
        slot, value: table.columns[slot][row], quality: quality?[row] ?? FormulaStatus.good,
        time: time)
    }
    let result = formula.evaluate(slots, at: time)
    table.results[row] = result.value
    table.resultQualities?[row] = result.quality
    if result.failure != nil { errors.append(FormulaRowError(row: row, result: result)) }
  }

  private func shape(_ what: String, _ lengths: [Int], _ rows: Int) -> FormulaError {
    let complaint = Complaint(
      .shape, "the formula needs \(slots.count) \(what) of \(rows) rows, not \(lengths)", at: 0,
      length: 0)
    return FormulaError(complaint, in: formula.source)
  }
}

extension CompiledFormula {
  /// Evaluates whole columns that lie in memory; keep a ``FormulaColumns`` to do it often, or piece by piece.
  ///
  /// - Parameters:
  ///   - columns: a column for each dependency, in their order, each as long as `results`.
  ///   - results: gets a value for each row; it must not overlap the columns.
  ///   - errors: gets the rows that failed, in order; they hold NaN.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/shape``) if the columns do not fit.
  public func evaluate(
    columns: [UnsafeBufferPointer<Double>], into results: UnsafeMutableBufferPointer<Double>,
    errors: inout [FormulaRowError]
  ) throws(FormulaError) {
    try FormulaColumns(self).evaluate(columns, into: results, errors: &errors)
  }

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
