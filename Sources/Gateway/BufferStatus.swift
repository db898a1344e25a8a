internal import StoreForward

/// The state of one lane of the buffer.
public struct BufferStatus: Sendable, Hashable {
  /// `events`, `telemetry` or `log`.
  public var lane: String
  /// Bytes of its files that are in use.
  public var usedBytes: Int
  /// Bytes that its files may take.
  public var capacity: Int
  /// Whether samples can be stored now.
  public var isWritable: Bool
  /// Bytes given to the file system since the start.
  public var writtenBytes: UInt64
  /// How often the disk was asked to make them durable since the start.
  public var syncs: UInt64
  /// Nanoseconds that took.
  public var syncNanoseconds: UInt64

  init(_ lane: BufferLane, _ metrics: StoreMetrics) {
    self.lane = "\(lane)"
    usedBytes = metrics.segments * metrics.segmentSize
    capacity = metrics.segmentLimit * metrics.segmentSize
    isWritable = metrics.state == .ok
    writtenBytes = metrics.writtenBytes
    syncs = metrics.syncs
    syncNanoseconds = metrics.syncNanoseconds
  }
}

extension GatewayRuntime {
  /// The lanes of the buffer that there are, the most urgent first.
  public var bufferStatus: [BufferStatus] {
    buffer.lanes.compactMap { lane in
      buffer.store(of: lane).map { BufferStatus(lane, $0.metrics) }
    }
  }
}
