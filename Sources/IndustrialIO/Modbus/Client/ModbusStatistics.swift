/// What has happened on a wire since its client was made.
public struct ModbusStatistics: Sendable, Hashable {
  /// Requests sent.
  public var requests: UInt64 = 0
  /// Requests that were answered well.
  public var answers: UInt64 = 0
  /// Requests that the device refused.
  public var exceptions: UInt64 = 0
  /// Requests without an answer in time.
  public var timeouts: UInt64 = 0
  /// Answers to a request that did not fit it.
  public var malformedAnswers: UInt64 = 0
  /// Answers to no request under way, thrown away: late, duplicate or foreign ones.
  public var strayAnswers: UInt64 = 0
  /// Those of the stray answers that came after their request had timed out.
  public var lateAnswers: UInt64 = 0
  /// Bytes that were no answer, thrown away.
  public var skippedBytes: UInt64 = 0
  /// Connections made.
  public var connections: UInt64 = 0
  /// Attempts to connect that failed.
  public var failedConnections: UInt64 = 0

  /// Nothing has happened.
  public init() {}
}
