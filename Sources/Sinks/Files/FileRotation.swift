internal import Glibc
internal import IndustrialModel

/// When a file that grows makes way for a new one, and how many old ones stay.
public struct FileRotation: Sendable, Equatable {
  /// A file of so many bytes or more is put aside; nil for never. A batch is never cut, so a file may be larger by one.
  public var size: Int?
  /// A file is put aside at each multiple of this time since 1970, UTC; nil for never.
  public var every: Duration?
  /// So many files that were put aside stay, the newest; nil for all.
  public var keep: Int?

  /// Nothing is put aside unless it is said when.
  public init(size: Int? = nil, every: Duration? = nil, keep: Int? = nil) {
    self.size = size
    self.every = every
    self.keep = keep
  }

  /// Which span of `every` a moment is in.
  func span(of time: Timestamp) -> Int64? {
    guard let every else { return nil }
    let length = max(1, every.clampedNanoseconds)
    let nanoseconds = time.nanoseconds
    return (nanoseconds >= 0 ? nanoseconds : nanoseconds &- length &+ 1) / length
  }
}

/// The names of files that were put aside: `plant.lp` becomes `plant-20260101T000000Z.lp`.
struct OldFiles {
  private let folder: String
  private let stem: Substring
  private let ending: Substring

  init(of path: String) {
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? "./"
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let dot = name.dropFirst().lastIndex(of: ".")
    stem = dot.map { name[..<$0] } ?? name
    ending = dot.map { name[$0...] } ?? ""
  }

  /// A name for a file that is put aside now, which sorts behind all that were: also when the clock was set back, and when
  /// the first files of this second are deleted already.
  func nextPath(at time: Timestamp) -> String {
    // 2026-01-01T00:00:00.000000000Z without what a name does not need; it sorts by time.
    var moment = time.description.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
    var number = 1
    if let newest = names().last, self.moment(of: newest).prefix(16) >= moment[...] {
      moment = String(self.moment(of: newest).prefix(16))
      number = self.number(of: newest) + 1
    }
    return "\(folder)\(stem)-\(moment)\(number > 1 ? "-\(number)" : "")\(ending)"
  }

  /// Deletes all but the newest. Files with other names are left alone.
  func deleteAll(butNewest count: Int) {
    for name in names().dropLast(count) { unlink(folder + name) }
  }

  /// The files that were put aside, the oldest first.
  private func names() -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if isOld(name) { names.append(name) }
    }
    return names.sorted(by: precedes)
  }

  /// By moment, then by number: `...Z-10.lp` comes after `...Z-9.lp`.
  private func precedes(_ left: String, _ right: String) -> Bool {
    let (a, b) = (moment(of: left).prefix(16), moment(of: right).prefix(16))
    return a == b ? number(of: left) < number(of: right) : a < b
  }

  private func number(of name: String) -> Int { Int(moment(of: name).dropFirst(17)) ?? 1 }

  /// `20260101T000000Z` or `20260101T000000Z-2`.
  private func moment(of name: String) -> Substring {
    name.dropFirst(stem.count + 1).dropLast(ending.count)
  }

  private func isOld(_ name: String) -> Bool {
    guard name.hasPrefix(stem + "-"), name.hasSuffix(ending),
      name.utf8.count >= stem.utf8.count + 1 + 16 + ending.utf8.count
    else { return false }
    let moment = Array(moment(of: name).utf8)
    guard moment.count >= 16, moment[8] == UInt8(ascii: "T"), moment[15] == UInt8(ascii: "Z")
    else { return false }
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    guard moment[..<8].allSatisfy(isDigit), moment[9..<15].allSatisfy(isDigit) else { return false }
    guard moment.count > 16 else { return true }
    return moment.count > 17 && moment[16] == UInt8(ascii: "-") && moment[17...].allSatisfy(isDigit)
  }
}
