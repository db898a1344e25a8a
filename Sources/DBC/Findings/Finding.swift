/// How bad a finding is.
public enum Severity: UInt8, Sendable, Hashable, Comparable, CaseIterable {
  /// Worth knowing; nothing is lost.
  case note
  /// Odd, and loaded as written; other tools may read it differently.
  case warning
  /// Against the format or against itself: strict parsing refuses the file, lenient parsing loads
  /// what is sound.
  case error

  /// Milder before worse.
  public static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

extension Severity: CustomStringConvertible {
  /// `note`, `warning` or `error`.
  public var description: String {
    switch self {
    case .note: "note"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// One oddity of a DBC file: where it stands, which rule it breaks and what that means.
public struct Finding: Sendable, Hashable {
  /// Line of the text, from 1. Line feed, carriage return and the pair of them end a line.
  public let line: Int
  /// Byte of the line, from 1.
  public let column: Int
  /// How bad it is.
  public let severity: Severity
  /// The rule it breaks; its name never changes between versions.
  public let rule: Rule
  /// What is wrong and what was done about it, in one sentence.
  public let message: String

  /// A finding.
  public init(line: Int, column: Int, severity: Severity, rule: Rule, message: String) {
    self.line = line
    self.column = column
    self.severity = severity
    self.rule = rule
    self.message = message
  }
}

extension Finding: CustomStringConvertible {
  /// `line:column: severity: message [rule]`.
  public var description: String {
    "\(line):\(column): \(severity): \(message) [\(rule.name)]"
  }
}
