/// Where a cursor or a reader begins.
public enum CursorStart: Sendable, Equatable {
  /// Where the cursor of that name stands, or at the oldest record if it is new. For one that is rewound: behind what is
  /// acknowledged, whether that was saved or not.
  case saved
  /// At the oldest record that is still there.
  case oldest
  /// Behind the last record: only what comes from now on.
  case newest
  /// At a number; what is missing from there on is reported as a gap. For a cursor at most the number that the next
  /// record gets.
  case sequence(UInt64)
  /// At the first record that is not older than a time, in nanoseconds since 1970. Later records may
  /// bear earlier times: the order is that of appending.
  case time(Int64)
}
