/// Values of a simulated device that are played from a CSV file.
///
/// The first line names the columns: `time`, then a tag each. Each further line is a moment. Times are RFC 3339 or seconds from
/// anywhere on. A cell is a number, `true` or `false`, or text; an empty one says nothing.
public struct Recording: Sendable, Equatable {
  /// The file.
  public var path: String
  /// From one line to the next; nil for as long as their times are apart.
  public var every: Duration?
  /// Whether it begins again at its end.
  public var repeats: Bool

  /// A recording; played once, by its own times, unless given.
  public init(path: String, every: Duration? = nil, repeats: Bool = false) {
    self.path = path
    self.every = every
    self.repeats = repeats
  }
}
