internal import CZlib
internal import Glibc
internal import IOThreads

/// Keeps entries of a ledger on the disk: the first one says all, the others what was added.
///
/// Two files take turns: when one is full, all is written to the other one anew. In each file everything stands twice, in its
/// first and its second half, so that one flipped bit takes nothing. Their size is reserved before it is used: a full disk does
/// not stop the ledger, except where it has to grow.
///
/// A half begins with `IIOTLEDG`, version (u32), crc (u32, of what follows up to byte 32), generation (u64), bytes of a half (u64),
/// zeros up to byte 64. Each entry: `LDGE`, crc of what follows (u32), length of the payload (u32), its place among the entries
/// (u32), generation (u64), payload. All numbers are little-endian, the crc is zlib's.
struct LedgerFile {
  struct Contents {
    /// In their order; the first one says all.
    var entries: [[UInt8]]
    var generation: UInt64
    var file: Int
    /// Whether one of the two copies of an entry is damaged. Of the last entry that is no damage: it was being written, and is
    /// whole in one half only, when the power went.
    var isRepaired = false
    /// So many entries are there at least that can't be used, because both copies of one of them or of one before are damaged.
    var unread = 0
  }

  /// What a file that can't be used has.
  enum Unusable: Error {
    case newerVersion(path: String)
  }

  private static let mark = Array("IIOTLEDG".utf8)
  private static let entryMark = Array("LDGE".utf8)
  static let version: UInt32 = 1
  private static let headerSize = 64
  private static let frameSize = 24
  private static let smallestHalf = 1 << 18

  private let folder: String
  private var descriptor: Int32 = -1
  /// The one that is whole.
  private var file: Int
  private var generation: UInt64
  private var half = 0
  private var offset = 0
  private var index: UInt32 = 0
  /// Whether the next entry has to say all.
  private(set) var needsAll = true

  init(folder: String, after contents: Contents?) {
    self.folder = folder
    file = contents?.file ?? 1
    generation = contents?.generation ?? 0
  }

  static func path(_ file: Int, in folder: String) -> String { "\(folder)/ledger.\(file)" }

  /// Adds an entry; it is on the disk when this returns.
  ///
  /// - Returns: false if there is no room: then an entry that says all has to come.
  mutating func append(_ payload: [UInt8]) throws(SystemFailure) -> Bool {
    let frame = frame(payload)
    guard !needsAll, offset + frame.count <= half else { return false }
    needsAll = true
    try write(frame, at: offset)
    guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync") }
    offset += frame.count
    index += 1
    needsAll = false
    return true
  }

  /// Begins the other file with an entry that says all.
  mutating func begin(with payload: [UInt8]) throws(SystemFailure) {
    needsAll = true
    close()
    // Where this fails, the one that is whole stays untouched.
    let other = 1 - file
    generation += 1
    index = 0
    let path = Self.path(other, in: folder)
    // A new file gets its name when it is whole: where there is no other one yet, a power cut would leave one that looks damaged.
    let part = access(path, F_OK) == 0 ? nil : path + ".part"
    descriptor = open(
      part ?? path, O_RDWR | O_CREAT | (part == nil ? 0 : O_TRUNC) | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemFailure("open") }
    let frame = frame(payload)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemFailure("fstat") }
    let wanted = max(Self.smallestHalf, Self.whole(2 * frame.count + (1 << 16)))
    half = Self.whole(Int(status.st_size) / 2)
    if half < wanted {
      half = wanted
      let zeros = [UInt8](repeating: 0, count: 1 << 16)
      var place = Int(status.st_size)
      while place < 2 * half {
        let count = min(zeros.count, 2 * half - place)
        try writeWhole(zeros[..<count], to: descriptor, at: place)
        place += count
      }
    }
    try write(header() + frame, at: 0)
    guard fsync(descriptor) == 0 else { throw SystemFailure("fsync") }
    if let part, rename(part, path) != 0 { throw SystemFailure("rename") }
    syncFolder(folder)
    file = other
    offset = Self.headerSize + frame.count
    index = 1
    needsAll = false
  }

  /// In whole blocks of a disk.
  private static func whole(_ size: Int) -> Int { size / 4096 * 4096 }

  mutating func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
    needsAll = true
  }

  private func write(_ bytes: [UInt8], at place: Int) throws(SystemFailure) {
    try writeWhole(bytes[...], to: descriptor, at: place)
    try writeWhole(bytes[...], to: descriptor, at: half + place)
  }

  private func header() -> [UInt8] {
    var rest: [UInt8] = []
    rest.append(word: generation)
    rest.append(word: UInt64(half))
    var bytes = Self.mark
    bytes.append(half: Self.version)
    bytes.append(half: Self.checksum(rest[...]))
    bytes += rest
    return bytes + [UInt8](repeating: 0, count: Self.headerSize - bytes.count)
  }

  private func frame(_ payload: [UInt8]) -> [UInt8] {
    var rest: [UInt8] = []
    rest.reserveCapacity(payload.count + Self.frameSize)
    rest.append(half: UInt32(truncatingIfNeeded: payload.count))
    rest.append(half: index)
    rest.append(word: generation)
    rest += payload
    var bytes = Self.entryMark
    bytes.append(half: Self.checksum(rest[...]))
    return bytes + rest
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
    }
  }

  // MARK: Reading

  /// What a folder has: the newer one of the files that can be read; nil if none can.
  static func load(folder: String) throws(Unusable) -> Contents? {
    var best: Contents?
    for file in 0..<2 {
      let path = path(file, in: folder)
      guard let bytes = readFile(path) else { continue }
      guard let found = try contents(of: bytes, path), found.generation > best?.generation ?? 0
      else { continue }
      best = found
      best?.file = file
    }
    return best
  }

  private static func contents(of bytes: [UInt8], _ path: String) throws(Unusable) -> Contents? {
    var header: (generation: UInt64, half: Int)?
    for start in [0, Self.whole(bytes.count / 2)] {
      guard header == nil, bytes.count >= start + headerSize,
        bytes[start...].starts(with: mark)
      else { continue }
      guard number(bytes, start + 8, 4) <= version else { throw .newerVersion(path: path) }
      guard number(bytes, start + 12, 4) == UInt64(checksum(bytes[(start + 16)..<(start + 32)]))
      else {
        continue
      }
      header = (number(bytes, start + 16, 8), Int(clamping: number(bytes, start + 24, 8)))
    }
    guard let header, header.half <= bytes.count / 2 else { return nil }
    var contents = Contents(entries: [], generation: header.generation, file: 0)
    var offset = headerSize
    var firstDamaged: Int?
    while true {
      let first = entry(bytes[..<header.half], offset, header.generation, contents.entries.count)
      let second = entry(
        bytes[..<(2 * header.half)], header.half + offset, header.generation,
        contents.entries.count)
      guard let payload = first ?? second else {
        contents.unread = unread(
          bytes[..<(2 * header.half)], header.half, from: offset, header.generation,
          contents.entries.count)
        break
      }
      if first == nil || second == nil { firstDamaged = firstDamaged ?? contents.entries.count }
      contents.entries.append(Array(payload))
      offset += frameSize + payload.count
    }
    if let firstDamaged {
      contents.isRepaired = firstDamaged < contents.entries.count - 1 || contents.unread > 0
    }
    return contents.entries.isEmpty ? nil : contents
  }

  /// How many entries stand behind the first one that can't be read, with that one: 0 where it is none, or was being written when
  /// the power went. One that is not whole has its own length, so its successors are looked for byte by byte.
  private static func unread(
    _ bytes: ArraySlice<UInt8>, _ half: Int, from offset: Int, _ generation: UInt64, _ index: Int
  ) -> Int {
    var last = index - 1
    for (start, end) in [(offset, half), (half + offset, 2 * half)] {
      var place = start
      while let mark = bytes[place..<end].firstIndex(of: entryMark[0]) {
        place = mark + 1
        guard mark + frameSize <= end, bytes[mark...].starts(with: entryMark) else { continue }
        let number = Int(number(bytes, mark + 12, 4))
        guard number > last, entry(bytes[..<end], mark, generation, number) != nil else { continue }
        last = number
      }
    }
    return last - index + 1
  }

  private static func entry(
    _ bytes: ArraySlice<UInt8>, _ start: Int, _ generation: UInt64, _ index: Int
  ) -> ArraySlice<UInt8>? {
    guard start + frameSize <= bytes.count, bytes[start...].starts(with: entryMark) else {
      return nil
    }
    let length = Int(number(bytes, start + 8, 4))
    guard length <= bytes.count - start - frameSize,
      number(bytes, start + 12, 4) == UInt64(index), number(bytes, start + 16, 8) == generation
    else { return nil }
    let end = start + frameSize + length
    guard number(bytes, start + 4, 4) == UInt64(checksum(bytes[(start + 8)..<end])) else {
      return nil
    }
    return bytes[(start + frameSize)..<end]
  }

  private static func number(
    _ bytes: some RandomAccessCollection<UInt8>, _ start: Int, _ count: Int
  ) -> UInt64 {
    let first = bytes.index(bytes.startIndex, offsetBy: start)
    return bytes[first...].prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(half: UInt32) {
    Swift.withUnsafeBytes(of: half.littleEndian) { append(contentsOf: $0) }
  }
}
