/// A value of a formula: an input, a constant or the result of an operation.
struct Value: Equatable, Sendable {
  enum Kind: Int32 { case input, constant, temporary }

  private let code: Int32

  init(_ kind: Kind, _ index: Int) {
    code = kind.rawValue << 24 | Int32(truncatingIfNeeded: index)
  }

  @inline(__always) var kind: Kind { Kind(rawValue: code >> 24) ?? .input }
  @inline(__always) var index: Int { Int(code & 0xFF_FFFF) }
  @inline(__always) var hash: UInt32 { UInt32(bitPattern: code) &* 0x9E37_79B1 }
}

/// An operation on values; what the fast code's instructions are made of.
struct Operation: Sendable {
  var operation: FastOperation
  var function: Function
  var a: Value
  var b: Value
  var c: Value
  var d: Value
  var firstArgument = 0
  var argumentCount = 0
  /// How many operations read the result.
  var uses = 0
  /// Checks and what the result is made of.
  var isNeeded = false
}

/// A formula as operations in the order of evaluation, each value computed once.
struct ValueGraph: Sendable {
  var operations: [Operation] = []
  var arguments: [Value] = []
  var constants: [Double] = []
  var inputCount: Int
  var result = Value(.constant, 0)
  /// Whether an input that is not finite may leave a finite result; sums, products and the like carry it on.
  var hidesNotFinite = false

  init(inputCount: Int) { self.inputCount = inputCount }

  /// Marks what the result and the checks need, counts uses, and joins pairs of operations to one.
  mutating func fuse() {
    markNeeded()
    for index in operations.indices where operations[index].isNeeded {
      if let fused = Fusion.join(operations[index], in: self) {
        for absorbed in [fused.first, fused.second] {
          if let absorbed { operations[absorbed].isNeeded = false }
        }
        operations[index] = fused.operation
      }
    }
  }

  private mutating func markNeeded() {
    use(result)
    for index in operations.indices.reversed() {
      if operations[index].operation == .check { operations[index].isNeeded = true }
      guard operations[index].isNeeded else { continue }
      let operation = operations[index]
      if operation.operation == .call {
        for argument in 0..<operation.argumentCount {
          use(arguments[operation.firstArgument + argument])
        }
      } else {
        for place in 0..<operation.operation.operandCount { use(operation[place]) }
      }
    }
  }

  private mutating func use(_ value: Value) {
    guard value.kind == .temporary else { return }
    operations[value.index].uses += 1
    operations[value.index].isNeeded = true
  }

  /// The operation that makes `value`, if only one other reads it.
  func onlyUse(_ value: Value) -> Operation? {
    guard value.kind == .temporary else { return nil }
    let operation = operations[value.index]
    return operation.uses == 1 && operation.isNeeded ? operation : nil
  }
}

extension Operation {
  subscript(place: Int) -> Value {
    switch place {
    case 0: a
    case 1: b
    case 2: c
    default: d
    }
  }
}
