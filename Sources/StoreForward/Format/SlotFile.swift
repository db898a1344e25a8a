/// A small state file that survives a torn write and a flipped bit.
///
/// Four areas of equal size: two slots that are written in turn, each of two equal copies. A write
/// that the power cuts leaves the other slot; a flipped bit leaves the other copy. The newest valid
/// copy counts, wherever in the file it stands.
struct SlotFile<FS: StoreFileSystem> {
  struct Contents {
    var store: StoreIdentity
    var payload: ArraySlice<UInt8>
  }

  let name: String
  private var file: FS.File?
  private(set) var generation: UInt64
  /// Whether a later version of this program wrote it: then it must stay as it is.
  private(set) var isNewer = false
  /// Bytes of one area; 0 where the next save must make a new file.
  private var area: Int
  /// What was loaded, until it is known to be on the disk.
  private var unproven: Contents?

  private static var headerSize: Int { 40 }
  private static var largestFile: Int { 64 << 20 }

  /// Reads what is there; a missing or damaged file gives no contents.
  static func load(
    _ name: String, in fs: FS
  ) throws(StoreIOError) -> (file: SlotFile, contents: Contents?, damagedCopies: [Int]) {
    let file: FS.File
    do {
      file = try fs.open(name, create: false)
    } catch  where error.isMissing {
      return (SlotFile(name: name, file: nil, generation: 0, area: 0, unproven: nil), nil, [])
    }
    let size = min(try file.size(), largestFile)
    var bytes = [UInt8](repeating: 0, count: size)
    let isWhole = bytes.withUnsafeMutableBytes { file.readAround(into: $0, at: 0).isWhole }
    var best: (generation: UInt64, contents: Contents)?
    var valid: Set<Int> = []
    var isNewer = false
    for offset in stride(from: 0, to: bytes.count, by: Layout.block) {
      guard let (generation, version, contents) = decode(bytes[offset...]) else { continue }
      if version > UInt32(Layout.version) { isNewer = true }
      valid.insert(offset)
      if generation > best?.generation ?? 0 { best = (generation, contents) }
    }
    let area = size / 4 / Layout.block * Layout.block
    var damaged = (0..<4).map { $0 * area }.filter { !valid.contains($0) }
    // Before 0.1 a new file held one slot only; that is no damage. Nor is a file that was just made.
    if best?.generation == 1 && valid.count == 2 || size == 0 { damaged = [] }
    // What the disk does not give at this moment may come back, with a higher generation than the next
    // save will have: a new file then.
    let isUsable = size == area * 4 && (best != nil || isWhole)
    var found = SlotFile(
      name: name, file: file, generation: best?.generation ?? 0, area: isUsable ? area : 0,
      unproven: best?.contents)
    found.isNewer = isNewer
    return (found, best?.contents, damaged)
  }

  private static func decode(_ bytes: ArraySlice<UInt8>) -> (UInt64, version: UInt32, Contents)? {
    bytes.withUnsafeBytes { raw -> (UInt64, version: UInt32, Contents)? in
      guard raw.count >= headerSize, let base = raw.baseAddress,
        raw.load(UInt32.self, 0) == Layout.slotMagic
      else { return nil }
      let length = Int(raw.load(UInt32.self, 8))
      guard length >= headerSize, length <= raw.count,
        raw.load(UInt32.self, 4) == Checksum.crc32c(base + 8, count: length - 8)
      else { return nil }
      let store = StoreIdentity(low: raw.load(UInt64.self, 24), high: raw.load(UInt64.self, 32))
      let start = bytes.startIndex
      return (
        raw.load(UInt64.self, 16), raw.load(UInt32.self, 12),
        Contents(store: store, payload: bytes[(start + headerSize)..<(start + length)])
      )
    }
  }

  var isMissing: Bool { file == nil }

  /// Writes what was loaded once more and makes it durable. Where the sync of its save had failed, only
  /// the page cache has it, and the next save would overwrite the one slot that the disk has.
  mutating func prove(in fs: FS) throws(StoreIOError) {
    guard let contents = unproven, !PlantedBug.trustPageCache.isPlanted else { return }
    let payload = Array(contents.payload)
    guard area > 0 else { return try save(payload, store: contents.store, in: fs) }
    try write(payload, generation: generation, store: contents.store, in: fs)
  }

  /// Writes the payload to the slot that is not the newest and makes it durable.
  mutating func save(
    _ payload: [UInt8], store: StoreIdentity, in fs: FS
  ) throws(StoreIOError) {
    try write(payload, generation: generation + 1, store: store, in: fs)
  }

  private mutating func write(
    _ payload: [UInt8], generation next: UInt64, store: StoreIdentity, in fs: FS
  ) throws(StoreIOError) {
    let length = Self.headerSize + payload.count
    let needed = (length + Layout.block - 1) / Layout.block * Layout.block
    let copy = Self.encode(payload, generation: next, store: store, size: needed)
    guard let file, needed <= area else { return try replace(copy, generation: next, in: fs) }
    let slot = Int(next % 2) * 2 * area
    do throws(StoreIOError) {
      try Self.write(copy, to: file, at: slot)
      try Self.write(copy, to: file, at: slot + area)
      try file.dataSync()
    } catch {
      if error.isLackOfSpace { throw error }
      // This place has failed; another one may not have.
      return try replace(copy, generation: next, in: fs)
    }
    generation = next
    unproven = nil
  }

  /// A file of twice the size, with all four copies, takes the place of one that is missing, damaged or too
  /// small.
  private mutating func replace(
    _ copy: [UInt8], generation next: UInt64, in fs: FS
  ) throws(StoreIOError) {
    let area = max(copy.count * 2, Layout.block)
    let temporary = name + ".new"
    let file = try fs.open(temporary, create: true)
    try file.truncate(to: 0)
    try file.fillZeros(from: 0, to: area * 4)
    for place in 0..<4 { try Self.write(copy, to: file, at: place * area) }
    try file.dataSync()
    // From here on the name may stand for either file, even if the call fails: what is written to one of
    // them may be lost, until the directory is synced. If that fails, the next save makes a new file again.
    self.area = 0
    try fs.rename(temporary, to: name)
    self.file = file
    generation = next
    try fs.syncDirectory()
    self.area = area
    unproven = nil
  }

  private static func encode(
    _ payload: [UInt8], generation: UInt64, store: StoreIdentity, size: Int
  ) -> [UInt8] {
    let length = headerSize + payload.count
    var bytes = [UInt8](repeating: 0, count: size)
    bytes.withUnsafeMutableBytes { raw in
      guard let base = raw.baseAddress else { return }
      base.store(Layout.slotMagic, 0)
      base.store(UInt32(length), 8)
      base.store(UInt32(Layout.version), 12)
      base.store(generation, 16)
      base.store(store.low, 24)
      base.store(store.high, 32)
      payload.withUnsafeBytes { source in
        if let start = source.baseAddress {
          (base + headerSize).copyMemory(from: start, byteCount: source.count)
        }
      }
      base.store(Checksum.crc32c(UnsafeRawPointer(base) + 8, count: length - 8), 4)
    }
    return bytes
  }

  private static func write(_ bytes: [UInt8], to file: FS.File, at offset: Int) throws(StoreIOError)
  {
    var failure: StoreIOError?
    bytes.withUnsafeBytes { raw in
      do throws(StoreIOError) { try file.writeAll(raw, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
