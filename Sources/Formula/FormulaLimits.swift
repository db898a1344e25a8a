/// The bounds that make any formula safe to compile and to run.
///
/// A formula has no loops, so its evaluation takes a time bounded by its size; these bound the size.
public struct FormulaLimits: Sendable, Hashable {
  /// The longest source, in UTF-8 bytes. At most 65,536 have effect.
  public var sourceLength = 4_096
  /// How deep parentheses, calls, signs, powers and `else` may nest.
  public var depth = 64
  /// How many operands, operators and calls a formula may have. At most 16,384 have effect.
  public var nodes = 1_024
  /// How many arguments a call may have. At most 255 have effect.
  public var arguments = 32
  /// How many different names and tags a formula may use.
  public var inputs = 256
  /// The longest number, in characters.
  public var literalLength = 64
  /// The longest window of a moving function, in samples.
  public var window = 4_096
  /// The most memory that the stateful functions of a formula may use, in bytes.
  ///
  /// The default has room for the longest default window of any function: the median keeps each sample twice.
  public var stateSize = 66_560

  /// The default limits.
  public init() {}

  /// The limits with those that the compiled form imposes.
  var effective: FormulaLimits {
    var limits = self
    limits.sourceLength = Swift.min(Swift.max(sourceLength, 0), 65_536)
    limits.depth = Swift.min(Swift.max(depth, 1), 4_096)
    limits.nodes = Swift.min(Swift.max(nodes, 1), 16_384)
    limits.arguments = Swift.min(Swift.max(arguments, 0), 255)
    limits.inputs = Swift.min(Swift.max(inputs, 0), 4_096)
    limits.window = Swift.min(Swift.max(window, 1), 1_048_576)
    limits.stateSize = Swift.min(Swift.max(stateSize, 0), 1 << 26)
    return limits
  }
}
