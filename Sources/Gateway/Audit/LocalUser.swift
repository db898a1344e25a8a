internal import Glibc

/// Who runs this process, in words: `anna (uid 1000)`, `root (uid 0) for anna`.
enum LocalUser {
  static var current: String {
    name(getuid(), for: getenv("SUDO_USER").map { String(cString: $0) })
  }

  static func name(_ uid: uid_t, for other: String? = nil) -> String {
    var record = passwd()
    var result: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    var name: String?
    if getpwuid_r(uid, &record, &buffer, buffer.count, &result) == 0, result != nil {
      name = record.pw_name.map { String(cString: $0) }
    }
    let user = name.map { "\($0) (uid \(uid))" } ?? "uid \(uid)"
    return other.map { "\(user) for \($0)" } ?? user
  }
}
