/// Something in a log that is not as it should be: the line was skipped, the rest was read.
public struct CANLogFinding: Sendable, Hashable {
  /// The kind of finding; new ones may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, such as `damaged`.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The line is no frame of this format.
    public static let damaged = Code(rawValue: "damaged")
    /// The log ends in mid-frame; everything before is there.
    public static let truncated = Code(rawValue: "truncated")
    /// The line is longer than any frame; it was passed over without keeping it.
    public static let tooLong = Code(rawValue: "tooLong")
    /// A kind of frame that this library does not know, such as CAN XL.
    public static let unsupported = Code(rawValue: "unsupported")
    /// The recorder itself says that it lost frames here (candump's DROPCOUNT line).
    public static let framesDropped = Code(rawValue: "framesDropped")
  }

  /// The kind of finding.
  public let code: Code
  /// The line, counted from 1; nil in binary formats.
  public let line: Int?
  /// The byte in the line where it went wrong, counted from 1; nil when it is about the whole line.
  public let column: Int?
  /// The position in the file of the line, or of the object in a binary format.
  public let byteOffset: Int64
  /// What is wrong, for a person.
  public let reason: String
}

extension CANLogFinding: CustomStringConvertible {
  /// `line 12, column 5: reason`.
  public var description: String {
    guard let line else { return "byte \(byteOffset): \(reason)" }
    guard let column else { return "line \(line): \(reason)" }
    return "line \(line), column \(column): \(reason)"
  }
}

/// The findings of one log: all of them counted, the first ones kept.
public struct CANLogFindings: Sendable {
  /// How many findings are kept; the rest is only counted, so that a file of rubbish needs no memory.
  public static let keptLimit = 1000

  /// How many there were.
  public private(set) var total = 0
  /// The first ones, in the order of the file.
  public private(set) var kept: [CANLogFinding] = []

  /// Lines that were passed over before a parser began to count.
  private var linesBefore = 0

  mutating func passOverLines(_ count: Int) { linesBefore += count }

  mutating func add(_ finding: @autoclosure () -> CANLogFinding) {
    total += 1
    guard kept.count < Self.keptLimit else { return }
    let finding = finding()
    kept.append(
      CANLogFinding(
        code: finding.code, line: finding.line.map { $0 + linesBefore }, column: finding.column,
        byteOffset: finding.byteOffset, reason: finding.reason))
  }
}
