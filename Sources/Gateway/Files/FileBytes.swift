internal import Glibc
internal import IOThreads

extension SystemFailure {
  /// The call has just failed: `errno` still says why.
  init(_ call: String) { self.init(call: call, errorNumber: errno) }
}

/// All bytes of a file; nil when it can't be read, with the reason in `errno`.
func readFile(_ path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { Glibc.close(descriptor) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return nil }
    guard count > 0 else { return bytes }
    bytes += block[..<count]
  }
}

/// Writes all bytes, at a place of the file or where it stands.
func writeWhole(
  _ bytes: ArraySlice<UInt8>, to descriptor: Int32, at place: Int? = nil
) throws(SystemFailure) {
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { bytes in
      let rest = bytes.baseAddress.map { $0 + done }
      return if let place {
        pwrite(descriptor, rest, bytes.count - done, off_t(place + done))
      } else {
        write(descriptor, rest, bytes.count - done)
      }
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw SystemFailure("write") }
    done += count
  }
}

/// The name of a new file is on the disk only when its folder is.
func syncFolder(ofFile path: String) {
  syncFolder(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
}

/// The same, by the folder.
func syncFolder(_ folder: String) {
  let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard directory >= 0 else { return }
  fsync(directory)
  close(directory)
}
