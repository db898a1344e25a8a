/// Why an audit trail could not be checked.
public struct AuditError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened.
  public var message: String
  /// The file.
  public var path: String
  /// What to do.
  public var advice: String

  init(_ message: String, at path: String, advice: String) {
    (self.message, self.path, self.advice) = (message, path, advice)
  }

  /// All of it in one line.
  public var description: String { "\(path): \(message); \(advice)" }
}
