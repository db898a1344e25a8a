/// Why a log can't be read at all. Single damaged lines are findings instead (``CANLogFinding``).
public struct CANLogError: Error, Sendable, Equatable {
  /// The kind of failure; new ones may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, such as `unreadable`.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file can't be opened: it is not there, or it may not be read.
    public static let cannotOpen = Code(rawValue: "cannotOpen")
    /// Reading failed in mid-file. What was read before has been handed over.
    public static let unreadable = Code(rawValue: "unreadable")
    /// The content is none of the known formats.
    public static let unknownFormat = Code(rawValue: "unknownFormat")
    /// The log can't be written on: the disk is full, or the reader went away.
    public static let cannotWrite = Code(rawValue: "cannotWrite")
    /// The system refused a thread or a descriptor.
    public static let outOfResources = Code(rawValue: "outOfResources")
  }

  /// The kind of failure.
  public let code: Code
  /// What is wrong and what to do, for a person.
  public let message: String
  /// The file, when it has a name.
  public let path: String?
  /// The operating system's error number, where it had a part in it.
  public let errno: Int32?

  init(code: Code, message: String, path: String? = nil, errno: Int32? = nil) {
    self.code = code
    self.message = message
    self.path = path
    self.errno = errno
  }
}

extension CANLogError: CustomStringConvertible {
  /// The message, with the path in front.
  public var description: String { path.map { "\($0): \(message)" } ?? message }
}
