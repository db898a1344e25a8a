public import IndustrialModel

/// Turns batches of samples into text. Keep one for many batches: what is constant about a tag is
/// written once and copied from then on.
public struct SampleFormatter: Sendable {
  private let tags: TagRegistry
  private let style: any SampleStyle
  /// What is constant about each tag's lines, one after the other, and where each ends, by tag number.
  private var prefixes: [UInt8] = []
  private var prefixEnds: [Int] = []

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

  /// How the lines are told from other text; nil where they can't be.
  var lines: (any LineSyntax)? { style.lines }

  /// Appends the lines of `batch` to `text`.
  public mutating func append(_ batch: SampleBatch, to text: inout [UInt8]) {
    append(batch, batch.indices, to: &text)
  }

  /// Appends the lines of the samples at some indices, in their order.
  mutating func append(
    _ batch: SampleBatch, _ indices: some Collection<Int>, to text: inout [UInt8]
  ) {
    var largest = -1
    for index in indices { largest = max(largest, Int(batch.records[index].tag.rawValue)) }
    if largest >= prefixEnds.count { learnNames() }
    prefixes.withUnsafeBufferPointer { bytes in
      for index in indices {
        let record = batch.records[index]
        let tag = Int(record.tag.rawValue)
        guard tag < prefixEnds.count else {
          // A number without a name can only come from a mix-up of registries.
          let prefix = style.prefix(forTag: "?/\(tag)")
          prefix.withUnsafeBufferPointer { style.append(record, of: batch, prefix: $0, to: &text) }
          continue
        }
        let start = tag == 0 ? 0 : prefixEnds[tag - 1]
        style.append(
          record, of: batch,
          prefix: UnsafeBufferPointer(rebasing: bytes[start..<prefixEnds[tag]]), to: &text)
      }
    }
  }

  private mutating func learnNames() {
    let names = tags.names
    for name in names[prefixEnds.count...] {
      prefixes += style.prefix(forTag: name)
      prefixEnds.append(prefixes.count)
    }
  }
}

/// One way to write a sample.
protocol SampleStyle: Sendable {
  var header: [UInt8] { get }

  /// How the lines are told from other text; nil where they can't be.
  var lines: (any LineSyntax)? { get }

  /// What is constant about a tag, escaped once.
  func prefix(forTag name: String) -> [UInt8]

  func append(
    _ record: SampleBatch.Record, of batch: SampleBatch, prefix: UnsafeBufferPointer<UInt8>,
    to text: inout [UInt8])
}

extension SampleBatch.Record {
  /// The number if it is a binary64 that can't be written as one.
  var isNotFinite: Bool { kind == .double && !Double(bitPattern: bits).isFinite }

  /// Whether there is a value that a reader may use.
  var hasUsableValue: Bool { kind != .none && !quality.isBad && !isNotFinite }

  /// Why there is no usable value, or what is doubtful about it; nil when all is well.
  var reason: String? {
    // Before the quality: that stands in the status too, and this nowhere else.
    if isNotFinite { return Double(bitPattern: bits).isNaN ? "not a number" : "infinite" }
    if let reason = quality.reason { return reason }
    if !quality.isGood { return quality.isBad ? "bad" : "uncertain" }
    return kind == .none ? "no value" : nil
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
