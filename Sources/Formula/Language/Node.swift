/// What of an input a formula reads.
enum InputAspect: UInt8, Sendable {
  case value
  /// The quality's status code as a number.
  case quality
  /// The time in seconds since 1970.
  case time
}

/// One operand, operator or call of a parsed formula.
///
/// Nodes lie in one array, children before their parents, and refer to each other by index: a deep formula
/// needs no recursion to be read, freed or compiled.
struct Node: Sendable {
  enum Kind: UInt8, Sendable {
    case number, input, call, and, or
    /// Children in source order: the value, the condition, the other value.
    case conditional
    /// A chain of comparisons; each operand but the first says how it is compared with the one before.
    case chain
  }

  static let none: Int32 = -1

  var kind: Kind
  /// A call's operator or function.
  var function: Function = .plus
  /// In a chain, the operator between the operand before and this one.
  var joint: Function = .less
  var aspect: InputAspect = .value
  /// Whether a number is written True or False.
  var isBool = false
  /// How many children.
  var count: Int32 = 0
  var first: Int32 = Node.none
  /// The next child of the same parent.
  var next: Int32 = Node.none
  /// The text an error points at: the operator, the function's name, the operand.
  var offset: Int32
  var length: Int32
  var jointOffset: Int32 = 0
  /// An input's number among the dependencies.
  var slot: Int32 = 0
  var value = 0.0
}

/// A parsed and checked formula.
struct SyntaxTree: Sendable {
  var nodes: [Node] = []
  var root: Int32 = Node.none
  var inputs: [FormulaDependency] = []
}
