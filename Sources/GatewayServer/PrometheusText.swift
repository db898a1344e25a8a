/// Metrics in Prometheus's text format, version 0.0.4.
struct PrometheusText {
  /// What a number is.
  enum Kind: String {
    /// It only grows, until a restart.
    case counter
    /// It comes and goes.
    case gauge
  }

  typealias Labels = KeyValuePairs<String, String>

  private(set) var text = ""

  /// The media type of the format.
  static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  /// Adds a metric that has one value.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [(Labels(), value)])
  }

  /// Adds a metric that has a value for each set of labels; nothing where there are none.
  mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ values: [(labels: Labels, value: Double)]
  ) {
    guard !values.isEmpty else { return }
    text += "# HELP \(name) \(Self.escape(help))\n# TYPE \(name) \(kind.rawValue)\n"
    for (labels, value) in values {
      text += name
      if !labels.isEmpty {
        let parts = labels.map { "\($0)=\"\(Self.escape($1, quotes: true))\"" }
        text += "{\(parts.joined(separator: ","))}"
      }
      text += " \(Self.number(value))\n"
    }
  }

  /// Whole numbers in full, as everybody expects of counters.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    guard value.isFinite else { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func escape(_ text: String, quotes: Bool = false) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
