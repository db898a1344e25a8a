/// A range of sequence numbers that a reader does not get, and why.
public struct Gap: Sendable, Hashable, CustomStringConvertible {
  /// Why the records are not there.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The ring was full and they were the oldest.
    case evicted
    /// Their bytes on the disk are damaged or lost.
    case damaged
    /// No record ever had these numbers; nothing is lost.
    case unused
  }

  /// The first missing number.
  public var first: UInt64
  /// The last missing number.
  public var last: UInt64
  /// Why.
  public var reason: Reason

  /// A gap from `first` to `last`, both missing.
  public init(first: UInt64, last: UInt64, reason: Reason) {
    self.first = first
    self.last = last
    self.reason = reason
  }

  /// How many numbers are missing.
  public var count: UInt64 { last >= first ? last - first &+ 1 : 0 }

  /// `FIRST LAST REASON`.
  public var description: String { "\(first) \(last) \(reason.rawValue)" }
}
