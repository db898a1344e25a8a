import Glibc
import StoreForward
import TestSupport

/// A disk in memory that forgets as real ones do.
///
/// What was not synced survives a crash or not, sector by sector; a name that was not synced, too. A
/// failed sync may drop what was pending while reads still show it. The rules are weaker than those of
/// ext4 or xfs, so what survives here survives there.
struct SimulatedDisk {
  static let sectorSize = 512

  struct File {
    /// What is on the platter.
    var durable: [UInt8] = []
    /// What reads show.
    var cached: [UInt8] = []
    /// Contents that each sector had since the last sync, oldest first; any of them may survive.
    var sectors: [Int: [[UInt8]]] = [:]
    /// Sizes since the last sync.
    var sizes: [Int] = []

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
      let end = offset + bytes.count
      if end > cached.count {
        cached += [UInt8](repeating: 0, count: end - cached.count)
        sizes.append(end)
      }
      cached.withUnsafeMutableBytes { target in
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<end]).copyMemory(from: bytes)
      }
      for sector in (offset / SimulatedDisk.sectorSize)...((end - 1) / SimulatedDisk.sectorSize) {
        let start = sector * SimulatedDisk.sectorSize
        let stop = min(start + SimulatedDisk.sectorSize, cached.count)
        sectors[sector, default: []].append(Array(cached[start..<stop]))
      }
    }

    mutating func truncate(to size: Int) {
      if size < cached.count {
        cached.removeLast(cached.count - size)
      } else {
        cached += [UInt8](repeating: 0, count: size - cached.count)
      }
      sizes.append(size)
    }

    /// What was pending gets to the platter; what a failed sync has dropped does not, though reads
    /// show it.
    mutating func sync() {
      if cached.count < durable.count { durable.removeLast(durable.count - cached.count) }
      durable += [UInt8](repeating: 0, count: cached.count - durable.count)
      for (sector, versions) in sectors {
        let start = sector * SimulatedDisk.sectorSize
        guard let newest = versions.last, start < durable.count else { continue }
        let end = min(start + newest.count, durable.count)
        durable.replaceSubrange(start..<end, with: newest[..<(end - start)])
      }
      forget()
    }

    mutating func forget() {
      sectors = [:]
      sizes = []
    }

    /// A sync that fails. With a choice some of the sectors get to the platter and the others do not, and
    /// they are tried again by the next sync or never; else none, never. Reads show them all the same.
    mutating func failSync(_ choice: inout CrashChoice?) {
      if choice?.takes() ?? false, var made = choice {
        durable = crashed(&made).durable
        choice = made
      }
      if choice?.takes() ?? true { forget() }
    }

    /// The file after a crash.
    func crashed(_ choice: inout CrashChoice) -> File {
      guard !sectors.isEmpty || !sizes.isEmpty else {
        return File(durable: durable, cached: durable)
      }
      var bytes = durable
      let size = sizes.isEmpty ? durable.count : choice.pick(durable.count, sizes)
      if size < bytes.count { bytes.removeLast(bytes.count - size) }
      if size > bytes.count { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
      for sector in sectors.keys.sorted() {
        let start = sector * SimulatedDisk.sectorSize
        guard start < bytes.count, let versions = sectors[sector] else { continue }
        let old = Array(bytes[start..<min(start + SimulatedDisk.sectorSize, bytes.count)])
        var new = choice.pick(old, versions)
        if let cut = choice.tear(), cut < new.count, cut < old.count {
          new = Array(new[..<cut]) + old[cut...]
        }
        for (index, byte) in new.enumerated() where start + index < bytes.count {
          bytes[start + index] = byte
        }
      }
      return File(durable: bytes, cached: bytes)
    }
  }

  enum NameChange {
    case create(String, Int)
    case rename(String, String)
    case unlink(String)

    func apply(to names: inout [String: Int]) {
      switch self {
      case .create(let name, let id): names[name] = id
      case .rename(let old, let new):
        if let id = names.removeValue(forKey: old) { names[new] = id }
      case .unlink(let name): names[name] = nil
      }
    }
  }

  var files: [Int: File] = [:]
  var names: [String: Int] = [:]
  var durableNames: [String: Int] = [:]
  var pendingNames: [NameChange] = []
  var nextFile = 1
  var boot: UInt64 = 1
  var time: UInt64 = 1_000_000_000

  mutating func change(_ change: NameChange) {
    change.apply(to: &names)
    pendingNames.append(change)
  }

  /// The disk after the power went and came back.
  func crashed(_ choice: CrashChoice) -> SimulatedDisk {
    var choice = choice
    var disk = self
    disk.boot += 1
    disk.durableNames = durableNames
    for change in pendingNames where choice.takes() { change.apply(to: &disk.durableNames) }
    disk.names = disk.durableNames
    disk.pendingNames = []
    disk.files = [:]
    for name in disk.names.keys.sorted() {
      guard let id = disk.names[name], let file = files[id] else { continue }
      disk.files[id] = file.crashed(&choice)
    }
    return disk
  }

  /// The disk after the process was killed: the page cache lives on.
  func killed() -> SimulatedDisk { self }

  var byteCount: Int { names.values.reduce(0) { $0 + (files[$1]?.cached.count ?? 0) } }

  /// How many choices a crash has to make.
  var pendingCount: Int {
    pendingNames.count + files.values.reduce(0) { $0 + $1.sectors.count + $1.sizes.count }
  }
}

/// Which of the pending changes survive a crash.
struct CrashChoice {
  enum Kind: Equatable {
    case nothing
    case everything
    case onlyOne(Int)
    case allButOne(Int)
    /// The bits say which.
    case subset(UInt64)
    case random(torn: Bool)
  }

  let kind: Kind
  private var generator: SeededGenerator
  private var index = 0

  init(_ kind: Kind, seed: UInt64 = 0) {
    self.kind = kind
    generator = SeededGenerator(seed: seed)
  }

  mutating func takes() -> Bool {
    defer { index += 1 }
    switch kind {
    case .nothing: return false
    case .everything: return true
    case .onlyOne(let chosen): return index == chosen
    case .allButOne(let chosen): return index != chosen
    case .subset(let chosen): return index < 64 && chosen >> UInt64(index) & 1 == 1
    case .random: return Bool.random(using: &generator)
    }
  }

  /// The old value or one of the newer ones.
  mutating func pick<Value>(_ old: Value, _ versions: [Value]) -> Value {
    guard takes() else { return old }
    if case .random = kind { return versions.randomElement(using: &generator) ?? old }
    return versions.last ?? old
  }

  /// Where a sector is torn, if at all.
  mutating func tear() -> Int? {
    guard case .random(torn: true) = kind, Int.random(in: 0..<8, using: &generator) == 0 else {
      return nil
    }
    return Int.random(in: 1..<SimulatedDisk.sectorSize, using: &generator)
  }
}
