import Glibc

@testable import StoreForward

/// A file system in front of another one that fails, shortens or dies at chosen calls.
final class FaultyFileSystem<Base: StoreFileSystem>: StoreFileSystem, @unchecked Sendable {
  // Told what to do before others begin; what it counts is guarded by `lock`.
  enum Call: Equatable {
    case read(String, offset: Int, count: Int)
    case write(String, offset: Int, count: Int)
    case sync(String)
    case create(String)
    case other(String)

    func reads(_ wanted: String) -> Bool {
      if case .read(wanted, _, _) = self { true } else { false }
    }
  }

  enum Fault {
    case fail(Int32)
    /// Only so many bytes of a write are taken.
    case shorten(Int)
  }

  let base: Base
  let lock = ReentrantLock()
  var path: String { base.path }
  /// How many calls there were that change something.
  private(set) var calls = 0
  /// What is to happen at a call, given its number.
  var script: (Int, Call) -> Fault? = { _, _ in nil }

  /// Files open now, and the most there ever were at once.
  var openFiles = 0 { didSet { mostOpenFiles = max(mostOpenFiles, openFiles) } }
  private(set) var mostOpenFiles = 0

  init(_ base: Base) { self.base = base }

  func fault(_ call: Call, _ name: String) throws(StoreIOError) -> Int? {
    // The script is called outside the lock: it may wait for what another thread does here.
    let number = lock.locked {
      if case .read = call {} else { calls += 1 }
      return calls
    }
    switch script(number, call) {
    case nil: return nil
    case .fail(let number):
      throw StoreIOError(errno: number, operation: "injected", name: name)
    case .shorten(let count): return count
    }
  }

  func list() throws(StoreIOError) -> [String] { try base.list() }

  func open(_ name: String, create: Bool) throws(StoreIOError) -> FaultyFile<Base> {
    _ = try fault(create ? .create(name) : .other("open"), name)
    return FaultyFile(fs: self, base: try base.open(name, create: create), name: name)
  }

  func rename(_ name: String, to newName: String) throws(StoreIOError) {
    _ = try fault(.other("rename"), name)
    try base.rename(name, to: newName)
  }

  func unlink(_ name: String) throws(StoreIOError) {
    _ = try fault(.other("unlink"), name)
    try base.unlink(name)
  }

  func syncDirectory() throws(StoreIOError) {
    _ = try fault(.other("syncDirectory"), "")
    try base.syncDirectory()
  }

  func lock(_ name: String) throws(StoreIOError) { try base.lock(name) }
  func unlock() { base.unlock() }
  func wallClock() -> Int64 { base.wallClock() }
  func monotonicClock() -> UInt64 { base.monotonicClock() }
  func bootIdentity() -> StoreIdentity { base.bootIdentity() }
  func newIdentity() -> StoreIdentity { base.newIdentity() }
}

// Sendable as its file system is.
final class FaultyFile<Base: StoreFileSystem>: StoreFile, @unchecked Sendable {
  private let fs: FaultyFileSystem<Base>
  private let base: Base.File
  private let name: String

  init(fs: FaultyFileSystem<Base>, base: Base.File, name: String) {
    self.fs = fs
    self.base = base
    self.name = name
    fs.lock.locked { fs.openFiles += 1 }
  }

  deinit { fs.lock.locked { fs.openFiles -= 1 } }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StoreIOError) -> Int {
    _ = try fs.fault(.read(name, offset: offset, count: buffer.count), name)
    return try base.read(into: buffer, at: offset)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreIOError) -> Int {
    let limit = try fs.fault(.write(name, offset: offset, count: bytes.count), name)
    let count = min(bytes.count, max(1, limit ?? bytes.count))
    return try base.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
  }

  func truncate(to size: Int) throws(StoreIOError) {
    _ = try fs.fault(.other("truncate"), name)
    try base.truncate(to: size)
  }

  func dataSync() throws(StoreIOError) {
    _ = try fs.fault(.sync(name), name)
    try base.dataSync()
  }

  func size() throws(StoreIOError) -> Int { try base.size() }
}
