/// A rule that a DBC file can break. `docs/dbc.md` explains each.
public struct Rule: Sendable, Hashable {
  /// The stable name, in lower case with hyphens.
  public let name: String

  /// A rule by its name.
  public init(name: String) { self.name = name }

  // Text and statements

  /// The text does not follow the grammar here; the statement is left out.
  public static let syntax = Rule(name: "syntax")
  /// The semicolon that ends a statement is missing.
  public static let missingSemicolon = Rule(name: "missing-semicolon")
  /// A quoted text has no closing quote.
  public static let unterminatedString = Rule(name: "unterminated-string")
  /// A statement that no version of the format knows; it is left out.
  public static let unknownStatement = Rule(name: "unknown-statement")
  /// A statement that the format names and nobody documents; kept as text.
  public static let opaqueStatement = Rule(name: "opaque-statement")
  /// A comment in the manner of C.
  public static let foreignComment = Rule(name: "foreign-comment")
  /// The text begins with a UTF-8 byte order mark.
  public static let byteOrderMark = Rule(name: "byte-order-mark")
  /// Lines end with a bare carriage return.
  public static let bareCarriageReturn = Rule(name: "bare-carriage-return")
  /// The text contains a zero byte.
  public static let zeroByte = Rule(name: "zero-byte")
  /// A number does not fit where it stands.
  public static let numberOutOfRange = Rule(name: "number-out-of-range")
  /// A number is written as the format does not allow (`.5`, `10.`).
  public static let numberFormat = Rule(name: "number-format")
  /// A name begins with a digit or has bytes outside letters, digits and underscore.
  public static let identifierFormat = Rule(name: "identifier-format")

  // Messages

  /// The identifier has more than 29 bits, or more than 11 without the mark of an extended one.
  public static let identifierRange = Rule(name: "identifier-range")
  /// Two messages have the same identifier.
  public static let duplicateIdentifier = Rule(name: "duplicate-identifier")
  /// Two messages have the same name.
  public static let duplicateMessage = Rule(name: "duplicate-message")
  /// The length is none that a frame or a transport protocol can have.
  public static let messageLength = Rule(name: "message-length")

  // Signals

  /// A signal stands before the first message.
  public static let signalWithoutMessage = Rule(name: "signal-without-message")
  /// Two signals of a message have the same name.
  public static let duplicateSignal = Rule(name: "duplicate-signal")
  /// The signal has bits outside its message.
  public static let signalOutsideMessage = Rule(name: "signal-outside-message")
  /// Two signals that can be active together share bits.
  public static let signalOverlap = Rule(name: "signal-overlap")
  /// Too many signals to compare them all.
  public static let overlapUnchecked = Rule(name: "overlap-unchecked")
  /// The signal has no bits.
  public static let signalLength = Rule(name: "signal-length")
  /// The signal has more than 64 bits; it has no number.
  public static let signalTooLong = Rule(name: "signal-too-long")
  /// The factor is zero: every raw value means the same.
  public static let zeroFactor = Rule(name: "zero-factor")
  /// The minimum is above the maximum.
  public static let rangeInverted = Rule(name: "range-inverted")
  /// A floating-point signal whose length is not 16, 32 or 64 bits.
  public static let floatLength = Rule(name: "float-length")

  // Multiplexing

  /// A multiplexed signal in a message without a multiplexor.
  public static let multiplexorMissing = Rule(name: "multiplexor-missing")
  /// Several multiplexors, and nothing says which selects the signal.
  public static let multiplexorAmbiguous = Rule(name: "multiplexor-ambiguous")
  /// `SG_MUL_VAL_` names a multiplexor that does not exist or does not multiplex.
  public static let multiplexorUnknown = Rule(name: "multiplexor-unknown")
  /// A signal selects itself, directly or through others; it is never active.
  public static let multiplexorCycle = Rule(name: "multiplexor-cycle")
  /// A range of selector values ends before it begins.
  public static let multiplexorRange = Rule(name: "multiplexor-range")
  /// Multiplexors stand within one another deeper than anything real.
  public static let multiplexorDepth = Rule(name: "multiplexor-depth")

  // References

  /// A node that `BU_` does not list.
  public static let unknownNode = Rule(name: "unknown-node")
  /// A message that does not exist.
  public static let unknownMessage = Rule(name: "unknown-message")
  /// A signal that does not exist.
  public static let unknownSignal = Rule(name: "unknown-signal")
  /// An environment variable that does not exist.
  public static let unknownEnvironmentVariable = Rule(name: "unknown-environment-variable")
  /// A value table that does not exist.
  public static let unknownValueTable = Rule(name: "unknown-value-table")
  /// A signal type that does not exist.
  public static let unknownSignalType = Rule(name: "unknown-signal-type")
  /// An attribute without a definition.
  public static let unknownAttribute = Rule(name: "unknown-attribute")

  // Definitions

  /// Two nodes have the same name.
  public static let duplicateNode = Rule(name: "duplicate-node")
  /// Two definitions (value table, attribute, environment variable, signal type) of one name.
  public static let duplicateDefinition = Rule(name: "duplicate-definition")
  /// The same thing is said twice of one object; the last holds.
  public static let duplicateStatement = Rule(name: "duplicate-statement")
  /// Two labels for one value; the first holds.
  public static let duplicateValue = Rule(name: "duplicate-value")
  /// A label for a value that the signal cannot have.
  public static let valueRange = Rule(name: "value-range")
  /// The value is not of the attribute's type.
  public static let attributeType = Rule(name: "attribute-type")
  /// The value is outside the attribute's range.
  public static let attributeRange = Rule(name: "attribute-range")
  /// An attribute type that only some tools know (`BOOL`).
  public static let attributeTypeUnknown = Rule(name: "attribute-type-unknown")

  /// There are more findings than are listed; as bad as the worst of them.
  public static let findingsLimit = Rule(name: "findings-limit")
}
