/// Why the server could not answer anybody.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened.
  public var message: String
  /// The address it was to listen on.
  public var address: String
  /// What to do.
  public var advice: String

  /// An error.
  public init(_ message: String, at address: String, advice: String) {
    (self.message, self.address, self.advice) = (message, address, advice)
  }

  /// All of it in one line.
  public var description: String { "\(address): \(message); \(advice)" }
}
