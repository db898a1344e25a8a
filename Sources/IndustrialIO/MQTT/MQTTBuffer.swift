/// What waits between the connection and the one who takes the messages of a subscription.
public struct MQTTBuffer: Sendable, Hashable {
  /// What happens when it is full.
  public enum Overflow: Sendable, Hashable {
    /// Reading from the connection stops until there is room, so that the broker keeps what comes. Nothing
    /// is lost here, but it holds up everything on the connection: a consumer that stalls for
    /// longer than the keep-alive time costs the connection, which is then made again.
    case wait
    /// The oldest messages go; ``MQTTSubscription/dropped`` counts them.
    case dropOldest
    /// The newest messages go; ``MQTTSubscription/dropped`` counts them.
    case dropNewest
  }

  /// The most messages that wait.
  public var messages: Int
  /// The most payload bytes that wait.
  public var bytes: Int
  /// What happens when it is full.
  public var overflow: Overflow

  /// By default 10,000 messages, 64 MB, and waiting.
  public init(messages: Int = 10_000, bytes: Int = 64 << 20, overflow: Overflow = .wait) {
    self.messages = messages
    self.bytes = bytes
    self.overflow = overflow
  }
}
