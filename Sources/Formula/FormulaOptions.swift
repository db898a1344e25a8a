/// What a formula may refer to and how large it may be.
public struct FormulaOptions: Sendable {
  /// The names and tag paths that may be used; nil lets a formula use any, and its
  /// ``CompiledFormula/dependencies`` say which it does.
  ///
  /// A declared name may be the name of a function (`rate`, `step`): without parentheses it is the input.
  public var names: Set<String>?

  /// The tag that the formula is attached to: `val`, `value` and `x` stand for it.
  public var subject: String?

  /// The bounds of source, depth and size.
  public var limits = FormulaLimits()

  /// Options by their parts; by default any name may be used and no tag is attached.
  public init(
    names: Set<String>? = nil, subject: String? = nil, limits: FormulaLimits = FormulaLimits()
  ) {
    self.names = names
    self.subject = subject
    self.limits = limits
  }
}
