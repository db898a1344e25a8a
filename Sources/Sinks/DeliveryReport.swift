/// What became of a batch that a destination took: all of it is there for good, but for what it refused
/// for good.
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

  /// A report without rejections.
  public init() {}
}
