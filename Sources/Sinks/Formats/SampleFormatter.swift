public import IndustrialModel

/// Turns batches of samples into text. Keep one for many batches: what is constant about a tag is
/// written once and copied from then on.
public struct SampleFormatter: Sendable {
  private let tags: TagRegistry
  private let style: any SampleStyle
  /// What each tag's line begins with, by tag number.
  private var prefixes: [[UInt8]] = []

  /// A formatter for samples whose tags are named in `tags`.
  public init(_ format: SampleFormat, tags: TagRegistry) {
    self.tags = tags
    switch format {
    case .table: style = TableStyle()
    case .csv: style = CSVStyle()
    case .jsonl: style = JSONLinesStyle()
    case .influx: style = LineProtocolStyle()
    }
  }

  /// The line that stands once at the top, with its line end; empty where the format has none.
  public var header: [UInt8] { style.header }

  /// Appends the lines of `batch` to `text`.
  public mutating func append(_ batch: SampleBatch, to text: inout [UInt8]) {
    for record in batch.records {
      let tag = Int(record.tag.rawValue)
      if tag >= prefixes.count { learnNames() }
      // A number without a name can only come from a mix-up of registries.
      let prefix = tag < prefixes.count ? prefixes[tag] : style.prefix(forTag: "?/\(tag)")
      style.append(record, of: batch, prefix: prefix, to: &text)
    }
  }

  private mutating func learnNames() {
    let names = tags.names
    for name in names[prefixes.count...] { prefixes.append(style.prefix(forTag: name)) }
  }
}

/// One way to write a sample.
protocol SampleStyle: Sendable {
  var header: [UInt8] { get }

  /// What is constant about a tag, escaped once.
  func prefix(forTag name: String) -> [UInt8]

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: [UInt8], to text: inout [UInt8])
}

extension SampleBatch.Record {
  /// The number if it is a binary64 that can't be written as one.
  var isNotFinite: Bool { kind == .double && !Double(bitPattern: bits).isFinite }

  /// Whether there is a value that a reader may use.
  var hasUsableValue: Bool { kind != .none && !quality.isBad && !isNotFinite }

  /// Why there is no usable value, or what is doubtful about it; nil when all is well.
  var reason: String? {
    if let reason = quality.reason { return reason }
    if !quality.isGood { return quality.isBad ? "bad" : "uncertain" }
    if kind == .none { return "no value" }
    guard isNotFinite else { return nil }
    return Double(bitPattern: bits).isNaN ? "not a number" : "infinite"
  }

  /// Appends a truth or a number as JSON and CSV write it; nothing for the other kinds.
  func appendScalar(to text: inout [UInt8]) {
    switch kind {
    case .bool: text.append(bits != 0 ? "true" : "false" as StaticString)
    case .int64: text.append(decimal: Int64(bitPattern: bits))
    case .uint64: text.append(decimal: bits)
    case .double: text.append(shortest: Double(bitPattern: bits))
    case .none, .string, .bytes: break
    }
  }
}
