/// What the store needs of the world: files in one directory, a lock, clocks.
///
/// Everything that touches a disk goes through this protocol, so that the tests can put a
/// fault-injecting or a simulated disk in the place of the real one. The engine is generic over it;
/// in release builds the calls are direct.
package protocol StoreFileSystem: Sendable {
  associatedtype File: StoreFile

  /// The directory's path, for messages.
  var path: String { get }
  /// The names of the files in the directory.
  func list() throws(StoreIOError) -> [String]
  /// Opens a file for reading and, unless the file system is read-only, writing.
  func open(_ name: String, create: Bool) throws(StoreIOError) -> File
  func rename(_ name: String, to newName: String) throws(StoreIOError)
  func unlink(_ name: String) throws(StoreIOError)
  /// Makes created, renamed and removed names durable.
  func syncDirectory() throws(StoreIOError)
  /// Takes the single-owner lock, which ends with the process at the latest.
  func lock(_ name: String) throws(StoreIOError)
  /// Gives the lock back.
  func unlock()

  /// Nanoseconds since 1970.
  func wallClock() -> Int64
  /// Nanoseconds of a clock that never jumps.
  func monotonicClock() -> UInt64
  /// Sixteen bytes that change when the machine starts anew.
  func bootIdentity() -> StoreIdentity
  /// Sixteen random bytes.
  func newIdentity() -> StoreIdentity
}

/// One open file. Offsets and counts are never beyond what `Int` holds.
package protocol StoreFile: Sendable {
  /// Reads up to the buffer's size; fewer bytes at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreIOError) -> Int
  /// Writes some of the bytes and says how many.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreIOError) -> Int
  func truncate(to size: Int) throws(StoreIOError)
  /// Makes the file's bytes and its size durable (not its name).
  func dataSync() throws(StoreIOError)
  func size() throws(StoreIOError) -> Int
}

/// A failed call on a file, with the operating system's number for it.
package struct StoreIOError: Error, Equatable {
  package var errno: Int32
  package var operation: String
  package var name: String
  /// For a refused lock: who has it, or 0.
  package var owner: Int32

  package init(errno: Int32, operation: String, name: String, owner: Int32 = 0) {
    self.errno = errno
    self.operation = operation
    self.name = name
    self.owner = owner
  }
}

extension StoreFile {
  /// Writes all of the bytes, however many calls that takes.
  func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreIOError) {
    var done = 0
    while done < bytes.count {
      done += try write(UnsafeRawBufferPointer(rebasing: bytes[done...]), at: offset + done)
    }
  }

  /// Reads until the buffer is full or the file ends.
  func readAll(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StoreIOError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = try read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + done)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Reads as `readAll`, but around what the disk can't give: that reads as zeros. After many blocks in
  /// a row the rest is taken for unreadable, so that a dead disk is not asked for ever.
  ///
  /// - Returns: How many bytes the file has there, and whether all of them could be read.
  func readAround(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> (count: Int, isWhole: Bool) {
    if let count = try? readAll(into: buffer, at: offset) { return (count, true) }
    var done = 0
    var failures = 0
    while done < buffer.count, failures < 64 {
      // Up to the next block of the disk.
      let size = Layout.block - (offset + done) % Layout.block
      let part = UnsafeMutableRawBufferPointer(
        rebasing: buffer[done..<min(done + size, buffer.count)])
      do throws(StoreIOError) {
        let count = try readAll(into: part, at: offset + done)
        failures = 0
        done += count
        if count < part.count { return (done, false) }
      } catch {
        part.initializeMemory(as: UInt8.self, repeating: 0)
        failures += 1
        done += part.count
      }
    }
    UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      .initializeMemory(as: UInt8.self, repeating: 0)
    return (buffer.count, false)
  }

  /// The file's bytes from an offset, fewer where it ends.
  func bytes(at offset: Int, count: Int) throws(StoreIOError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: StoreIOError?
    let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(StoreIOError) {
        initialized = try readAll(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return result
  }

  /// Writes zeros, so that the blocks exist and later writes change no metadata.
  func fillZeros(from start: Int, to end: Int) throws(StoreIOError) {
    let zeros = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(max(end - start, 0), 1 << 20), alignment: 4096)
    defer { zeros.deallocate() }
    zeros.initializeMemory(as: UInt8.self, repeating: 0)
    var offset = start
    while offset < end {
      let count = min(zeros.count, end - offset)
      try writeAll(UnsafeRawBufferPointer(rebasing: zeros[..<count]), at: offset)
      offset += count
    }
  }
}
