/// A step of the exact code: a stack machine in the order of evaluation, with jumps around what is not evaluated.
///
/// It defines what a formula means: laziness, errors, qualities, memory. The fast code (registers, no
/// jumps) only ever gives the same answer sooner, and hands over to this one when anything is out of the ordinary.
struct ExactInstruction: Sendable {
  enum Operation: UInt8, Sendable {
    /// Pushes input `operand`.
    case input
    /// Pushes the status code of input `operand`.
    case quality
    /// Pushes the time of input `operand`.
    case time
    /// Pushes constant `operand`.
    case constant
    /// Replaces the last `count` values by the function of them.
    case call
    /// Takes a condition; goes to `operand` if it is false.
    case branchIfFalse
    /// Goes to `operand`.
    case jump
    /// `and`: goes to `operand` keeping the value if it is false, else drops it.
    case keepIfFalse
    /// `or`: goes to `operand` keeping the value if it is true, else drops it.
    case keepIfTrue
    /// One comparison of a chain: puts False and goes to `operand` if it does not hold, else keeps the right value.
    case chain
    /// Ends what a branch began.
    case join
    case end
  }

  var operation: Operation
  var function: Function = .plus
  var count: UInt16 = 0
  var operand: UInt32 = 0
  /// The text that an error of this step points at.
  var offset: UInt32 = 0
  var length: UInt16 = 0
}
