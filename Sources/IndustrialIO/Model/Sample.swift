/// One reading of one tag: what was read, how good it is, when, and in which order.
public struct Sample: Sendable, Hashable {
  /// Whose reading it is.
  public var tag: TagID
  /// What was read; `none` when the read failed.
  public var value: Value
  /// How far it can be trusted. A failed read is a sample of bad quality, never a missing one.
  public var quality: Quality
  /// When the device says it was so; nil when the device gives no time.
  public var sourceTime: Timestamp?
  /// When this machine received it, by its real-time clock. Not for ordering.
  public var gatewayTime: Timestamp
  /// When this machine received it, in nanoseconds of its monotonic clock.
  public var monotonicTime: Int64
  /// The place in the order of all samples of this machine.
  public var sequence: UInt64
  /// Telemetry, event, alarm or log.
  public var sampleClass: SampleClass
  /// The configuration under which it was acquired; 0 where there is none.
  public var configurationVersion: UInt32

  /// A sample; times default to now.
  public init(
    tag: TagID, value: Value, quality: Quality = .good, sourceTime: Timestamp? = nil,
    gatewayTime: Timestamp = .now(), monotonicTime: Int64 = MonotonicClock.now(),
    sequence: UInt64 = 0, sampleClass: SampleClass = .telemetry, configurationVersion: UInt32 = 0
  ) {
    self.tag = tag
    self.value = value
    self.quality = quality
    self.sourceTime = sourceTime
    self.gatewayTime = gatewayTime
    self.monotonicTime = monotonicTime
    self.sequence = sequence
    self.sampleClass = sampleClass
    self.configurationVersion = configurationVersion
  }

  /// The best time of the reading: the device's where it gave one, else this machine's.
  public var time: Timestamp { sourceTime ?? gatewayTime }
}
