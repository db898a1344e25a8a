public import IndustrialModel

/// Which samples of a history are wanted.
public struct HistoryQuery: Sendable, Equatable {
  /// Tags by their paths, or by beginnings of them with a `*` at the end; empty for all.
  public var tags: [String]
  /// Samples of this time or later; nil from the first on.
  public var since: Timestamp?
  /// Samples before this time; nil to the last.
  public var until: Timestamp?

  /// All samples, unless it is said which.
  public init(tags: [String] = [], since: Timestamp? = nil, until: Timestamp? = nil) {
    self.tags = tags
    self.since = since
    self.until = until
  }

  /// Whether samples of a tag are wanted.
  public func matches(_ tag: String) -> Bool {
    tags.isEmpty
      || tags.contains { pattern in
        pattern.hasSuffix("*") ? tag.hasPrefix(pattern.dropLast()) : tag == pattern
      }
  }
}
