/// What a client has done and lost so far.
public struct MQTTStatistics: Sendable, Hashable {
  /// Times a connection was made.
  public var connections = 0
  /// Messages that came from the broker.
  public var received = 0
  /// Messages that a full buffer dropped.
  public var dropped = 0
  /// Messages that matched no subscription of this client (left over in a persistent session). One that a later
  /// subscription still gets is taken off again.
  public var unclaimed = 0
  /// Messages that were published and, with QoS 1 or 2, acknowledged.
  public var published = 0
}
