internal import Glibc

/// Lines of a file or of standard input, read piece by piece; a line too long is an error.
struct FormulaLineInput: ~Copyable {
  private let descriptor: Int32
  /// As messages call it.
  let name: String
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// The number of the last line read, from 1.
  private(set) var number = 0
  /// Whether the last line read ended with a carriage return as well.
  private var endsWithReturn = false

  /// Far more than a formula or a row needs.
  private static let longest = 1 << 24

  /// Opens the file, or standard input for nil and `-`; refuses one that standard output goes to, which would have no end.
  init(path: String?) throws {
    let path = path ?? "-"
    let name = path == "-" ? "standard input" : path
    try RegularFile.refuseWriting("-", whileReading: path, what: "input")
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        "can't read: \(String(cString: strerror(errno)))", at: path, advice: "check the path")
    }
    (self.descriptor, self.name) = (descriptor, name)
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// The next line without its end; nil at the end of the input.
  mutating func next() throws -> ArraySlice<UInt8>? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { position = end + 1 }
        number += 1
        return trimmed(buffer[position..<end])
      }
      if isAtEnd {
        guard position < buffer.count else { return nil }
        defer { position = buffer.count }
        number += 1
        return trimmed(buffer[position...])
      }
      buffer.removeSubrange(..<position)
      position = 0
      searched = buffer.count
      try fill()
    }
  }

  private mutating func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    endsWithReturn = line.last == 0x0D
    return endsWithReturn ? line.dropLast() : line
  }

  private mutating func fill() throws {
    guard buffer.count < Self.longest else {
      throw Failure(
        "a line is longer than \(Self.longest) bytes", at: "\(name), line \(number + 1)",
        advice: "is this the right file?")
    }
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: 1 << 16))
    let count = buffer.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress?.advanced(by: start), 1 << 16)
    }
    buffer.removeLast((1 << 16) - Swift.max(count, 0))
    if count < 0, errno != EINTR {
      throw Failure(
        "can't read: \(String(cString: strerror(errno)))", at: name, advice: "check the input")
    }
    if count == 0 { isAtEnd = true }
  }
}

extension FormulaLineInput {
  /// The next row: a line, and those that a quoted cell goes on in. Empty lines are passed over.
  mutating func nextRow() throws -> ArraySlice<UInt8>? {
    while let line = try next() {
      if line.isEmpty { continue }
      var quotes = CSVQuotes()
      quotes.read(line)
      guard quotes.isOpen else { return line }
      let first = number
      var row = Array(line)
      while quotes.isOpen {
        // A line end within a cell is the cell's own, and stays what it is.
        let end: [UInt8] = endsWithReturn ? [0x0D, 0x0A] : [0x0A]
        guard row.count < 1 << 20, let more = try next() else {
          throw Failure(
            "the quoted cell has no end", at: "line \(first)",
            advice: "a cell that begins with a quote ends with one")
        }
        row += end
        row += more
        quotes.read(more)
      }
      return row[...]
    }
    return nil
  }
}
