/// A step of the fast code before it is laid out in memory; see ``FastStep``.
struct FastInstruction: Sendable {
  var operation: FastOperation
  var a: UInt16 = 0
  var b: UInt16 = 0
  var c: UInt16 = 0
  var d: UInt16 = 0
  /// Whether it only holds operands of the call before it.
  var isOperandList = false
}
