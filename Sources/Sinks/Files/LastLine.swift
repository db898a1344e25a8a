internal import Glibc

/// Finds where the last whole line of a file ends: behind it may stand what a crash left of a write.
struct LastLine {
  let descriptor: Int32
  let size: off_t
  let path: String
  /// How our lines look; nil where that can't be told.
  let lines: (any LineSyntax)?

  /// So much of the file's end is looked at. A line is far shorter but for large texts.
  private static let window = 1 << 20
  /// And so much when no line of ours begins in it.
  private static let widerWindows = [8 << 20, 64 << 20]

  private enum Finding: Equatable {
    case end(off_t)
    /// There is no line of ours in the window, and there is more in front of it.
    case outsideWindow
    /// What stands there is not all ours.
    case unknown
  }

  /// The offset behind the last whole line.
  ///
  /// - Throws: `SinkError` of code `foreignContent` for what is no file of ours and must not be cut: a long tail without a line
  ///   end that is no line of ours either.
  func end() throws(SinkError) -> off_t {
    guard size > 0 else { return 0 }
    let tail = try read(Self.window)
    if let lines {
      var finding = find(lines, in: tail)
      for window in Self.widerWindows where finding == .outsideWindow {
        finding = try find(lines, in: read(window))
      }
      if case .end(let end) = finding { return end }
    }
    let start = size - off_t(tail.count)
    if let lineEnd = tail.lastIndex(of: UInt8(ascii: "\n")) { return start + off_t(lineEnd) + 1 }
    guard start == 0, !tail.contains(0) else {
      throw SinkError(
        code: .foreignContent, destination: path,
        message: "the file holds something that is not lines of samples",
        advice: "name another file, or move this one away")
    }
    return 0
  }

  /// Goes back from the end, line by line, to the last one that is whole.
  ///
  /// A line end in a text is not told from another by itself, and a piece of a text may look like an unfinished line. So only that is
  /// cut off as one which begins where a whole line ends; in doubt more stays.
  private func find(_ lines: any LineSyntax, in tail: [UInt8]) -> Finding {
    let start = size - off_t(tail.count)
    var unfinished: [Int] = []
    var place = tail.count
    while place > 0 {
      let lineEnd = tail[..<(place - 1)].lastIndex(of: UInt8(ascii: "\n"))
      guard lineEnd != nil || start == 0 else { return .outsideWindow }
      place = lineEnd.map { $0 + 1 } ?? 0
      switch lines.scan(tail[place...]) {
      case .foreign: break
      case .unfinished: unfinished.append(place)
      case .whole(let end):
        let isLast = end == tail.count || unfinished.contains(end)
        return isLast ? .end(start + off_t(end)) : .unknown
      }
    }
    return unfinished.last == 0 ? .end(0) : .unknown
  }

  /// The last bytes of the file.
  private func read(_ window: Int) throws(SinkError) -> [UInt8] {
    let count = Int(min(size, off_t(window)))
    var bytes = [UInt8](repeating: 0, count: count)
    let start = size - off_t(count)
    var got = 0
    while got < count {
      let length = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress?.advanced(by: got), count - got, start + off_t(got))
      }
      if length < 0, errno == EINTR { continue }
      guard length > 0 else { throw SinkError(errno: errno, doing: "read the file", to: path) }
      got += length
    }
    return bytes
  }
}
