internal import CANCore
internal import Glibc

/// Reads candump text in both its forms; a log may even mix them.
struct CandumpParser: CANLogParser {
  /// Longer lines are passed over: the longest frame, 64 bytes in binary digits, needs 700 bytes.
  static let longestLine = 4096

  private(set) var timeBase = CANLogTimeBase.missing

  private let options: CANLogOptions
  private var channels = ChannelTable()
  private var fastPath = CandumpFastPath()
  /// Lines done with.
  private var lineCount = 0
  private var isInLongLine = false
  private var sawTime = false
  private var elapsed: Int64 = 0

  init(options: CANLogOptions) { self.options = options }

  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, into batch: inout CANFrameBatch,
    findings: inout CANLogFindings
  ) -> Int {
    var position = 0
    while position < bytes.count, batch.headers.count < context.limit {
      if !isInLongLine {
        let lines = fastPath.parse(
          bytes, from: &position, channels: channels, into: &batch, limit: context.limit)
        if lines > 0 {
          lineCount += lines
          setTimeBase(.absolute)
        }
        guard position < bytes.count, batch.headers.count < context.limit else { break }
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      guard let end = Self.lineEnd(rest) else {
        position += takeUnended(rest, context, at: position, into: &batch, findings: &findings)
        break
      }
      if isInLongLine {
        isInLongLine = false
        lineCount += 1
      } else if end > Self.longestLine {
        reportLongLine(context.byteOffset + Int64(position), &findings)
        lineCount += 1
      } else {
        lineCount += 1
        takeLine(
          UnsafeRawBufferPointer(rebasing: rest[..<end]), isEnded: true, context,
          at: position, into: &batch, findings: &findings)
      }
      position += end + 1
    }
    batch.channels = channels.names
    return position
  }

  private static func lineEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress,
      let found = memchr(base, Int32(ASCII.newline), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// The bytes behind the last line end; gives how many are done with.
  private mutating func takeUnended(
    _ rest: UnsafeRawBufferPointer, _ context: ParseContext, at position: Int,
    into batch: inout CANFrameBatch, findings: inout CANLogFindings
  ) -> Int {
    if isInLongLine { return rest.count }
    if rest.count > Self.longestLine {
      reportLongLine(context.byteOffset + Int64(position), &findings)
      // It is counted when its end comes.
      isInLongLine = true
      return rest.count
    }
    guard context.isEnd else { return 0 }
    lineCount += 1
    takeLine(
      rest, isEnded: false, context, at: position, into: &batch, findings: &findings)
    return rest.count
  }

  private mutating func takeLine(
    _ raw: UnsafeRawBufferPointer, isEnded: Bool, _ context: ParseContext, at position: Int,
    into batch: inout CANFrameBatch, findings: inout CANLogFindings
  ) {
    var line = raw
    while let last = line.last, last == ASCII.carriageReturn {
      line = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)])
    }
    do throws(LineFault) {
      if line.contains(ASCII.escape) {
        let plain = Self.withoutColours(line)
        // Typed throws don't pass through the standard library's closure, so it is taken out.
        let result = plain.withUnsafeBytes { bytes in
          Result { () throws(LineFault) in
            try append(bytes, isEnded: isEnded, context, to: &batch)
          }
        }
        try result.get()
      } else {
        try append(line, isEnded: isEnded, context, to: &batch)
      }
    } catch {
      let isCutOff = !isEnded && error.code == .damaged
      findings.add(
        CANLogFinding(
          code: isCutOff ? .truncated : error.code, line: lineCount,
          column: isCutOff ? nil : error.column.map { $0 + 1 },
          byteOffset: context.byteOffset + Int64(position),
          reason: isCutOff
            ? "the last line has no end and may be cut off; it was left out" : error.reason))
    }
  }

  private mutating func append(
    _ bytes: UnsafeRawBufferPointer, isEnded: Bool, _ context: ParseContext,
    to batch: inout CANFrameBatch
  ) throws(LineFault) {
    guard let line = try CandumpLine.parse(bytes) else { return }
    guard isEnded || line.isProvablyWhole else { throw LineFault(reason: "") }
    guard let channel = channels.channel(of: line.channel) else {
      throw LineFault(reason: "this is no name of a CAN interface, or there are too many of them")
    }
    batch.append(
      CANFrame(
        time: try time(of: line, context), identifier: line.identifier, channel: channel,
        flags: line.flags, payload: line.payload, dataLengthCode: line.dataLengthCode))
  }

  private mutating func time(
    of line: CandumpLine, _ context: ParseContext
  ) throws(LineFault) -> Int64 {
    var (time, overflow): (Int64, Bool)
    switch line.time {
    case .absolute(let value):
      setTimeBase(.absolute)
      return value
    case .local(let value):
      setTimeBase(.absolute)
      (time, overflow) = value.subtractingReportingOverflow(
        Int64(options.utcOffset) * 1_000_000_000)
    case .relative(let value):
      setTimeBase(.relative)
      if options.relativeTimesAreDeltas {
        (elapsed, overflow) = elapsed.addingReportingOverflow(value)
      } else {
        (elapsed, overflow) = (value, false)
      }
      let start = options.startTime
      let wasTooLate = overflow
      (time, overflow) = start.addingReportingOverflow(elapsed)
      overflow = overflow || wasTooLate
    case .none:
      setTimeBase(context.arrival == 0 ? .missing : .arrival)
      return context.arrival
    }
    guard !overflow else { throw LineFault(reason: "the time lies beyond the year 2262") }
    return time
  }

  /// The first frame decides what the log's times count from.
  private mutating func setTimeBase(_ base: CANLogTimeBase) {
    guard !sawTime else { return }
    sawTime = true
    timeBase = base
  }

  private mutating func reportLongLine(_ offset: Int64, _ findings: inout CANLogFindings) {
    findings.add(
      CANLogFinding(
        code: .tooLong, line: lineCount + 1, column: nil, byteOffset: offset,
        reason: "the line is longer than \(Self.longestLine) bytes; no frame is"))
  }

  /// The line without terminal colours (candump -c): `ESC [ ... letter`.
  private static func withoutColours(_ line: UnsafeRawBufferPointer) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(line.count)
    var isInSequence = false
    for byte in line {
      if isInSequence {
        // The letter ends it; brackets, digits and semicolons belong to it.
        isInSequence = !(byte >= 0x40 && byte <= 0x7E && byte != 0x5B)
      } else if byte == ASCII.escape {
        isInSequence = true
      } else {
        plain.append(byte)
      }
    }
    return plain
  }
}

extension CandumpParser {
  /// The log file form, as registered.
  static let logFormat = RegisteredFormat(
    format: .candump, recognise: { recognise($0, isWhole: $1, form: .log) },
    makeParser: { CandumpParser(options: $0) })

  /// The screen form, as registered.
  static let screenFormat = RegisteredFormat(
    format: .candumpScreen, recognise: { recognise($0, isWhole: $1, form: .screen) },
    makeParser: { CandumpParser(options: $0) })

  /// Looks for the first line that is a frame; its form decides.
  private static func recognise(
    _ head: UnsafeRawBufferPointer, isWhole: Bool, form: CandumpLine.Form
  ) -> Recognition {
    var rest = head
    while !rest.isEmpty {
      let end = lineEnd(rest)
      if end == nil && !isWhole { return .undecided }
      var line = UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.count)])
      rest = UnsafeRawBufferPointer(rebasing: rest[min(line.count + 1, rest.count)...])
      if line.last == ASCII.carriageReturn {
        line = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)])
      }
      guard line.count <= longestLine else { continue }
      let plain = line.contains(ASCII.escape) ? withoutColours(line) : Array(line)
      let found = plain.withUnsafeBytes { bytes in (try? CandumpLine.parse(bytes))?.form }
      if let found { return found == form ? .yes : .no }
    }
    return isWhole ? .no : .undecided
  }
}
