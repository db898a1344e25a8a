internal import Glibc
internal import IOThreads
internal import IndustrialModel

/// Reads a CSV file of times and values piece by piece, on a thread of its own.
actor RecordingReader {
  /// The values of one moment.
  struct Row: Sendable {
    /// In nanoseconds.
    var time: Int64
    /// With the columns that they are of, the first behind the time being 0.
    var values: [(column: Int, value: Value)] = []
  }

  /// Why a file can't be played, in words.
  struct Failure: Error {
    var message: String
  }

  private let thread = BlockingThread(name: "recording")
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  private var line = 0
  private var columns = 0
  /// Lines that could not be read, and the first of them.
  private(set) var damaged: (count: Int, first: Int) = (0, 0)

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private static let longestLine = 1 << 20

  init(path: String) throws(Failure) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(message: "can't read \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// The tags of a recording: its columns but the first.
  static func columns(of path: String) throws(Failure) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(message: "can't read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    while count < head.count, !head[..<count].contains(0x0A) {
      let start = count
      let more = head.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      guard more > 0 else { break }
      count += more
    }
    let names = cells(of: head[..<count].prefix { $0 != 0x0A })
    guard names.first == "time", names.count > 1 else {
      throw Failure(
        message: "the first line of \(path) does not name the columns: time, then one a tag")
    }
    return Array(names.dropFirst())
  }

  /// The first name that two columns have.
  static func doubled(in columns: [String]) -> String? {
    var seen: Set<String> = []
    return columns.first { !seen.insert($0).inserted }
  }

  private static func cells(of line: ArraySlice<UInt8>) -> [String] {
    var line = line
    if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    if line.last == 0x0D { line = line.dropLast() }
    return CSVRow(line).cells.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Some of the next rows; none at the end.
  func rows() throws(Failure) -> [Row] {
    var rows: [Row] = []
    while rows.count < 256, let text = try nextLine() {
      if text.isEmpty || text.elementsEqual([0x0D]) { continue }
      let cells = Self.cells(of: text)
      if columns == 0 {
        columns = cells.count
      } else if let row = Self.row(cells, columns: columns) {
        rows.append(row)
      } else {
        damaged = (damaged.count + 1, damaged.count == 0 ? line : damaged.first)
      }
    }
    return rows
  }

  private static func row(_ cells: [String], columns: Int) -> Row? {
    guard cells.count == columns, let time = time(cells[0]) else { return nil }
    var row = Row(time: time)
    for (column, cell) in cells.dropFirst().enumerated() where !cell.isEmpty {
      row.values.append((column, value(cell)))
    }
    return row
  }

  private static func time(_ text: String) -> Int64? {
    if let time = Timestamp(rfc3339: text) { return time.nanoseconds }
    guard let seconds = Double(text), seconds.magnitude < 9e9 else { return nil }
    return Int64((seconds * 1e9).rounded())
  }

  private static func value(_ text: String) -> Value {
    if let number = Int64(text) { return .int64(number) }
    if let number = Double(text), number.isFinite { return .double(number) }
    if let truth = ["true": true, "false": false][text] { return .bool(truth) }
    return .string(text)
  }

  private func nextLine() throws(Failure) -> ArraySlice<UInt8>? {
    var searched = position
    while true {
      if let end = pending[searched...].firstIndex(of: 0x0A) {
        defer { position = end + 1 }
        line += 1
        return pending[position..<end]
      }
      searched = pending.count
      guard !isAtEnd else {
        guard position < pending.count else { return nil }
        defer { position = pending.count }
        line += 1
        return pending[position...]
      }
      guard pending.count - position < Self.longestLine else {
        throw Failure(message: "line \(line + 1) is longer than a mebibyte")
      }
      searched -= position
      try readMore()
    }
  }

  private func readMore() throws(Failure) {
    pending.removeFirst(position)
    position = 0
    var block = [UInt8](repeating: 0, count: 65_536)
    var count = 0
    repeat {
      count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    } while count < 0 && errno == EINTR
    guard count >= 0 else {
      throw Failure(message: "can't read it to its end: \(String(cString: strerror(errno)))")
    }
    pending += block[..<count]
    isAtEnd = count == 0
  }
}
