/// Turns exact code into a graph of values without jumps: both arms of each condition are computed.
///
/// What makes this right: an operation that fails gives infinity or NaN, never a plausible number. Such a
/// value is *unsettled*. Arithmetic carries it on to the result, where not being finite gives it away; before
/// anything that could swallow it (a comparison, `min`, a divisor), a check is put that holds only on the path
/// on which the value would be computed at all. The same check stands before what could swallow a NaN, which makes
/// its result bad; as the fast code runs on finite inputs only, that takes two overflows and is rarely needed.
struct ValueGraphBuilder {
  /// A value on the stack of the code being read.
  struct Entry {
    var value: Value
    /// Whether it may stand for a failure.
    var isUnsettled = false
    /// Whether it is 0 or 1.
    var isBool = false
    /// Whether finite inputs can make it infinite, and NaN.
    var mayBeInfinite = false
    var mayBeNaN = false
  }

  /// A branch whose end is not reached yet.
  private struct Branch {
    enum Kind { case conditional, and, or, chain }
    var kind: Kind
    var condition: Entry
    var isNegated: Bool
  }

  var graph: ValueGraph
  private var stack: [Entry] = []
  private var branches: [Branch] = []
  /// The last operation with a hash, to find one that is already there.
  private var recent = [Int32](repeating: -1, count: 64)

  init(inputCount: Int) {
    graph = ValueGraph(inputCount: inputCount)
    graph.operations.reserveCapacity(32)
    graph.constants.reserveCapacity(16)
    stack.reserveCapacity(16)
  }

  mutating func build(_ exact: ExactCode) -> ValueGraph? {
    for instruction in exact.instructions {
      let operand = Int(instruction.operand)
      switch instruction.operation {
      case .quality, .time: return nil
      case .input: stack.append(Entry(value: Value(.input, operand)))
      case .constant: stack.append(constant(exact.constants[operand]))
      case .call:
        guard !instruction.function.isStateful else { return nil }
        call(instruction.function, count: Int(instruction.count))
      case .branchIfFalse: open(.conditional, settled(pop()))
      case .keepIfFalse, .keepIfTrue:
        let left = settled(pop())
        stack.append(left)
        open(
          instruction.operation == .keepIfFalse ? .and : .or, left,
          isNegated: instruction.operation == .keepIfTrue)
      case .jump:
        if let last = branches.indices.last { branches[last].isNegated = true }
      case .chain: chain(instruction)
      case .join: join()
      case .end: break
      }
    }
    graph.result = pop().value
    return graph
  }

  private mutating func pop() -> Entry { stack.popLast() ?? constant(.nan) }

  // MARK: Branches

  private mutating func open(_ kind: Branch.Kind, _ condition: Entry, isNegated: Bool = false) {
    branches.append(Branch(kind: kind, condition: condition, isNegated: isNegated))
  }

  private mutating func chain(_ instruction: ExactInstruction) {
    let right = settled(pop())
    let left = settled(pop())
    let holds = compare(instruction.function, left, right)
    stack.append(right)
    if instruction.count == 1 {
      open(.chain, holds)
    } else if let last = branches.indices.last {
      branches[last].condition = both(branches[last].condition, holds)
    }
  }

  private mutating func join() {
    guard let branch = branches.popLast() else { return }
    let second = pop()
    switch branch.kind {
    case .conditional: stack.append(select(branch.condition, pop(), second))
    case .chain: stack.append(both(branch.condition, second))
    case .and:
      let left = pop()
      stack.append(
        left.isBool && second.isBool && !second.isUnsettled
          ? both(left, second) : select(left, second, left))
    case .or:
      let left = pop()
      stack.append(
        left.isBool && second.isBool && !second.isUnsettled
          ? either(left, second) : select(left, left, second))
    }
  }

  /// Puts a check before an unsettled value goes where its failure could get lost.
  ///
  /// `hidesNaN`: a NaN could get lost there as well.
  mutating func settled(_ entry: Entry, hidesNaN: Bool = true) -> Entry {
    if hidesNaN { graph.hidesNotFinite = true }
    guard entry.isUnsettled || entry.mayBeNaN else { return entry }
    var path = constant(1)
    for branch in branches {
      let holds = truth(branch.condition)
      path = both(path, branch.isNegated ? not(holds) : holds)
    }
    if constantValue(path) != 0 {
      _ = emit(.check, entry.value, path.value)
    }
    return Entry(value: entry.value, isBool: entry.isBool)
  }

  // MARK: Values

  mutating func constant(_ value: Double) -> Entry {
    var index = graph.constants.count
    for (place, known) in graph.constants.enumerated().suffix(16)
    where known.bitPattern == value.bitPattern {
      index = place
    }
    if index == graph.constants.count { graph.constants.append(value) }
    return Entry(
      value: Value(.constant, index), isBool: value == 1 || value.bitPattern == 0,
      mayBeInfinite: value.isInfinite, mayBeNaN: value.isNaN)
  }

  func constantValue(_ entry: Entry) -> Double? {
    entry.value.kind == .constant ? graph.constants[entry.value.index] : nil
  }

  /// The value of an operation, found or added.
  mutating func emit(
    _ operation: FastOperation, function: Function = .plus, _ a: Value, _ b: Value? = nil,
    _ c: Value? = nil, _ d: Value? = nil
  ) -> Value {
    let new = Operation(
      operation: operation, function: function, a: a, b: b ?? a, c: c ?? a, d: d ?? a)
    var hash = UInt32(operation.rawValue) &* 31 &+ UInt32(function.rawValue)
    hash = (hash ^ new.a.hash) &* 0x85EB_CA6B
    hash = (hash ^ new.b.hash) &* 0xC2B2_AE35
    hash = (hash ^ new.c.hash) &* 0x27D4_EB2F
    let slot = Int((hash ^ hash >> 15) & 63)
    let known = recent[slot]
    if known >= 0 {
      let other = graph.operations[Int(known)]
      if other.operation == operation, other.function == function, other.a == new.a,
        other.b == new.b, other.c == new.c, other.d == new.d
      {
        return Value(.temporary, Int(known))
      }
    }
    graph.operations.append(new)
    recent[slot] = Int32(truncatingIfNeeded: graph.operations.count - 1)
    return Value(.temporary, graph.operations.count - 1)
  }

  // MARK: Truth

  mutating func truth(_ entry: Entry) -> Entry {
    if entry.isBool { return entry }
    if let value = constantValue(entry) { return constant(value != 0 ? 1 : 0) }
    return Entry(value: emit(.notEqual, entry.value, constant(0).value), isBool: true)
  }

  mutating func not(_ entry: Entry) -> Entry {
    if let value = constantValue(entry) { return constant(value == 0 ? 1 : 0) }
    return Entry(value: emit(.not, entry.value), isBool: true)
  }

  private mutating func both(_ a: Entry, _ b: Entry) -> Entry {
    if let value = constantValue(a) { return value != 0 ? truth(b) : constant(0) }
    if let value = constantValue(b) { return value != 0 ? truth(a) : constant(0) }
    return Entry(value: emit(.both, truth(a).value, truth(b).value), isBool: true)
  }

  private mutating func either(_ a: Entry, _ b: Entry) -> Entry {
    if let value = constantValue(a) { return value != 0 ? constant(1) : truth(b) }
    if let value = constantValue(b) { return value != 0 ? constant(1) : truth(a) }
    return Entry(value: emit(.either, truth(a).value, truth(b).value), isBool: true)
  }

  mutating func select(_ condition: Entry, _ x: Entry, _ y: Entry) -> Entry {
    if let value = constantValue(condition) { return value != 0 ? x : y }
    if x.value == y.value { return either(x, y, x.value) }
    if let one = constantValue(x), let other = constantValue(y), condition.isBool {
      if one == 1, other.bitPattern == 0 { return condition }
      if one.bitPattern == 0, other == 1 { return not(condition) }
    }
    return either(x, y, emit(.select, condition.value, x.value, y.value))
  }

  /// `value` is one of the two.
  private func either(_ x: Entry, _ y: Entry, _ value: Value) -> Entry {
    Entry(
      value: value, isUnsettled: x.isUnsettled || y.isUnsettled, isBool: x.isBool && y.isBool,
      mayBeInfinite: x.mayBeInfinite || y.mayBeInfinite, mayBeNaN: x.mayBeNaN || y.mayBeNaN)
  }

  mutating func compare(_ function: Function, _ a: Entry, _ b: Entry) -> Entry {
    let value =
      switch function {
      case .less: emit(.less, a.value, b.value)
      case .lessOrEqual: emit(.lessOrEqual, a.value, b.value)
      case .greater: emit(.less, b.value, a.value)
      case .greaterOrEqual: emit(.lessOrEqual, b.value, a.value)
      case .equal: emit(.equal, a.value, b.value)
      default: emit(.notEqual, a.value, b.value)
      }
    return Entry(value: value, isBool: true)
  }

  // MARK: Calls

  private mutating func call(_ function: Function, count: Int) {
    let first = stack.count - count
    guard first >= 0, count > 0 else { return }
    if let folded = folded(function, first, count) {
      stack.removeLast(count)
      stack.append(constant(folded))
      return
    }
    let arguments = Array(stack[first...])
    stack.removeLast(count)
    stack.append(lower(function, arguments))
  }

  private func folded(_ function: Function, _ first: Int, _ count: Int) -> Double? {
    guard function.isPure || function == .defaultTo || function == .isGood else { return nil }
    for index in first..<stack.count where constantValue(stack[index]) == nil { return nil }
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { values in
      guard let base = values.baseAddress else { return nil }
      for index in 0..<count { base[index] = constantValue(stack[first + index]) ?? .nan }
      let outcome = Arithmetic.apply(function, base, count)
      // What is NaN stays to be computed, so that its quality is found out.
      return outcome.fault == .none && !outcome.value.isNaN ? outcome.value : nil
    }
  }

  /// A call that has no instruction of its own.
  mutating func general(_ function: Function, _ arguments: [Entry], isUnsettled: Bool = true)
    -> Entry
  {
    let first = graph.arguments.count
    for argument in arguments { graph.arguments.append(settled(argument).value) }
    var operation = Operation(
      operation: .call, function: function, a: arguments[0].value, b: arguments[0].value,
      c: arguments[0].value, d: arguments[0].value)
    operation.firstArgument = first
    operation.argumentCount = arguments.count
    graph.operations.append(operation)
    return Entry(
      value: Value(.temporary, graph.operations.count - 1), isUnsettled: isUnsettled,
      isBool: function.givesBool && !isUnsettled)
  }
}
