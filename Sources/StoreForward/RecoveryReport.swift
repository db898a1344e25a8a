/// What opening a store found and did.
public struct RecoveryReport: Sendable, Equatable {
  /// Whether the directory held no store before.
  public var isNew = false
  /// Whether the store had been closed in order.
  public var wasClean = false
  /// Whether the machine was started anew since the store was used last.
  public var wasRebooted = false
  /// Segments whose header had to be rebuilt from their records.
  public var rebuiltHeaders = 0
  /// Files with a segment's name that hold no segment of this store; they count as free space.
  public var rejectedSegments: [String] = []
  /// Headers of segments in use of which one copy was damaged or lost; opening writes it again.
  public var repairedHeaderCopies = 0
  /// Segments that the disk did not give: their records are reported as damaged, their files are left as
  /// they are.
  public var unreadableSegments: [String] = []
  /// Whether a segment is missing that was the newest when the state was saved last. As many numbers as it
  /// can have held are reported as damaged.
  public var isNewestMissing = false
  /// Bytes behind the last good record of the newest segment that belong to an unfinished write.
  public var tornBytes = 0
  /// Numbers that are missing in the newest segment; other damage shows when it is read.
  public var damaged: [Gap] = []
  /// Whether the cursor file was lost, so that all cursors begin at the oldest record.
  public var cursorsLost = false
  /// Copies in the state files that were damaged and are covered by their twins.
  public var repairedStateCopies = 0
  /// How long opening took, in nanoseconds.
  public var nanoseconds: UInt64 = 0
}
