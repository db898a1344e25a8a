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
  /// A step's code; C's calling convention makes it a plain pointer, without a context to keep alive.
  @usableFromInline typealias Handler =
    @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Double

  @usableFromInline let program: Program
  /// How many inputs there are.
  public let count: Int
  /// Values of inputs, then constants, then temporaries of the fast code.
  @usableFromInline let registers: UnsafeMutablePointer<Double>
  @usableFromInline let qualities: UnsafeMutablePointer<UInt32>
  let times: UnsafeMutablePointer<Int64>
  let stack: ExactStack
  /// What the formula's functions with memory remember, unless an evaluation is given memory of its own.
  ///
  /// It must come from the same formula.
  public var state: FormulaState {
    get { memory }
    set {
      precondition(newValue.keys == memory.keys, "the memory belongs to another formula")
      memory = newValue
    }
  }
  private var memory: FormulaState
  /// The fast code's first handler, or one that asks the exact code.
  @usableFromInline let entry: Handler
  @usableFromInline let code: UnsafeMutableRawPointer
  @usableFromInline let temporaries: UnsafeMutablePointer<Double>
  /// How many inputs are not good or not finite; while it is 0 the fast code may run.
  @usableFromInline var impaired: Int

  init(_ program: Program) {
    self.program = program
    count = program.inputs.count
    let registerCount = program.registerCount
    registers = .allocate(capacity: registerCount)
    registers.initialize(repeating: 0, count: registerCount)
    qualities = .allocate(capacity: Swift.max(count, 1))
    qualities.initialize(repeating: FormulaStatus.badNoData, count: Swift.max(count, 1))
    times = .allocate(capacity: Swift.max(count, 1))
    times.initialize(repeating: 0, count: Swift.max(count, 1))
    stack = ExactStack(depth: program.exact.stackDepth, branches: program.exact.branchDepth)
    impaired = count
    memory = FormulaState(program.layout)

    let instructions = program.fast?.instructions ?? []
    let constants = program.fast?.constants ?? []
    for (index, constant) in constants.enumerated() { registers[count + index] = constant }
    temporaries = registers + count + constants.count
    let steps = UnsafeMutablePointer<FastStep>.allocate(capacity: Swift.max(instructions.count, 1))
    for (index, step) in instructions.enumerated() {
      (steps + index).initialize(
        to: FastStep(
          handler: FastHandlers.handler(of: step.operation), a: step.a, b: step.b, c: step.c,
          d: step.d))
    }
    if let last = program.fast?.lastOperation,
      let handler = FastHandlers.handler(ofLast: instructions[last].operation)
    {
      steps[last].handler = handler
    }
    code = UnsafeMutableRawPointer(steps)
    entry = instructions.isEmpty ? { _, _, _ in .nan } : steps[0].handler
  }

  deinit {
    registers.deallocate()
    qualities.deallocate()
    times.deallocate()
    stack.deallocate()
    code.deallocate()
  }

  /// An input's value; setting it makes its quality good.
  ///
  /// An input that was never set is bad. The slot must be below ``count``.
  @inlinable
  public subscript(slot: Int) -> Double {
    get {
      checkSlot(slot)
      return withExtendedLifetime(self) { registers[slot] }
    }
    set {
      checkSlot(slot)
      // Here and below: the pointers alone would not keep the memory alive.
      withExtendedLifetime(self) {
        // The difference of finite numbers is finite or so large that looking closer does no harm.
        if qualities[slot] == 0, (newValue - registers[slot]).isFinite {
          registers[slot] = newValue
        } else {
          set(slot, to: newValue, 0)
        }
      }
    }
  }

  /// Sets an input with its status code and its time in nanoseconds since 1970.
  public func set(_ slot: Int, value: Double, quality: UInt32 = 0, time: Int64 = 0) {
    checkSlot(slot)
    withExtendedLifetime(self) {
      times[slot] = time
      set(slot, to: value, quality)
    }
  }

  /// Sets all inputs, in the order of the dependencies, to good values.
  ///
  /// `values` must hold ``count`` numbers at least; what comes after them is left alone.
  @inlinable
  public func setAll(_ values: UnsafeBufferPointer<Double>) {
    precondition(values.count >= count, "a value is needed for each input")
    guard let first = values.baseAddress else { return }
    withExtendedLifetime(self) {
      var slot = 0
      // A finite number less itself is zero, others leave bits behind.
      var trace = SIMD2<UInt64>()
      // Inputs are few: moving them two by two costs less than calling for a copy.
      while slot &+ 1 < count {
        let pair = UnsafeRawPointer(first + slot).loadUnaligned(as: SIMD2<Double>.self)
        UnsafeMutableRawPointer(registers + slot).storeBytes(of: pair, as: SIMD2<Double>.self)
        trace |= unsafeBitCast(pair - pair, to: SIMD2<UInt64>.self)
        slot &+= 2
      }
      if slot < count {
        let value = first[slot]
        registers[slot] = value
        trace[0] |= (value - value).bitPattern
      }
      if UInt64(bitPattern: Int64(impaired)) | trace[0] | trace[1] != 0 { makeAllGood() }
    }
  }

  /// The status code of an input.
  public func quality(of slot: Int) -> UInt32 {
    checkSlot(slot)
    return withExtendedLifetime(self) { qualities[slot] }
  }

  /// The time of an input, in nanoseconds since 1970.
  package func time(of slot: Int) -> Int64 {
    checkSlot(slot)
    return withExtendedLifetime(self) { times[slot] }
  }

  @inlinable @inline(__always)
  func checkSlot(_ slot: Int) {
    precondition(slot >= 0 && slot < count, "no such input of the formula")
  }

  @usableFromInline
  func set(_ slot: Int, to value: Double, _ quality: UInt32) {
    withExtendedLifetime(self) {
      let before = isImpaired(slot) ? 1 : 0
      registers[slot] = value
      qualities[slot] = quality
      impaired += (isImpaired(slot) ? 1 : 0) - before
    }
  }

  private func isImpaired(_ slot: Int) -> Bool {
    !FormulaStatus.isGood(qualities[slot]) || !registers[slot].isFinite
  }

  @usableFromInline
  func makeAllGood() {
    withExtendedLifetime(self) {
      qualities.update(repeating: FormulaStatus.good, count: count)
      impaired = 0
      for slot in 0..<count where !registers[slot].isFinite { impaired += 1 }
    }
  }

  /// The newest time among the inputs; 0 without inputs.
  var newestTime: Int64 {
    withExtendedLifetime(self) {
      var newest = count > 0 ? times[0] : 0
      for slot in 1..<Swift.max(count, 1) { newest = Swift.max(newest, times[slot]) }
      return newest
    }
  }

  @usableFromInline @inline(never)
  func evaluateExactly() -> FormulaResult { evaluateExactly(at: newestTime) }

  func evaluateExactly(at now: Int64) -> FormulaResult {
    guard !memory.words.isEmpty else { return evaluate(memory: nil, at: now) }
    return memory.words.withUnsafeMutableBufferPointer {
      evaluate(memory: $0.baseAddress, at: now)
    }
  }

  func evaluate(memory: UnsafeMutablePointer<UInt64>?, at now: Int64) -> FormulaResult {
    withExtendedLifetime(self) {
      ExactEvaluator(
        program: program, inputs: registers, qualities: qualities, times: times, stack: stack,
        memory: memory, now: now
      ).run()
    }
  }
}
