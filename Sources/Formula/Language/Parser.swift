/// Reads a formula into a ``SyntaxTree`` by operator precedence, with stacks of its own: however deep
/// the text nests, the machine's stack does not grow.
struct Parser {
  var lexer: Lexer
  let options: FormulaOptions
  let limits: FormulaLimits
  let bytes: UnsafeBufferPointer<UInt8>

  var tree = SyntaxTree()
  /// Finished operands, by node.
  var output: [Int32] = []
  var pending: [Pending] = []
  /// The operators of the comparison chains that are open.
  var joints: [(function: Function, offset: Int32)] = []
  var depth = 0
  /// For each input, where it first stood and its hash.
  var seen: [(hash: UInt32, offset: Int32, length: Int32)] = []

  /// An operator, call or parenthesis whose right end is not reached yet.
  struct Pending {
    enum Kind: UInt8 { case group, call, prefix, infix, and, or, chain, condition, otherwise }
    var kind: Kind
    var function: Function = .plus
    var precedence: UInt8
    var offset: Int32
    var length: Int32
    /// Arguments of a call so far, operators of a chain so far.
    var count: Int32 = 0
    /// The index of a called function's specification.
    var callee = 0
  }

  enum Precedence {
    static let group: UInt8 = 0
    static let conditional: UInt8 = 1
    static let or: UInt8 = 2
    static let and: UInt8 = 3
    static let not: UInt8 = 4
    static let comparison: UInt8 = 5
    static let sign: UInt8 = 12
    static let power: UInt8 = 13
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, options: FormulaOptions) {
    self.bytes = bytes
    self.options = options
    limits = options.limits.effective
    lexer = Lexer(bytes, limits: limits)
    let estimate = Swift.min(bytes.count / 2 + 2, 64)
    tree.nodes.reserveCapacity(estimate)
    output.reserveCapacity(16)
    pending.reserveCapacity(16)
  }

  /// The whole formula.
  mutating func parse() throws(Complaint) -> SyntaxTree {
    guard bytes.count <= limits.sourceLength else {
      throw Complaint(
        .limit, "a formula may have \(limits.sourceLength) bytes, this one has \(bytes.count)",
        at: limits.sourceLength, length: 0)
    }
    while true {
      try operand()
      guard try continuation() else { break }
    }
    tree.root = output.last ?? Node.none
    return tree
  }
}

extension Parser.Pending {
  init(
    kind: Kind, function: Function = .plus, precedence: UInt8, at token: Token
  ) {
    self.init(
      kind: kind, function: function, precedence: precedence, offset: Int32(token.offset),
      length: Int32(token.length))
  }
}
