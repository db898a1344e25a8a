/// How to read a log, where its content leaves a choice.
public struct CANLogOptions: Sendable {
  /// The time of frames in a log that has none (candump without `-t`).
  public enum MissingTime: Sendable {
    /// The time of reading when it comes live from a pipe, a terminal or a socket; 0 from a file.
    case automatic
    /// The time of reading.
    case arrival
    /// 0.
    case zero
  }

  /// The format; nil to recognise it by the content.
  public var format: CANLogFormat?
  /// Added to times that count from the start of the recording, in nanoseconds since 1970 (UTC).
  /// 0, the default, leaves them relative.
  public var startTime: Int64 = 0
  /// Short candump times (`(000.012345)`) are the time since the line before (`-t d`), not since the
  /// start (`-t z`). The text does not tell which.
  public var relativeTimesAreDeltas = false
  /// What local dates in a log are ahead of UTC, in seconds (candump `-t A`). Default 0: they are UTC.
  public var utcOffset: Int32 = 0
  /// The time of frames in a log that has none.
  public var missingTime = MissingTime.automatic
  /// The most frames in one batch. Live sources give smaller ones, as soon as frames are there.
  public var batchCapacity = 2048

  /// The defaults.
  public init(format: CANLogFormat? = nil) { self.format = format }
}

/// What the times in a log count from.
public enum CANLogTimeBase: Sendable, Hashable {
  /// 1970 (UTC), as in a log file.
  case absolute
  /// The start of the recording (plus ``CANLogOptions/startTime``).
  case relative
  /// There were none in the log; they are those of reading it.
  case arrival
  /// There are none: all are 0.
  case missing
}
