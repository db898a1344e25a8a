import Glibc
import TestSupport

@testable import StoreForward

/// A `SimulatedDisk` as the store sees it.
// Sendable: every call is inside `lock`; tests set the rest before others begin, or look when they have ended.
final class SimulatedFileSystem: StoreFileSystem, @unchecked Sendable {
  let lock = ReentrantLock()
  var disk: SimulatedDisk
  /// Called before each change, with what it is; may throw to make it fail.
  var beforeChange: ((Operation) throws(StoreIOError) -> Void)?
  /// Called after each change.
  var afterChange: (() -> Void)?
  /// What becomes of pending writes at a failed sync; without it they are forgotten, and none gets to the
  /// platter.
  var failedSyncs: CrashChoice?
  /// Whether a call that fails may have had its effect, or part of it.
  var halfDone: SeededGenerator?
  /// A disk that says it has synced and has not.
  var liesAboutSync = false
  /// How many operations were done.
  private(set) var operations = 0

  enum Operation: Equatable {
    case create(String)
    case write(String, count: Int)
    case truncate(String)
    case sync(String)
    case rename(String)
    case unlink(String)
    case syncDirectory
    case read(String)

    var isSync: Bool {
      if case .sync = self { return true }
      return self == .syncDirectory
    }
  }

  let path = "simulated"

  init(_ disk: SimulatedDisk = SimulatedDisk()) { self.disk = disk }

  func will(_ operation: Operation) throws(StoreIOError) {
    operations += 1
    if let beforeChange { try beforeChange(operation) }
  }

  func did() { afterChange?() }

  /// As `will`, but a call that fails may have its effect nevertheless, or a part of it (0 to 1).
  func will(
    _ operation: Operation, otherwise effect: (Double) -> Void
  ) throws(StoreIOError) {
    do throws(StoreIOError) {
      try will(operation)
    } catch {
      if var generator = halfDone {
        if Bool.random(using: &generator) {
          effect(Double.random(in: 0...1, using: &generator))
          did()
        }
        halfDone = generator
      }
      throw error
    }
  }

  func list() throws(StoreIOError) -> [String] {
    try lock.locked { () throws(StoreIOError) -> [String] in disk.names.keys.sorted()
    }
  }

  func open(_ name: String, create: Bool) throws(StoreIOError) -> SimulatedFile {
    try lock.locked { () throws(StoreIOError) -> SimulatedFile in

      if let id = disk.names[name] { return SimulatedFile(fs: self, id: id, name: name) }
      guard create else { throw StoreIOError(errno: ENOENT, operation: "opening", name: name) }
      try will(.create(name))
      let id = disk.nextFile
      disk.nextFile += 1
      disk.files[id] = SimulatedDisk.File()
      disk.change(.create(name, id))
      did()
      return SimulatedFile(fs: self, id: id, name: name)
    }
  }

  func rename(_ name: String, to newName: String) throws(StoreIOError) {
    try lock.locked { () throws(StoreIOError) in

      try will(.rename(name)) { _ in disk.change(.rename(name, newName)) }
      disk.change(.rename(name, newName))
      did()
    }
  }

  func unlink(_ name: String) throws(StoreIOError) {
    try lock.locked { () throws(StoreIOError) in

      guard disk.names[name] != nil else {
        throw StoreIOError(errno: ENOENT, operation: "removing", name: name)
      }
      try will(.unlink(name)) { _ in disk.change(.unlink(name)) }
      disk.change(.unlink(name))
      did()
    }
  }

  /// If it fails the names stay pending: file systems with a journal do not forget them.
  func syncDirectory() throws(StoreIOError) {
    try lock.locked { () throws(StoreIOError) in

      try will(.syncDirectory)
      if !liesAboutSync {
        disk.durableNames = disk.names
        disk.pendingNames = []
      }
      did()
    }
  }

  func lock(_ name: String) throws(StoreIOError) {}
  func unlock() {}
  func wallClock() -> Int64 {
    lock.locked { () -> Int64 in Int64(disk.time)
    }
  }
  func monotonicClock() -> UInt64 {
    lock.locked { () -> UInt64 in

      disk.time += 1000
      return disk.time
    }
  }
  func bootIdentity() -> StoreIdentity { StoreIdentity(low: disk.boot, high: 1) }
  func newIdentity() -> StoreIdentity {
    lock.locked { () -> StoreIdentity in StoreIdentity(low: 0x5EED, high: disk.time)
    }
  }
}

final class SimulatedFile: StoreFile, @unchecked Sendable {  // as its file system
  private let fs: SimulatedFileSystem
  private let id: Int
  private let name: String

  init(fs: SimulatedFileSystem, id: Int, name: String) {
    self.fs = fs
    self.id = id
    self.name = name
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StoreIOError) -> Int {
    try fs.lock.locked { () throws(StoreIOError) -> Int in

      try fs.will(.read(name))
      guard let file = fs.disk.files[id] else { return 0 }
      let count = min(buffer.count, file.cached.count - offset)
      guard count > 0 else { return 0 }
      file.cached.withUnsafeBytes { bytes in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)]))
      }
      return count
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreIOError) -> Int {
    try fs.lock.locked { () throws(StoreIOError) -> Int in

      guard !bytes.isEmpty else { return 0 }
      try fs.will(.write(name, count: bytes.count)) { part in
        let count = Int(Double(bytes.count) * part)
        let some = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if count > 0 { fs.disk.files[id]?.write(some, at: offset) }
      }
      fs.disk.files[id]?.write(bytes, at: offset)
      fs.did()
      return bytes.count
    }
  }

  func truncate(to size: Int) throws(StoreIOError) {
    try fs.lock.locked { () throws(StoreIOError) in

      try fs.will(.truncate(name)) { _ in fs.disk.files[id]?.truncate(to: size) }
      fs.disk.files[id]?.truncate(to: size)
      fs.did()
    }
  }

  func dataSync() throws(StoreIOError) {
    try fs.lock.locked { () throws(StoreIOError) in

      do throws(StoreIOError) {
        try fs.will(.sync(name))
      } catch {
        fs.disk.files[id]?.failSync(&fs.failedSyncs)
        throw error
      }
      if !fs.liesAboutSync { fs.disk.files[id]?.sync() }
      fs.did()
    }
  }

  func size() throws(StoreIOError) -> Int {
    try fs.lock.locked { () throws(StoreIOError) -> Int in fs.disk.files[id]?.cached.count ?? 0
    }
  }
}
