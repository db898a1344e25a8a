/// The stored form of a batch of samples: what goes into a store and over a wire between our own programs.
///
/// Each block carries the names of its own tags, so that it can be read alone: a damaged or recycled block
/// never orphans the numbers in another one. docs/sample-format.md describes it byte by byte.
public enum SampleCodec {
  /// The newest version that this code writes: with a remark before the samples. It reads all versions up to this one.
  public static let version: UInt8 = 2
  /// The version without a remark.
  static let plainVersion: UInt8 = 1

  // One head byte a sample.
  static let kindMask: UInt8 = 0b0000_0111
  static let classShift: UInt8 = 3
  static let hasQuality: UInt8 = 1 << 5
  static let hasSourceTime: UInt8 = 1 << 6
  static let hasConfigurationVersion: UInt8 = 1 << 7

  /// Appends the block of `batch` to `block`.
  ///
  /// - Parameters:
  ///   - batch: The samples, in their order.
  ///   - names: The names of their tags by number (`TagRegistry.names`, taken after the last tag was
  ///     interned). Of a name of more than 4096 bytes the beginning is written, with a sum of the whole at its end.
  ///   - block: Where the bytes go.
  public static func encode(_ batch: SampleBatch, names: [String], into block: inout [UInt8]) {
    var encoder = SampleBlockEncoder(names: names)
    encoder.encode(batch, into: &block)
  }

  /// Reads a block and appends its samples to `batch`.
  ///
  /// - Parameters:
  ///   - block: The bytes of one whole block.
  ///   - tags: Gives the block's tag names their numbers.
  ///   - batch: Where the samples go; unchanged when this throws.
  /// - Throws: `SampleCodecError` when the bytes are no block, end too early, or are of a newer version.
  public static func decode(
    _ block: UnsafeRawBufferPointer, tags: TagRegistry, into batch: inout SampleBatch
  ) throws(SampleCodecError) {
    var decoder = SampleBlockDecoder(ByteReader(block))
    try decoder.decode(tags: tags, into: &batch)
  }

  /// Reads a block from an array.
  ///
  /// - Throws: As the form above.
  public static func decode(
    _ block: [UInt8], tags: TagRegistry, into batch: inout SampleBatch
  ) throws(SampleCodecError) {
    let result: Result<Void, SampleCodecError> = block.withUnsafeBytes { bytes in
      do throws(SampleCodecError) {
        return .success(try decode(bytes, tags: tags, into: &batch))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

extension SampleCodec {
  /// Appends a block with a remark before its samples: bytes that readers of samples pass over.
  ///
  /// - Parameters:
  ///   - block: A block without a remark, as `encode` and `SampleBlockEncoder` write it.
  ///   - remark: The bytes.
  ///   - result: Where the block goes; unchanged when `block` has a remark already.
  package static func append(
    _ block: [UInt8], remark: [UInt8], to result: inout [UInt8]
  ) {
    guard block.first == plainVersion else { return }
    result.append(version)
    result.appendVarint(UInt64(remark.count))
    result += remark
    result += block.dropFirst()
  }

  /// Where in a block the remark stands, if it has one.
  package static func remark(in block: UnsafeRawBufferPointer) -> Range<Int>? {
    var reader = ByteReader(block)
    guard let version = try? reader.byte(), version == Self.version,
      let count = try? reader.varint(), count <= UInt64(reader.remaining)
    else { return nil }
    return reader.offset..<(reader.offset + Int(count))
  }
}
