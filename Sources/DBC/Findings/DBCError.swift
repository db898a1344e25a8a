/// What went wrong with a DBC file, a frame or a value to be encoded.
public struct DBCError: Error, Sendable, Equatable {
  /// What kind of failure it is.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The stable name.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file can't be read; `reason` has the system's words.
    public static let unreadable = Code(rawValue: "unreadable")
    /// The text has nothing of a DBC file in it.
    public static let notADatabase = Code(rawValue: "not-a-database")
    /// The text is larger than a database can be (2 GiB).
    public static let tooLarge = Code(rawValue: "too-large")
    /// Strict parsing met errors: see `findings`.
    public static let findings = Code(rawValue: "findings")
    /// No message of the database has this identifier.
    public static let unknownIdentifier = Code(rawValue: "unknown-identifier")
    /// No message of the database has this name.
    public static let unknownMessage = Code(rawValue: "unknown-message")
    /// The message has no signal of this name.
    public static let unknownSignal = Code(rawValue: "unknown-signal")
    /// The value is outside the signal's range.
    public static let valueOutOfRange = Code(rawValue: "value-out-of-range")
    /// The signal's value table has no such label.
    public static let unknownChoice = Code(rawValue: "unknown-choice")
    /// The signal is not active under the selector value.
    public static let inactiveSignal = Code(rawValue: "inactive-signal")
    /// The message has more bytes than a frame can carry.
    public static let messageTooLong = Code(rawValue: "message-too-long")
  }

  /// What kind of failure it is.
  public let code: Code
  /// What is wrong and what to do, in a sentence or two.
  public let reason: String
  /// The file, where there is one.
  public var path: String?
  /// The line in the text, from 1, where there is one.
  public let line: Int?
  /// The byte in the line, from 1, where there is one.
  public let column: Int?
  /// The system's error number, when a file could not be read.
  public let errno: Int32?
  /// Every finding of the text, when strict parsing refused it.
  public let findings: [Finding]

  init(
    _ code: Code, _ reason: String, path: String? = nil, line: Int? = nil, column: Int? = nil,
    errno: Int32? = nil, findings: [Finding] = []
  ) {
    self.code = code
    self.reason = reason
    self.path = path
    self.line = line
    self.column = column
    self.errno = errno
    self.findings = findings
  }
}

extension DBCError: CustomStringConvertible {
  /// `path:line:column: reason`.
  public var description: String {
    var place = path.map { "\($0):" } ?? ""
    if let line { place += "\(line):\(column ?? 1):" }
    return place.isEmpty ? reason : "\(place) \(reason)"
  }
}
