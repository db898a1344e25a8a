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
