internal import IndustrialModel

/// Counts of tags as bytes: runs of neighbouring numbers with the same count, so that a poll of a thousand registers is one run.
///
/// The count of runs, then for each: how far its first number is behind the end of the run before, twice its length less one
/// with the lowest bit for "a count other than 1 follows", and that count. All are varints (LEB128).
enum TagRuns {
  struct Run: Equatable {
    var first: Int
    var length: Int
    var count: UInt64
  }

  /// Collects runs; numbers have to rise.
  struct Writer: Equatable {
    private var runs: [Run] = []

    var isEmpty: Bool { runs.isEmpty }

    mutating func removeAll() { runs.removeAll(keepingCapacity: true) }

    mutating func add(_ number: Int, _ count: UInt64) {
      if let last = runs.indices.last, runs[last].first + runs[last].length == number,
        runs[last].count == count
      {
        runs[last].length += 1
      } else {
        runs.append(Run(first: number, length: 1, count: count))
      }
    }

    func write(to bytes: inout [UInt8]) {
      bytes.appendVarint(runs.count)
      var end = 0
      for run in runs {
        bytes.appendVarint(run.first - end)
        bytes.appendVarint((run.length - 1) << 1 | (run.count == 1 ? 0 : 1))
        if run.count != 1 { bytes.appendVarint(run.count) }
        end = run.first + run.length
      }
    }
  }

  /// Reads runs.
  ///
  /// - Parameter limit: All numbers are below; what is not is no counts of ours.
  /// - Returns: false if the bytes are no runs. Some may have been handed out by then.
  static func read(_ reader: inout VarintReader, below limit: Int, _ body: (Run) -> Void) -> Bool {
    guard let count = reader.next() else { return false }
    var end = 0
    for _ in 0..<count {
      guard let step = reader.next(), let head = reader.next(),
        step <= UInt64(limit - end), head >> 1 < UInt64(limit - end) - step
      else { return false }
      var run = Run(first: end + Int(step), length: Int(head >> 1) + 1, count: 1)
      if head & 1 != 0 {
        guard let value = reader.next() else { return false }
        run.count = value
      }
      body(run)
      end = run.first + run.length
    }
    return true
  }
}

/// Reads numbers out of bytes that may be anything.
struct VarintReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset: Int

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var remaining: Int { bytes.count - offset }

  /// The next number, nil if there is none.
  mutating func next() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// The next number, if it is a length of what follows.
  mutating func nextLength() -> Int? {
    guard let value = next(), value <= UInt64(remaining) else { return nil }
    return Int(value)
  }

  /// The next bytes.
  mutating func block(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= remaining else { return nil }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  /// A number of eight bytes.
  mutating func word() -> UInt64? {
    guard let bytes = block(8) else { return nil }
    var word: UInt64 = 0
    for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
    return word
  }

  mutating func text() -> String? {
    guard let length = nextLength(), let bytes = block(length) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension [UInt8] {
  /// A number that is not negative.
  mutating func appendVarint(_ value: Int) { appendVarint(UInt64(value.magnitude)) }

  mutating func append(word: UInt64) {
    Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(text: String) {
    appendVarint(text.utf8.count)
    append(contentsOf: text.utf8)
  }
}
