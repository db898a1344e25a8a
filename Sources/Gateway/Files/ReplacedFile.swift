internal import Glibc
internal import IOThreads

/// Puts a file in the place of another at one moment, durably: after a crash there is the old one or the new one.
func replaceFile(
  _ path: String, with contents: [UInt8], mode: mode_t = 0o644
) throws(SystemFailure) {
  let part = path + ".part"
  let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
  guard descriptor >= 0 else { throw SystemFailure("open") }
  do throws(SystemFailure) {
    defer { close(descriptor) }
    try writeWhole(contents[...], to: descriptor)
    guard fsync(descriptor) == 0, rename(part, path) == 0 else { throw SystemFailure("fsync") }
  } catch {
    let reason = errno
    unlink(part)
    errno = reason
    throw error
  }
  syncFolder(ofFile: path)
}
