/// A piece of a formula's text.
struct Token {
  enum Kind: UInt8 {
    case number, name, tag
    case leftParenthesis, rightParenthesis, comma
    /// An operator; ``Token/function`` says which (`-` and `+` are read as binary).
    case `operator`
    case end
  }

  var kind: Kind
  var function: Function = .add
  var offset: Int
  var length: Int
  /// The value of a number.
  var value = 0.0
  /// The hash of a name or tag.
  var hash: UInt32 = 0
}
