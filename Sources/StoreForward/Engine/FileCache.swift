/// The open files of segments, a bounded number of them, so that a store of many segments does not
/// use up the process's descriptors. A file that is in use stays open when it leaves the cache.
final class FileCache<FS: StoreFileSystem>: @unchecked Sendable {  // guarded by `lock`
  private let fs: FS
  private let lock = Monitor()
  private var files: [(slot: Int, file: FS.File)] = []
  private let limit = 24

  init(fs: FS) { self.fs = fs }

  /// The file of a slot, opened if need be.
  func file(slot: Int) throws(StoreIOError) -> FS.File {
    lock.lock()
    defer { lock.unlock() }
    if let index = files.lastIndex(where: { $0.slot == slot }) {
      let entry = files[index]
      if index < files.count - 1 {
        files.remove(at: index)
        files.append(entry)
      }
      return entry.file
    }
    let file = try fs.open(Layout.segmentName(slot: slot), create: false)
    if files.count >= limit { files.removeFirst() }
    files.append((slot, file))
    return file
  }

  /// Opens the slot anew next time: its descriptor has failed.
  func forget(slot: Int) {
    lock.locked { files.removeAll { $0.slot == slot } }
  }
}
