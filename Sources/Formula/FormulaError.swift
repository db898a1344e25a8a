/// Why a formula was refused or could not give a value.
///
/// An error made while compiling points at the first offending character; one made while evaluating points
/// at the operator or function that failed.
///
/// ```
/// unknownName at line 1, column 7: unknown name 'preasure'; did you mean 'pressure'?
///   0.1 * preasure + 4
///         ^^^^^^^^
/// ```
public struct FormulaError: Error, Sendable, Equatable {
  /// What kind of error it is; open, so that kinds can be added without breaking a `switch`.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The kind's stable spelling, as the command line prints it.
    public let rawValue: String

    /// A kind by its spelling.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text is not a formula.
    public static let syntax = Code(rawValue: "syntax")
    /// A name, tag or function that was not declared, or an input that was not given.
    public static let unknownName = Code(rawValue: "unknownName")
    /// A function got too few or too many arguments.
    public static let arity = Code(rawValue: "arity")
    /// Python that this language leaves out on purpose: attributes, strings, lambdas, assignments.
    public static let notAllowed = Code(rawValue: "notAllowed")
    /// The formula passes one of the ``FormulaLimits``.
    public static let limit = Code(rawValue: "limit")
    /// Division or modulo by zero (Python's `ZeroDivisionError`).
    public static let divisionByZero = Code(rawValue: "divisionByZero")
    /// An argument outside the function's domain (Python's `ValueError`).
    public static let domain = Code(rawValue: "domain")
    /// A result too large for a number (Python's `OverflowError`).
    public static let overflow = Code(rawValue: "overflow")
    /// A bitwise operator or a digit count met a number that is not integral (Python's `TypeError`).
    public static let type = Code(rawValue: "type")
    /// A set of formulas in which one depends on itself.
    public static let cycle = Code(rawValue: "cycle")
    /// Units that do not go together.
    public static let unit = Code(rawValue: "unit")
    /// Exported memory of stateful functions that can't be read.
    public static let state = Code(rawValue: "state")
    /// A formula that has no inverse in the variable asked for.
    public static let notInvertible = Code(rawValue: "notInvertible")
    /// Columns of different lengths, or not one for each input.
    public static let shape = Code(rawValue: "shape")
  }

  /// What kind of error it is.
  public var code: Code
  /// What is wrong, in a sentence for a person.
  public var message: String
  /// Where the offending text starts, in UTF-8 bytes from the start of the formula.
  public var offset: Int
  /// The line of the offending text, from 1.
  public var line: Int
  /// The column of the offending text, in characters from 1.
  public var column: Int
  /// How many UTF-8 bytes the offending text has; 0 at the end of the formula.
  public var length: Int
  /// At most 80 characters of the offending line and, below, a line with carets under the offending part.
  public var snippet: String
  /// A known name that is near to an unknown one.
  public var suggestion: String?

  /// An error from its parts, placed in `source` by byte offset and length.
  init(_ complaint: Complaint, in source: String) {
    let place = SourcePlace(offset: complaint.offset, length: complaint.length, in: source)
    code = complaint.code
    message = complaint.message
    suggestion = complaint.suggestion
    if let suggestion { message += "; did you mean '\(suggestion)'?" }
    offset = place.offset
    line = place.line
    column = place.column
    length = place.length
    snippet = place.snippet
  }
}

extension FormulaError: CustomStringConvertible {
  /// The kind, the place, the message and the snippet.
  public var description: String {
    let head = "\(code.rawValue) at line \(line), column \(column): \(message)"
    return snippet.isEmpty ? head : head + "\n" + snippet
  }
}

/// An error before it is placed in its source; what the lexer, parser and checker throw.
struct Complaint: Error {
  var code: FormulaError.Code
  var message: String
  var offset: Int
  var length: Int
  var suggestion: String?

  init(
    _ code: FormulaError.Code, _ message: String, at offset: Int, length: Int,
    suggestion: String? = nil
  ) {
    self.code = code
    self.message = message
    self.offset = offset
    self.length = length
    self.suggestion = suggestion
  }
}
