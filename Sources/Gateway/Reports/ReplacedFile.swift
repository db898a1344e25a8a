internal import Glibc

/// A call of the operating system failed; `errno` says why.
struct SystemCallFailure: Error {}

/// Puts a file in the place of another at one moment, durably: after a crash there is the old one or the new one.
func replaceFile(_ path: String, with contents: [UInt8]) throws(SystemCallFailure) {
  let part = path + ".part"
  let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw SystemCallFailure() }
  var done = 0
  while done < contents.count {
    let count = contents.withUnsafeBytes { bytes in
      write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    done += count
  }
  let isWritten = done == contents.count && fsync(descriptor) == 0
  let code = errno
  close(descriptor)
  guard isWritten, rename(part, path) == 0 else {
    let reason = isWritten ? errno : code
    unlink(part)
    errno = reason
    throw SystemCallFailure()
  }
  // The name is on the disk only when the folder is.
  let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if directory >= 0 {
    fsync(directory)
    close(directory)
  }
}
