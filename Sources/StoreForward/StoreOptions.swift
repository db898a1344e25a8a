/// How a store is laid out and what it promises.
public struct StoreOptions: Sendable, Equatable {
  /// How much disk the records may take. Only counts when the store is created, or on `resize`.
  public var capacity: Capacity
  /// Bytes of a segment file, or nil to choose by capacity: 16 MiB, less where that gives fewer than
  /// eight. 64 KiB to 1 GiB, a multiple of 4 KiB. Only counts when the store is created.
  public var segmentSize: Int?
  /// When an appended record is durable.
  public var sync: SyncPolicy
  /// What happens when the ring is full.
  public var overflow: OverflowPolicy
  /// When segments get their disk space.
  public var reserve: ReservePolicy
  /// How long a cursor's position may stay in memory only; a crash then delivers again what was
  /// acknowledged since.
  public var cursorSaveInterval: Duration

  /// Options; what is not given has the default that suits a gateway.
  public init(
    capacity: Capacity = .gibibytes(1), segmentSize: Int? = nil, sync: SyncPolicy = .everyCommit,
    overflow: OverflowPolicy = .dropOldest, reserve: ReservePolicy = .asNeeded,
    cursorSaveInterval: Duration = .seconds(1)
  ) {
    self.capacity = capacity
    self.segmentSize = segmentSize
    self.sync = sync
    self.overflow = overflow
    self.reserve = reserve
    self.cursorSaveInterval = cursorSaveInterval
  }

  /// A number of bytes on the disk.
  public struct Capacity: Sendable, Equatable {
    /// The number of bytes.
    public var bytes: Int

    /// So many bytes.
    public static func bytes(_ count: Int) -> Capacity { Capacity(bytes: count) }
    /// So many times 1,048,576 bytes.
    public static func mebibytes(_ count: Int) -> Capacity {
      Capacity(bytes: count.multipliedClamped(by: 1 << 20))
    }
    /// So many times 1,073,741,824 bytes.
    public static func gibibytes(_ count: Int) -> Capacity {
      Capacity(bytes: count.multipliedClamped(by: 1 << 30))
    }
  }

  /// When an appended record is durable.
  public enum SyncPolicy: Sendable, Equatable {
    /// Before `append` returns. Appends that wait at the same time share one sync.
    case everyCommit
    /// At the latest so long after it was written; `append` returns before.
    case interval(Duration)
    /// When `sync()` is called, a segment is full, or the store closes.
    case manual
  }

  /// What happens when the ring is full of records that some cursor has not acknowledged.
  public enum OverflowPolicy: Sendable, Equatable {
    /// The oldest segment is given up; cursors that had not read it get a gap.
    case dropOldest
    /// `append` throws `StoreError.Code.full`.
    case rejectNewest
    /// `append` waits until a cursor acknowledges enough.
    case block
  }

  /// When segments get their disk space.
  public enum ReservePolicy: Sendable, Equatable {
    /// One segment after the other, as the ring is used for the first time.
    case asNeeded
    /// All at creation: slow to create, but then the disk can't fill up under the store.
    case full
  }

  /// The segment size and the number of segments that these options ask for.
  func geometry(segmentSize existing: Int? = nil) throws(StoreError) -> (size: Int, slots: Int) {
    var size = existing ?? segmentSize ?? 16 << 20
    if existing == nil, segmentSize == nil {
      while size > Layout.smallestSegment, capacity.bytes / size < 8 { size /= 2 }
    }
    guard Layout.isSegmentSize(size) else {
      throw StoreError(
        .invalidOption, "a segment size of \(size) bytes is not possible",
        advice: "choose a multiple of 4096 from 65536 to 1073741824")
    }
    let slots = capacity.bytes / size
    guard slots >= 2, slots <= Layout.mostSegments else {
      throw StoreError(
        .invalidOption, "a capacity of \(capacity.bytes) bytes is \(slots) segments of \(size)",
        advice: "choose a capacity of 2 to 1048575 segments")
    }
    return (size, slots)
  }
}

extension Int {
  fileprivate func multipliedClamped(by factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0 ? .min : .max) : product
  }
}
