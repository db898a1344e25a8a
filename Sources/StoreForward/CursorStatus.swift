/// Where a cursor stands.
public struct CursorStatus: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Every record up to here is acknowledged.
  public var acknowledged: UInt64
  /// Numbers of the ring, up to the last durable record, that are not acknowledged.
  public var backlog: UInt64
  /// Records handed out, again counted when handed out again.
  public var delivered: UInt64
  /// Records that were evicted before this cursor acknowledged them.
  public var evicted: UInt64
  /// Records that were damaged when this cursor came to them.
  public var damaged: UInt64
}
