internal import Glibc

/// Everything that is wrong with a configuration, found in one reading.
public struct ConfigurationError: Error, Sendable, Equatable {
  /// One mistake.
  public struct Problem: Sendable, Equatable {
    /// Line in the file, from 1; 0 when the configuration did not come from a file.
    public var line: Int
    /// Column in the line, from 1; 0 when the configuration did not come from a file.
    public var column: Int
    /// Which key: `devices.pump-01.every`.
    public var path: String
    /// What is wrong.
    public var message: String
    /// What to do about it.
    public var advice: String

    /// A mistake.
    public init(line: Int = 0, column: Int = 0, path: String, message: String, advice: String) {
      self.line = line
      self.column = column
      self.path = path
      self.message = message
      self.advice = advice
    }
  }

  /// The file, if there is one.
  public var file: String?
  /// The mistakes in the order of the file.
  public var problems: [Problem]

  /// An error of the given mistakes.
  public init(file: String?, problems: [Problem]) {
    self.file = file
    self.problems = problems
  }

  static func unreadable(_ file: String, errno: Int32) -> ConfigurationError {
    let message = "can't read the file: \(String(cString: strerror(errno)))"
    return ConfigurationError(
      file: file,
      problems: [.init(path: "", message: message, advice: "check the path and its permissions")])
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// Three lines a mistake: what, where, what to do.
  public var description: String {
    problems.map { problem in
      let file = file ?? "configuration"
      let place = problem.line > 0 ? "\(file):\(problem.line):\(problem.column)" : file
      let path = problem.path.isEmpty ? "" : " (\(problem.path))"
      let advice = problem.advice.replacing("\n", with: "\n  ")
      return "\(problem.message)\n  \(place)\(path)\n  \(advice)"
    }.joined(separator: "\n")
  }
}
