/// Joins operations to the pairs that the fast code has instructions for.
enum Fusion {
  struct Joined {
    var operation: Operation
    /// The operations that the new one stands for as well.
    var first: Int?
    var second: Int?
  }

  /// The pair that ends with `operation`, if one of its operands is made for it alone.
  static func join(_ operation: Operation, in graph: ValueGraph) -> Joined? {
    switch operation.operation {
    case .add, .subtract, .multiply, .divide: arithmetic(operation, graph)
    case .select: select(operation, graph)
    case .both, .either: truth(operation, graph)
    default: nil
    }
  }

  // MARK: Arithmetic

  private static func arithmetic(_ last: Operation, _ graph: ValueGraph) -> Joined? {
    let left = graph.onlyUse(last.a)
    let right = graph.onlyUse(last.b)
    if let left, let right, last.a != last.b,
      let joined = pair(left.operation, last.operation, right.operation)
    {
      var operation = left
      operation.operation = joined
      operation.c = right.a
      operation.d = right.b
      return joinedOperation(operation, last, last.a.index, last.b.index)
    }
    if let left, let joined = sequence(left.operation, last.operation, isSwapped: false) {
      var operation = left
      operation.operation = joined
      if joined.operandCount == 4 { operation.d = last.b } else { operation.c = last.b }
      return joinedOperation(operation, last, last.a.index, nil)
    }
    if let right, let joined = sequence(right.operation, last.operation, isSwapped: true) {
      var operation = right
      operation.operation = joined
      if joined.operandCount == 4 { operation.d = last.a } else { operation.c = last.a }
      return joinedOperation(operation, last, last.b.index, nil)
    }
    return nil
  }

  private static func joinedOperation(
    _ operation: Operation, _ last: Operation, _ first: Int, _ second: Int?
  ) -> Joined {
    var operation = operation
    operation.uses = last.uses
    operation.isNeeded = true
    return Joined(operation: operation, first: first, second: second)
  }

  /// `(a first b) then c`, or `c then (a first b)` if swapped; `first` may be such a pair itself.
  ///
  /// The names of pairs and threes stand in the order of these numbers; a test holds that against the handlers.
  private static func sequence(
    _ first: FastOperation, _ then: FastOperation, isSwapped: Bool
  ) -> FastOperation? {
    let second: UInt16? =
      switch (then, isSwapped) {
      case (.add, _): 0
      case (.subtract, false): 1
      case (.subtract, true): 2
      case (.multiply, _): 3
      case (.divide, false): 4
      case (.divide, true): 5
      default: nil
      }
    guard let second else { return nil }
    if let number = plain(first) {
      return FastOperation(rawValue: FastOperation.addThenAdd.rawValue + 6 * number + second)
    }
    let pairs = FastOperation.addThenAdd.rawValue...FastOperation.divideThenDivideInto.rawValue
    guard pairs.contains(first.rawValue) else { return nil }
    let number = first.rawValue - FastOperation.addThenAdd.rawValue
    return FastOperation(rawValue: FastOperation.addThenAddThenAdd.rawValue + 6 * number + second)
  }

  /// `(a left b) with (c right d)`.
  private static func pair(
    _ left: FastOperation, _ with: FastOperation, _ right: FastOperation
  ) -> FastOperation? {
    guard let left = plain(left), let with = plain(with), let right = plain(right), left < 3,
      right < 3
    else { return nil }
    return FastOperation(
      rawValue: FastOperation.sumPlusSum.rawValue + (left * 4 + with) * 3 + right)
  }

  private static func plain(_ operation: FastOperation) -> UInt16? {
    switch operation {
    case .add: 0
    case .subtract: 1
    case .multiply: 2
    case .divide: 3
    default: nil
    }
  }

  // MARK: Conditions

  private static func select(_ last: Operation, _ graph: ValueGraph) -> Joined? {
    guard let condition = graph.onlyUse(last.a) else { return nil }
    var operation = condition
    switch condition.operation {
    case .less: operation.operation = .lessSelect
    case .lessOrEqual: operation.operation = .lessOrEqualSelect
    case .equal: operation.operation = .equalSelect
    case .notEqual: operation.operation = .notEqualSelect
    case .not:
      operation = last
      operation.a = condition.a
      (operation.b, operation.c) = (last.c, last.b)
      return joinedOperation(operation, last, last.a.index, nil)
    default: return nil
    }
    operation.c = last.b
    operation.d = last.c
    return joinedOperation(operation, last, last.a.index, nil)
  }

  /// `and` and `or` of truths; the order does not matter, as both are there.
  private static func truth(_ last: Operation, _ graph: ValueGraph) -> Joined? {
    let isAnd = last.operation == .both
    let left = graph.onlyUse(last.a)
    let right = graph.onlyUse(last.b)
    if let left, let right, last.a != last.b,
      let joined = comparisons(left.operation, isAnd, right.operation)
    {
      var operation = left
      operation.operation = joined
      operation.c = right.a
      operation.d = right.b
      return joinedOperation(operation, last, last.a.index, last.b.index)
    }
    for (comparison, place, other) in [(right, last.b, last.a), (left, last.a, last.b)] {
      guard let comparison, let joined = withTruth(comparison.operation, isAnd) else { continue }
      var operation = comparison
      operation.operation = joined
      operation.c = other
      return joinedOperation(operation, last, place.index, nil)
    }
    return nil
  }

  private static func withTruth(_ comparison: FastOperation, _ isAnd: Bool) -> FastOperation? {
    switch comparison {
    case .less: isAnd ? .lessAnd : .lessOr
    case .lessOrEqual: isAnd ? .lessOrEqualAnd : .lessOrEqualOr
    case .equal: isAnd ? .equalAnd : .equalOr
    case .notEqual: isAnd ? .notEqualAnd : .notEqualOr
    default: nil
    }
  }

  private static func comparisons(
    _ left: FastOperation, _ isAnd: Bool, _ right: FastOperation
  ) -> FastOperation? {
    switch (left, right) {
    case (.less, .less): isAnd ? .lessAndLess : .lessOrLess
    case (.less, .lessOrEqual): isAnd ? .lessAndLessOrEqual : .lessOrLessOrEqual
    case (.lessOrEqual, .less): isAnd ? .lessOrEqualAndLess : .lessOrEqualOrLess
    case (.lessOrEqual, .lessOrEqual):
      isAnd ? .lessOrEqualAndLessOrEqual : .lessOrEqualOrLessOrEqual
    default: nil
    }
  }
}
