internal import Glibc
internal import IOThreads
internal import Synchronization

/// Notices when a file has other contents, whatever way they get there: written in place, renamed over it by an editor, or behind
/// a symbolic link that is exchanged, as Kubernetes does it.
///
/// The folders on the way to the file are watched, not the file, whose name may stand for another one tomorrow.
final class FileWatch: Sendable {
  private let path: String
  private let descriptor: Int32
  private let wake: WakeSignal
  private let isOver = Atomic(false)
  private let thread = WatchThread()

  /// So long nothing must happen before the file is looked at: editors and copies write in pieces.
  static let quiet: Duration = .milliseconds(200)

  init(_ path: String) throws(SystemFailure) {
    self.path = path
    wake = try WakeSignal()
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { throw SystemFailure(call: "inotify_init1", errorNumber: errno) }
  }

  deinit { close(descriptor) }

  /// Calls `changed` each time that the file has other contents than when it was looked at last, until the task is cancelled.
  ///
  /// - Parameter first: The text that somebody else took it for, with marks in the place of what is no text; nil for what it has now.
  func forEach(since first: [UInt8]?, _ changed: () async -> Void) async {
    await withTaskCancellationHandler {
      var known = await thread.contents(of: path)
      if let first, known.map({ Array(String(decoding: $0, as: UTF8.self).utf8) }) != first {
        known = first
      }
      while !isOver.load(ordering: .acquiring) {
        let isWatched = await thread.watchFolders(of: path, descriptor)
        // What changed before the folders were watched. Where there is no file, one has to come.
        let early = await thread.contents(of: path)
        if early == nil || early == known {
          // Its folder may have gone as well, and nobody would tell of another one. Where there are no watches to be had, it is
          // looked at.
          let atMost: Int32 = early == nil || !isWatched ? 1000 : -1
          await thread.waitForQuiet(descriptor, wake.descriptor, Self.quiet, atMost: atMost)
        }
        guard !isOver.load(ordering: .acquiring) else { return }
        let now = await thread.contents(of: path)
        // A file that is gone is on its way; one that is the same again was only touched.
        guard let now, now != known else { continue }
        known = now
        await changed()
      }
    } onCancel: {
      isOver.store(true, ordering: .releasing)
      wake.raise()
    }
  }
}

/// What blocks, on a thread of its own.
private actor WatchThread {
  private let thread = BlockingThread(name: "file-watch")
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  func contents(of path: String) -> [UInt8]? { readFile(path) }

  /// The folder of the file and those of the links on the way to it, and whether another folder takes the place of one on the way.
  ///
  /// - Returns: false if not all of them can be watched.
  func watchFolders(of path: String, _ descriptor: Int32) -> Bool {
    let moves = UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF) | UInt32(IN_ONLYDIR)
    let changes =
      UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_CREATE) | UInt32(IN_DELETE)
      | UInt32(IN_MOVED_FROM)
    var isWatched = true
    for (folder, hasFile) in folders(of: path) {
      // One folder may be on the way twice.
      let events = moves | UInt32(IN_MASK_ADD) | (hasFile ? changes : 0)
      isWatched = inotify_add_watch(descriptor, folder, events) >= 0 && isWatched
    }
    return isWatched
  }

  /// All folders on the way, and whether the file or a link is in it.
  private func folders(of path: String) -> [(path: String, hasFile: Bool)] {
    var found: [(path: String, hasFile: Bool)] = []
    var prefix = path.hasPrefix("/") ? "/" : ""
    var rest = path.split(separator: "/").map(String.init)[...]
    // A link among links is followed as far as the kernel would.
    var links = 0
    while let part = rest.popFirst(), links < 40 {
      let folder = prefix.isEmpty ? "." : prefix
      let whole = prefix.isEmpty || prefix.hasSuffix("/") ? prefix + part : "\(prefix)/\(part)"
      var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let length = target.withUnsafeMutableBytes { bytes in
        bytes.assumingMemoryBound(to: CChar.self).baseAddress.map {
          readlink(whole, $0, bytes.count)
        } ?? -1
      }
      guard length > 0 else {
        found.append((folder, rest.isEmpty))
        prefix = whole
        continue
      }
      links += 1
      found.append((folder, true))
      let text = String(decoding: target[..<length], as: UTF8.self)
      rest = (text.split(separator: "/").map(String.init) + rest)[...]
      if text.hasPrefix("/") { prefix = "/" }
    }
    return found
  }

  /// Returns when something has happened and then nothing for a while, or when the wait is over.
  ///
  /// - Parameter atMost: So many milliseconds are waited for something to happen; -1 for ever.
  func waitForQuiet(_ descriptor: Int32, _ wake: Int32, _ quiet: Duration, atMost: Int32) {
    var timeout = atMost
    // A folder in which something happens all the time is looked at all the same.
    var deadline: ContinuousClock.Instant?
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      var entries = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&entries, 2, timeout)
      if count < 0, errno == EINTR { continue }
      guard count > 0, entries[1].revents == 0 else { return }
      _ = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      let now = ContinuousClock.now
      let end = deadline ?? now.advanced(by: quiet * 10)
      guard now < end else { return }
      deadline = end
      timeout = Int32(clamping: Int(quiet / .milliseconds(1)))
    }
  }
}
