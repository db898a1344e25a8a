internal import CCrypto
internal import Glibc
internal import IOThreads
internal import Sinks

/// The secret of an audit trail: 32 random bytes in a file that only its owner may read.
enum AuditKey {
  /// The file's bytes without line ends, as they are; the file is made where there is none.
  static func load(_ path: String) throws(SystemFailure) -> [UInt8] {
    if let bytes = readFile(path) {
      let key = Self.bytes(of: bytes)
      guard !key.isEmpty else { throw SystemFailure(call: "read", errorNumber: EINVAL) }
      return key
    }
    guard errno == ENOENT else { throw SystemFailure("open") }
    var random = [UInt8](repeating: 0, count: 32)
    guard RAND_bytes(&random, 32) == 1 else {
      throw SystemFailure(call: "getrandom", errorNumber: EIO)
    }
    var text: [UInt8] = []
    text.append(hex: random)
    try replaceFile(path, with: text + [UInt8(ascii: "\n")], mode: 0o600)
    return text
  }

  /// What the file of a key stands for, or a secret that was read from one.
  ///
  /// Until all keys were read in the same way, one that the configuration names was its text: with the line ends within it, and
  /// marks in the place of bytes that are no text. What was signed with that is still as it was written, so it stays verifiable.
  ///
  /// - Returns: The key that entries are signed with, and those with which they were signed before.
  static func keys(of file: [UInt8], as text: String) -> (key: [UInt8], earlier: [[UInt8]]) {
    let (key, before) = (bytes(of: file), Array(text.utf8))
    return (key, key == before ? [] : [before])
  }

  /// A key's bytes: those of its file without line ends.
  static func bytes(of file: [UInt8]) -> [UInt8] {
    file.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
  }

  /// Whether others than the owner may read it.
  static func isExposed(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
  }
}
