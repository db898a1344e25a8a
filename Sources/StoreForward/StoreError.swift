/// Why a store could not do what it was asked to: what happened, where, and what helps.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is. More kinds may come; compare, do not switch exhaustively.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, e.g. `"locked"`.
    public let rawValue: String
    /// A code with a name of the caller's own.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// There is no store in that directory.
    public static let notFound = Code(rawValue: "notFound")
    /// Another process, or another instance in this one, has the store open.
    public static let locked = Code(rawValue: "locked")
    /// The operating system refuses access.
    public static let permissionDenied = Code(rawValue: "permissionDenied")
    /// The store was written by a newer version of the format.
    public static let newerFormat = Code(rawValue: "newerFormat")
    /// The disk, or the user's share of it, is full. Appending works again once there is space.
    public static let diskFull = Code(rawValue: "diskFull")
    /// The disk or its driver failed.
    public static let inputOutput = Code(rawValue: "inputOutput")
    /// The store stopped taking records after a failure that it could not work around.
    public static let readOnly = Code(rawValue: "readOnly")
    /// The store is closed.
    public static let closed = Code(rawValue: "closed")
    /// The ring is full of records that some cursor has not acknowledged.
    public static let full = Code(rawValue: "full")
    /// The waiting task was cancelled; nothing of its batch was stored.
    public static let cancelled = Code(rawValue: "cancelled")
    /// A record is larger than the store's limit.
    public static let recordTooLarge = Code(rawValue: "recordTooLarge")
    /// A batch is larger than the ring can hold at once.
    public static let batchTooLarge = Code(rawValue: "batchTooLarge")
    /// An option has a value outside its range.
    public static let invalidOption = Code(rawValue: "invalidOption")
    /// A cursor's name is empty or too long, or there are too many cursors.
    public static let invalidCursor = Code(rawValue: "invalidCursor")
    /// A cursor of that name is open already.
    public static let cursorInUse = Code(rawValue: "cursorInUse")
    /// A stream of exported records is not one, or is damaged.
    public static let invalidStream = Code(rawValue: "invalidStream")
  }

  /// The kind of failure.
  public let code: Code
  /// One sentence for a person: what happened.
  public let message: String
  /// The file or directory concerned, or empty.
  public let path: String
  /// What to do about it, or empty.
  public let advice: String
  /// The operating system's error number, where it had a part in it.
  public let errno: Int32?

  /// An error with its context.
  public init(
    _ code: Code, _ message: String, path: String = "", advice: String = "", errno: Int32? = nil
  ) {
    self.code = code
    self.message = message
    self.path = path
    self.advice = advice
    self.errno = errno
  }

  /// Whether the same call may succeed later without reopening the store.
  public var isRetriable: Bool { isPassing || code == .locked }

  /// Three lines: what happened, where, what to do; without the lines that would be empty.
  public var description: String {
    var text = message
    if !path.isEmpty { text += "\n  \(path)" }
    if !advice.isEmpty { text += "\n  \(advice)" }
    return text
  }
}
