/// Counters of a store since it was opened, and its state now.
public struct StoreMetrics: Sendable, Equatable {
  /// What the store can do.
  public enum State: String, Sendable, Equatable {
    /// Reading and appending work.
    case ok
    /// The last append failed for lack of disk space.
    case diskFull
    /// Appending stopped after a disk error.
    case readOnly
    /// Closed.
    case closed
  }

  /// What the store can do now.
  public var state = State.ok
  /// The oldest number that a reader can ask for.
  public var oldestSequence: UInt64 = 0
  /// The last number given out, 0 before the first.
  public var lastSequence: UInt64 = 0
  /// Every record up to here is on the disk for good.
  public var durableSequence: UInt64 = 0
  /// Segments in use.
  public var segments = 0
  /// The most segments that there may be.
  public var segmentLimit = 0
  /// Bytes of one segment.
  public var segmentSize = 0

  /// Records appended.
  public var appendedRecords: UInt64 = 0
  /// Bytes of their payloads.
  public var appendedBytes: UInt64 = 0
  /// Groups written; records divided by groups is the group commit's gain.
  public var groups: UInt64 = 0
  /// Bytes given to the file system, all overhead included.
  public var writtenBytes: UInt64 = 0
  /// Syncs of segments.
  public var syncs: UInt64 = 0
  /// Nanoseconds spent in them.
  public var syncNanoseconds: UInt64 = 0
  /// Saves of the cursor file.
  public var cursorSaves: UInt64 = 0
  /// Appends that were refused because the ring was full.
  public var rejectedAppends: UInt64 = 0
  /// Groups that were written again elsewhere after a disk error.
  public var relocatedGroups: UInt64 = 0
  /// Segments given up before the ring was full because the disk was.
  public var earlyEvictions: UInt64 = 0
  /// Records that were found damaged, by cursors and readers, each time they came to them.
  public var damagedRecords: UInt64 = 0
  /// Segments that the disk could not read or write, set aside until the store is reopened.
  public var badSegments = 0
  /// Records evicted before every cursor had acknowledged them, over the store's whole life.
  public var evictedRecords: UInt64 = 0
}
