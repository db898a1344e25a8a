/// How samples look as text. The names are those of `--format` and of `format:` in the configuration.
public enum SampleFormat: String, Sendable, Hashable, CaseIterable {
  /// Aligned columns for people.
  case table
  /// Comma-separated values with a header line (RFC 4180).
  case csv
  /// One JSON object a line.
  case jsonl
  /// InfluxDB line protocol, nanosecond precision.
  case influx
}
