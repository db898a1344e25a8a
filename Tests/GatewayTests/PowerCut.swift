import Foundation
import TestSupport

/// Makes of the log of a disk (`Fixtures/gateway/disk.c`) what a power cut leaves of it: all that was synced, and of the rest
/// some writes, some of them torn between two sectors, and the first ones of the changes of names.
struct PowerCut {
  private struct Entry {
    var kind: UInt8
    var file: UInt64
    var place: Int
    var path: String
    var bytes: ArraySlice<UInt8>
  }

  private struct File {
    var durable: [UInt8] = []
    var pending: [Change] = []
  }

  private enum Change {
    case write(Int, ArraySlice<UInt8>)
    case cut(Int)
  }

  private enum Naming {
    case name(String, Int)
    case rename(String, String)
    case remove(String)
  }

  private var entries: [Entry] = []

  /// How many changes there were.
  var count: Int { entries.count }

  /// So many changes there were before the first one of such a file.
  func firstChange(ofFileEndingIn suffix: String) -> Int? {
    entries.firstIndex { $0.path.hasSuffix(suffix) }
  }

  init(log: [UInt8]) {
    var place = 0
    func number(_ count: Int) -> Int {
      defer { place += count }
      return log[place..<(place + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    while log.count - place >= 25 {
      let kind = log[place]
      place += 1
      let (file, offset, length, size) = (number(8), number(8), number(4), number(4))
      guard log.count - place >= length + size else { break }
      let path = String(decoding: log[place..<(place + length)], as: UTF8.self)
      place += length
      entries.append(
        Entry(
          kind: kind, file: UInt64(file), place: offset, path: path,
          bytes: log[place..<(place + size)]))
      place += size
    }
  }

  /// Shows the disk as it would be after power cuts behind some numbers of changes, in their order.
  func disks(
    after cuts: [Int], using random: inout SeededGenerator,
    _ body: (_ cut: Int, _ files: [String: [UInt8]]) async throws -> Void
  ) async throws {
    var files: [File] = []
    var inodes: [UInt64: Int] = [:]
    var names: [String: Int] = [:]
    var pendingNames: [Naming] = []
    var done = 0
    for cut in cuts.sorted() {
      for entry in entries[done..<cut] {
        switch UnicodeScalar(entry.kind) {
        case "C":
          files.append(File())
          inodes[entry.file] = files.count - 1
          pendingNames.append(.name(entry.path, files.count - 1))
        case "W":
          inodes[entry.file].map { files[$0].pending.append(.write(entry.place, entry.bytes)) }
        case "T": inodes[entry.file].map { files[$0].pending.append(.cut(entry.place)) }
        case "S":
          guard let file = inodes[entry.file] else { continue }
          for change in files[file].pending { Self.apply(change, to: &files[file].durable) }
          files[file].pending = []
        case "D":
          for naming in pendingNames { Self.apply(naming, to: &names) }
          pendingNames = []
        case "R":
          pendingNames.append(.rename(entry.path, String(decoding: entry.bytes, as: UTF8.self)))
        case "U": pendingNames.append(.remove(entry.path))
        default: break
        }
      }
      done = cut
      var left = names
      for naming in pendingNames.prefix(Int.random(in: 0...pendingNames.count, using: &random)) {
        Self.apply(naming, to: &left)
      }
      var disk: [String: [UInt8]] = [:]
      for (path, file) in left.sorted(by: { $0.key < $1.key }) {
        disk[path] = Self.crashed(files[file], using: &random)
      }
      try await body(cut, disk)
    }
  }

  private static func crashed(_ file: File, using random: inout SeededGenerator) -> [UInt8] {
    var bytes = file.durable
    for change in file.pending where Bool.random(using: &random) {
      guard case .write(let place, let written) = change, Bool.random(using: &random) else {
        apply(change, to: &bytes)
        continue
      }
      // Some of its sectors.
      var sector = place / 512 * 512
      while sector < place + written.count {
        if Bool.random(using: &random) {
          let first = max(sector, place)
          let last = min(sector + 512, place + written.count)
          let part = written[
            (written.startIndex + first - place)..<(written.startIndex + last - place)]
          apply(.write(first, part), to: &bytes)
        }
        sector += 512
      }
    }
    return bytes
  }

  private static func apply(_ change: Change, to bytes: inout [UInt8]) {
    switch change {
    case .write(let place, let written):
      let end = place + written.count
      if end > bytes.count { bytes += repeatElement(0, count: end - bytes.count) }
      bytes.replaceSubrange(place..<end, with: written)
    case .cut(let size):
      if size < bytes.count {
        bytes.removeLast(bytes.count - size)
      } else {
        bytes += repeatElement(0, count: size - bytes.count)
      }
    }
  }

  private static func apply(_ naming: Naming, to names: inout [String: Int]) {
    switch naming {
    case .name(let path, let file): names[path] = file
    case .rename(let old, let new):
      names[new] = names[old]
      names[old] = nil
    case .remove(let path): names[path] = nil
    }
  }
}
