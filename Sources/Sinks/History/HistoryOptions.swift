/// Where the local history is and how much of it stays.
public struct HistoryOptions: Sendable, Equatable {
  /// The database file. SQLite keeps two more beside it, with `-wal` and `-shm` at the ends of their names.
  public var path: String
  /// About so many bytes of samples stay, the newest; nil for no bound.
  public var maximumSize: Int?
  /// Samples older than this are removed, by their own time; nil for no bound.
  public var maximumAge: Duration?

  /// A history in a file, by default of 1 GiB and any age.
  public init(path: String, maximumSize: Int? = 1 << 30, maximumAge: Duration? = nil) {
    self.path = path
    self.maximumSize = maximumSize
    self.maximumAge = maximumAge
  }
}
