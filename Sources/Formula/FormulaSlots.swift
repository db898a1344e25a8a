/// The inputs of one formula and the memory its evaluation works in.
///
/// Make one for each formula (and thread), fill it, evaluate, fill it again: nothing is allocated after it was made.
///
/// ```
/// let slots = formula.makeSlots()
/// slots[0] = 512                                    // a good value
/// slots.set(1, value: 3, quality: sample.quality)   // with its status code and time
/// let result = formula.evaluate(slots)
/// ```
///
/// A slot's number is the index in ``CompiledFormula/dependencies``. An instance is for one thread at a time.
public final class FormulaSlots {
  let program: Program
  /// Values of inputs, then constants, then temporaries of the fast code.
  let registers: UnsafeMutablePointer<Double>
  let qualities: UnsafeMutablePointer<UInt32>
  let times: UnsafeMutablePointer<Int64>
  let stack: ExactStack
  /// How many inputs are not good; while it is 0 the fast code may run.
  private(set) var impaired: Int

  init(_ program: Program) {
    self.program = program
    let inputs = program.inputs.count
    registers = .allocate(capacity: program.registerCount)
    registers.initialize(repeating: 0, count: program.registerCount)
    qualities = .allocate(capacity: Swift.max(inputs, 1))
    qualities.initialize(repeating: FormulaStatus.badNoData, count: Swift.max(inputs, 1))
    times = .allocate(capacity: Swift.max(inputs, 1))
    times.initialize(repeating: 0, count: Swift.max(inputs, 1))
    stack = ExactStack(depth: program.exact.stackDepth, branches: program.exact.branchDepth)
    impaired = inputs
    program.initialize(registers: registers)
  }

  deinit {
    registers.deallocate()
    qualities.deallocate()
    times.deallocate()
    stack.deallocate()
  }

  /// How many inputs there are.
  public var count: Int { program.inputs.count }

  /// An input's value; setting it makes its quality good.
  ///
  /// An input that was never set is bad. The slot must be below ``count``.
  public subscript(slot: Int) -> Double {
    get {
      checkSlot(slot)
      return registers[slot]
    }
    set {
      checkSlot(slot)
      registers[slot] = newValue
      if qualities[slot] != 0 { setQuality(slot, FormulaStatus.good) }
    }
  }

  /// Sets an input with its status code and its time in nanoseconds since 1970.
  public func set(_ slot: Int, value: Double, quality: UInt32 = 0, time: Int64 = 0) {
    checkSlot(slot)
    registers[slot] = value
    times[slot] = time
    if qualities[slot] != quality { setQuality(slot, quality) }
  }

  /// Sets all inputs, in the order of the dependencies, to good values.
  public func setAll(_ values: UnsafeBufferPointer<Double>) {
    precondition(values.count == count, "a value for each input")
    guard let source = values.baseAddress else { return }
    registers.update(from: source, count: values.count)
    if impaired != 0 {
      qualities.update(repeating: FormulaStatus.good, count: values.count)
      impaired = 0
    }
  }

  /// The status code of an input.
  public func quality(of slot: Int) -> UInt32 {
    checkSlot(slot)
    return qualities[slot]
  }

  @inline(__always)
  private func checkSlot(_ slot: Int) {
    precondition(slot >= 0 && slot < program.inputs.count, "no such input of the formula")
  }

  private func setQuality(_ slot: Int, _ quality: UInt32) {
    let before = FormulaStatus.isGood(qualities[slot]) ? 0 : 1
    let after = FormulaStatus.isGood(quality) ? 0 : 1
    qualities[slot] = quality
    impaired += after - before
  }
}
