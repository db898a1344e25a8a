internal import Glibc
internal import IOThreads

/// Why a destination did not take samples.
public struct SinkError: Error, Sendable, Equatable {
  /// The kind of failure.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The number of the code.
    public let rawValue: Int

    /// A code from its number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The destination has no room (a full disk).
    public static let noSpace = Code(rawValue: 1)
    /// The destination may not be written to.
    public static let denied = Code(rawValue: 2)
    /// There is no such place.
    public static let notFound = Code(rawValue: 3)
    /// The destination holds something that was not written by us.
    public static let foreignContent = Code(rawValue: 4)
    /// Input or output failed.
    public static let failed = Code(rawValue: 5)
    /// Another sink or program is writing there.
    public static let busy = Code(rawValue: 6)
    /// This program was built without what the destination needs.
    public static let unsupported = Code(rawValue: 7)
    /// The settings or the samples break a rule of the destination, and always will.
    public static let invalid = Code(rawValue: 8)
  }

  /// The kind of failure.
  public var code: Code
  /// Which destination: a path or an address.
  public var destination: String
  /// What happened.
  public var message: String
  /// What to do about it.
  public var advice: String
  /// The operating system's error number, where it had a part in it.
  public var errno: Int32?
  /// How long the destination asked to be left alone.
  public var retryAfter: Duration?

  /// Whether the same batch may succeed later without anybody changing the configuration.
  public var isRetriable: Bool { code == .noSpace || code == .failed }

  /// An error with its parts.
  public init(
    code: Code, destination: String, message: String, advice: String, errno: Int32? = nil
  ) {
    self.code = code
    self.destination = destination
    self.message = message
    self.advice = advice
    self.errno = errno
  }

  init(errno: Int32, doing action: String, to destination: String) {
    let (code, advice): (Code, String) =
      switch errno {
      case ENOSPC, EDQUOT, EFBIG: (.noSpace, "make room on that disk; nothing is lost meanwhile")
      case EACCES, EPERM, EROFS: (.denied, "check owner and permissions of the file and its folder")
      case ENOENT, ENOTDIR: (.notFound, "create the folder first, or correct the path")
      case EISDIR: (.denied, "name a file, not a folder")
      default: (.failed, "check the disk and the system's log")
      }
    self.init(
      code: code, destination: destination,
      message: "can't \(action): \(SystemFailure.explanation(of: errno))", advice: advice,
      errno: errno)
  }
}

extension SinkError: CustomStringConvertible {
  /// The three lines that a person reads: what, where, what to do.
  public var description: String { "\(message)\n  \(destination)\n  \(advice)" }
}
