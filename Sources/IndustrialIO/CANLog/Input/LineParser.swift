internal import CANCore
internal import Glibc

/// A text format whose frames stand on a line each.
protocol LineFormat: Sendable {
  /// What the times of the frames so far count from.
  var timeBase: CANLogTimeBase { get }
  /// The names of the channels so far.
  var channelNames: [String] { get }
  /// Longer lines hold no frame.
  static var longestLine: Int { get }

  /// Appends the frame of a line, if it has one. `isEnded` is false for a last line without line end, which
  /// may be cut off: it must not be taken for more than its text proves.
  mutating func take(
    _ line: UnsafeRawBufferPointer, isEnded: Bool, into batch: inout CANFrameBatch
  ) throws(LineFault)
}

/// Walks over the lines of a text log, counts them and keeps what is wrong with them.
struct LineParser<Format: LineFormat>: CANLogParser {
  var timeBase: CANLogTimeBase { format.timeBase }

  private var format: Format
  private var lineCount = 0
  private var isInLongLine = false

  init(_ format: Format) { self.format = format }

  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, into batch: inout CANFrameBatch,
    findings: inout CANLogFindings
  ) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var position = 0
    while position < bytes.count, batch.headers.count < context.limit {
      let rest = bytes.count - position
      guard let found = memchr(base + position, Int32(ASCII.newline), rest) else {
        position += takeUnended(base + position, rest, at: position, context, &batch, &findings)
        break
      }
      let length = UnsafeRawPointer(found) - (base + position)
      lineCount += 1
      if isInLongLine {
        isInLongLine = false
      } else if length > Format.longestLine {
        reportLongLine(context.byteOffset + Int64(position), &findings)
      } else {
        takeLine(
          UnsafeRawBufferPointer(start: base + position, count: length), isEnded: true,
          offset: context.byteOffset + Int64(position), &batch, &findings)
      }
      position += length + 1
    }
    batch.channels = format.channelNames
    return position
  }

  /// The bytes behind the last line end; gives how many are done with.
  private mutating func takeUnended(
    _ start: UnsafeRawPointer, _ count: Int, at position: Int, _ context: ParseContext,
    _ batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) -> Int {
    if isInLongLine { return count }
    if count > Format.longestLine {
      lineCount += 1
      reportLongLine(context.byteOffset + Int64(position), &findings)
      lineCount -= 1
      isInLongLine = true
      return count
    }
    guard context.isEnd else { return 0 }
    lineCount += 1
    takeLine(
      UnsafeRawBufferPointer(start: start, count: count), isEnded: false,
      offset: context.byteOffset + Int64(position), &batch, &findings)
    return count
  }

  private mutating func takeLine(
    _ raw: UnsafeRawBufferPointer, isEnded: Bool, offset: Int64, _ batch: inout CANFrameBatch,
    _ findings: inout CANLogFindings
  ) {
    var line = raw
    while let last = line.last, last == ASCII.carriageReturn {
      line = UnsafeRawBufferPointer(start: line.baseAddress, count: line.count - 1)
    }
    do throws(LineFault) {
      try format.take(line, isEnded: isEnded, into: &batch)
    } catch {
      let isCutOff = !isEnded && error.code == .damaged
      findings.add(
        CANLogFinding(
          code: isCutOff ? .truncated : error.code, line: lineCount,
          column: isCutOff ? nil : error.column.map { $0 + 1 }, byteOffset: offset,
          reason: isCutOff
            ? "the last line has no end and may be cut off; it was left out" : error.reason))
    }
  }

  private func reportLongLine(_ offset: Int64, _ findings: inout CANLogFindings) {
    findings.add(
      CANLogFinding(
        code: .tooLong, line: lineCount, column: nil, byteOffset: offset,
        reason: "the line is longer than \(Format.longestLine) bytes; no frame is"))
  }
}

/// Looks at the complete lines at the beginning of a log for one that settles what it is.
enum LineRecognition {
  /// So many of candump's lines, which begin with a time in parentheses, settle that it is no format of Vector's or PEAK's.
  private static let candumpLines = 8

  static func search(
    _ head: UnsafeRawBufferPointer, isWhole: Bool,
    settles: (UnsafeRawBufferPointer) -> Bool
  ) -> Recognition {
    var rest = head
    var strangers = 0
    while !rest.isEmpty {
      let end = rest.firstIndex(of: ASCII.newline)
      if end == nil && !isWhole { return .undecided }
      let length = end ?? rest.count
      var line = UnsafeRawBufferPointer(rebasing: rest[..<length])
      rest = UnsafeRawBufferPointer(rebasing: rest[min(length + 1, rest.count)...])
      if line.last == ASCII.carriageReturn {
        line = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)])
      }
      if line.first(where: { $0 > ASCII.space }) == ASCII.openParenthesis {
        strangers += 1
        if strangers == candumpLines { return .no }
      } else if settles(line) {
        return .yes
      }
    }
    return isWhole ? .no : .undecided
  }
}
