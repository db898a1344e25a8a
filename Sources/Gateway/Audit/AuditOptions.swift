public import Sinks

/// Where a gateway writes down who did what to it.
public struct AuditOptions: Sendable, Equatable {
  /// The file of the trail; nil for `audit.jsonl` in the data folder.
  public var file: String?
  /// The file of its head, best on another disk or machine; nil for `audit.head` in the data folder.
  public var anchor: String?
  /// The secret; nil for what is in `audit.key` in the data folder, which is made when it is missing.
  public var key: Secret?

  /// All in the data folder.
  public init(file: String? = nil, anchor: String? = nil, key: Secret? = nil) {
    self.file = file
    self.anchor = anchor
    self.key = key
  }

  /// The file of the trail.
  public func file(dataFolder: String) -> String { file ?? "\(dataFolder)/audit.jsonl" }

  /// The file of the head.
  public func anchor(dataFolder: String) -> String { anchor ?? "\(dataFolder)/audit.head" }

  /// The file of the key, where the configuration has none.
  public static func keyFile(dataFolder: String) -> String { "\(dataFolder)/audit.key" }
}
