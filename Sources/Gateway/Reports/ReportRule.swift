/// A report that is written again and again: what the values of some tags were like in each span of time.
public struct ReportRule: Sendable, Equatable {
  /// Its name in the configuration.
  public var name: String
  /// The sink of type `history` that it is made from.
  public var history: String
  /// The length of a span in minutes; it divides a day.
  public var minutes: Int
  /// Tags by their paths, or by beginnings of them with a `*` at the end; empty for all.
  public var tags: [String] = []
  /// The folder of the files; it is made if there is none.
  public var folder: String
  /// So many digits behind the point, at most.
  public var decimals = 4
  /// How long after the end of a span it is written, so that what is on its way arrives.
  public var wait: Duration = .seconds(10)
  /// Files are compressed so long after the end of their span; nil for never.
  public var compressAfter: Duration? = .seconds(7 * 86_400)
  /// Files are deleted so long after the end of their span; nil for never.
  public var deleteAfter: Duration? = .seconds(365 * 86_400)

  /// A report with the defaults of the reference gateway.
  public init(name: String, history: String, minutes: Int, folder: String) {
    self.name = name
    self.history = history
    self.minutes = minutes
    self.folder = folder
  }

  /// Whether a span is a whole day; such a report has a name and columns of its own.
  public var isDaily: Bool { minutes == 1440 }

  /// The length as file names have it: `5min`, `1hour`.
  public var interval: String { minutes % 60 == 0 ? "\(minutes / 60)hour" : "\(minutes)min" }
}
