/// What became of a batch that a destination took: all of it is there for good, but for what it refused
/// for good. And what the destination no longer has of earlier ones.
public struct DeliveryReport: Sendable, Equatable {
  /// A sample that the destination will never take.
  public struct Rejection: Sendable, Equatable {
    /// Where in the batch it is.
    public var index: Int
    /// The destination's words.
    public var reason: String

    /// A refused sample.
    public init(index: Int, reason: String) {
      self.index = index
      self.reason = reason
    }
  }

  /// The samples that were refused, in no order.
  public var rejections: [Rejection] = []
  /// What others took away of what had been delivered before, in words for an operator: what happened, where and what to do. Each is
  /// told once.
  public var losses: [String] = []

  /// A report without rejections and losses.
  public init() {}
}
