/// Reads sample blocks, one after the other. Keep one for many: lists of names that it has seen lately cost nothing any more,
/// and a device that is polled sends the same list each time.
public struct SampleBlockReader: Sendable {
  private struct List: Sendable {
    /// As it stands in a block.
    var bytes: [UInt8]
    var numbers: [TagID]
  }

  private let tags: TagRegistry
  private var lists: [List] = []
  private var oldest = 0

  /// So many lists are remembered, and none that is longer.
  private static let listLimit = 16
  private static let longestList = 1 << 18

  /// A reader that gives tag names their numbers in `tags`.
  public init(tags: TagRegistry) { self.tags = tags }

  /// Reads a block and appends its samples to `batch`.
  ///
  /// - Parameters:
  ///   - block: The bytes of one whole block.
  ///   - batch: Where the samples go; unchanged when this throws.
  /// - Throws: `SampleCodecError` when the bytes are no block, end too early, or are of a newer version.
  public mutating func read(
    _ block: RawSpan, into batch: inout SampleBatch
  ) throws(SampleCodecError) {
    try block.withUnsafeBytes { (bytes) throws(SampleCodecError) in
      var decoder = SampleBlockDecoder(ByteReader(bytes))
      try decoder.decode(into: &batch) { (decoder) throws(SampleCodecError) in
        try numbers(&decoder)
      }
    }
  }

  private mutating func numbers(
    _ decoder: inout SampleBlockDecoder
  ) throws(SampleCodecError) -> [TagID] {
    // A list says how long it is at its beginning, so one that begins with the same bytes is the same.
    for list in lists where decoder.reader.skip(list.bytes) { return list.numbers }
    let start = decoder.reader.offset
    let numbers = try decoder.tagNumbers(tags)
    let bytes = decoder.reader.read(from: start)
    if bytes.count <= Self.longestList {
      let list = List(bytes: Array(bytes), numbers: numbers)
      if lists.count < Self.listLimit {
        lists.append(list)
      } else {
        lists[oldest] = list
        oldest = (oldest + 1) % Self.listLimit
      }
    }
    return numbers
  }
}
