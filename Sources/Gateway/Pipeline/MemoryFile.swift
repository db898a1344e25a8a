internal import Formula

/// What formulas remember, as the bytes of a file.
///
/// Version 1: the mark `IIOTGFM1`, the newest time that formulas were told (i64), the count of formulas (u32), for each the length of its tag's path (u32), the path, the length
/// of its memory (u32) and the memory as `FormulaState.bytes` has it, then a check word over all before (u64, FNV-1a). All
/// numbers are little-endian.
enum MemoryFile {
  /// Why a file can't be used, in words.
  struct Unusable: Error {
    var message: String
  }

  private static let mark = Array("IIOTGFM".utf8)
  private static let version = UInt8(ascii: "1")

  static func encode(_ memories: [String: [UInt8]], time: Int64 = 0) -> [UInt8] {
    var bytes = mark + [version]
    append(time, to: &bytes)
    append(UInt32(memories.count), to: &bytes)
    for (tag, memory) in memories.sorted(by: { $0.key < $1.key }) {
      append(UInt32(tag.utf8.count), to: &bytes)
      bytes += tag.utf8
      append(UInt32(memory.count), to: &bytes)
      bytes += memory
    }
    append(StateBytes.hash(bytes), to: &bytes)
    return bytes
  }

  /// Whether a later version of this program wrote it: a damaged file is no newer one.
  static func isNewer(_ bytes: [UInt8]) -> Bool {
    isWhole(bytes) && bytes[mark.count] > version
  }

  /// Whether mark and check word are right, which are where they are in every version.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    let end = bytes.count - 8
    return end > mark.count && bytes.starts(with: mark)
      && StateBytes.hash(Array(bytes[..<end])) == Cursor(bytes: bytes, position: end).peek(8)
  }

  /// The memory of each formula, by its tag's path, and the newest time.
  static func decode(
    _ bytes: [UInt8]
  ) throws(Unusable) -> (memories: [String: [UInt8]], time: Int64) {
    guard bytes.count > mark.count, bytes.starts(with: mark) else {
      throw Unusable(message: "it is no memory of formulas")
    }
    guard isWhole(bytes) else { throw Unusable(message: "it is damaged") }
    guard bytes[mark.count] == version else {
      throw Unusable(message: "it is of another version of this program")
    }
    let end = bytes.count - 8
    var cursor = Cursor(bytes: bytes, position: mark.count + 1, end: end)
    guard end - cursor.position >= 8 else { throw Unusable(message: "it is damaged") }
    let time = Int64(bitPattern: cursor.peek(8))
    cursor.position += 8
    var memories: [String: [UInt8]] = [:]
    for _ in 0..<(try cursor.number()) {
      let tag = String(decoding: try cursor.block(), as: UTF8.self)
      memories[tag] = Array(try cursor.block())
    }
    guard cursor.position == end else { throw Unusable(message: "it is damaged") }
    return (memories, time)
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  private struct Cursor {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    init(bytes: [UInt8], position: Int, end: Int? = nil) {
      (self.bytes, self.position, self.end) = (bytes, position, end ?? bytes.count)
    }

    /// The next bytes as a number; the caller knows that they are there.
    func peek(_ count: Int) -> UInt64 {
      (0..<count).reduce(0) { $0 | UInt64(bytes[position + $1]) << (UInt64($1) * 8) }
    }

    mutating func number() throws(Unusable) -> Int {
      guard end - position >= 4 else { throw Unusable(message: "it is damaged") }
      defer { position += 4 }
      return Int(peek(4))
    }

    /// Bytes behind their length.
    mutating func block() throws(Unusable) -> ArraySlice<UInt8> {
      let count = try number()
      guard count <= end - position else { throw Unusable(message: "it is damaged") }
      defer { position += count }
      return bytes[position..<(position + count)]
    }
  }
}
