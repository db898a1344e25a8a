public import CANCore
internal import IndustrialModel

/// Reads a CAN log of any known format, batch by batch, in memory that does not grow with the log.
///
/// The format is recognised by the content. Damaged lines are skipped and reported in ``findings``.
/// Reading blocks the calling thread; in async code use ``frames(bufferedBatches:)``, which reads on a thread of
/// its own.
///
/// ```swift
/// var log = try CANLogReader(contentsOf: "drive.log")
/// var batch = CANFrameBatch()
/// while try log.next(into: &batch) {
///   for frame in batch { print(frame.identifier, frame.payload) }
/// }
/// for finding in log.findings.kept { print(finding) }
/// ```
public struct CANLogReader: ~Copyable, Sendable {
  /// The format, once enough has been read to recognise it.
  public private(set) var format: CANLogFormat?

  /// What was wrong in the part read so far.
  public private(set) var findings = CANLogFindings()

  private let options: CANLogOptions
  private var input: LogInput
  private var parser: (any CANLogParser)?
  private var isDone = false

  /// Opens a file, a FIFO or a device.
  ///
  /// - Throws: ``CANLogError/Code/cannotOpen``.
  public init(
    contentsOf path: String, options: CANLogOptions = CANLogOptions()
  ) throws(CANLogError) {
    self.init(input: try LogInput(contentsOf: path), options: options)
  }

  /// Reads from a descriptor: standard input (0), a pipe, a socket. What has arrived is handed over
  /// at once, without waiting for a full block.
  ///
  /// - Parameters:
  ///   - fileDescriptor: open for reading.
  ///   - closingWhenDone: whether the descriptor belongs to the reader from now on.
  ///   - options: how to read it.
  public init(
    fileDescriptor: Int32, closingWhenDone: Bool = false, options: CANLogOptions = CANLogOptions()
  ) {
    self.init(
      input: LogInput(descriptor: fileDescriptor, owned: closingWhenDone), options: options)
  }

  /// Reads a log that is in memory.
  public init(bytes: [UInt8], options: CANLogOptions = CANLogOptions()) {
    self.init(input: LogInput(bytes: bytes), options: options)
  }

  private init(input: consuming LogInput, options: CANLogOptions) {
    self.input = input
    self.options = options
  }

  /// What the times of the frames read so far count from.
  public var timeBase: CANLogTimeBase { parser?.timeBase ?? .missing }

  /// Replaces what is in `batch` with the next frames, in the order of the log.
  ///
  /// - Returns: false at the end of the log; `batch` is empty then.
  /// - Throws: ``CANLogError/Code/unknownFormat``, ``CANLogError/Code/unreadable``. Frames read before
  ///   a failure have been handed over by the calls before.
  public mutating func next(into batch: inout CANFrameBatch) throws(CANLogError) -> Bool {
    try next(into: &batch, stop: -1) == .frames
  }

  /// Whether bytes come when they come, as from a pipe, a terminal or a socket: what was read should not wait for more.
  package var isLive: Bool { !input.isRegularFile }

  /// As the public one; also false when `stop`, a descriptor, has become readable and what a live input held at that moment has been
  /// handed over: nothing comes after that. A regular file is not waited for, and read on.
  package mutating func next(
    into batch: inout CANFrameBatch, until stop: Int32
  ) throws(CANLogError) -> Bool {
    var outcome = try next(into: &batch, stop: stop)
    if outcome == .stopped, input.endAtWhatIsThere() {
      outcome = try next(into: &batch, stop: stop)
    }
    return outcome == .frames
  }

  enum Outcome { case frames, end, stopped }

  /// As the public one; a readable `stop` descriptor ends the wait for bytes.
  mutating func next(
    into batch: inout CANFrameBatch, stop: Int32
  ) throws(CANLogError) -> Outcome {
    batch.removeAll()
    guard !isDone else { return .end }
    do throws(CANLogError) {
      while true {
        if parser == nil { try recognise() }
        if parser != nil {
          parseOnce(into: &batch)
          // A live source hands over what it has; a file fills the batch.
          let limit = input.isRegularFile ? max(1, options.batchCapacity) : 1
          if batch.headers.count >= limit { return .frames }
        }
        if parser?.hasMore == true && !batch.headers.isEmpty { return .frames }
        if input.isAtEnd && (input.unread.isEmpty || parser == nil) {
          isDone = true
          return batch.headers.isEmpty ? .end : .frames
        }
        if try input.fill(stop: stop) == .stopped { return .stopped }
      }
    } catch {
      guard !batch.headers.isEmpty else {
        isDone = true
        throw error
      }
      // The frames before the failure first; it comes up again at the next call.
      return .frames
    }
  }

  private mutating func parseOnce(into batch: inout CANFrameBatch) {
    let unread = input.unread
    let context = ParseContext(
      byteOffset: input.offset, isEnd: input.isAtEnd, limit: max(1, options.batchCapacity),
      arrival: arrivalTime)
    var done = parser?.parse(unread, context, into: &batch, findings: &findings) ?? 0
    let mustProgress = input.isAtEnd && batch.headers.count < context.limit || input.isFull
    if done == 0 && mustProgress && !unread.isEmpty && batch.headers.isEmpty {
      findings.add(
        CANLogFinding(
          code: .damaged, line: nil, column: nil, byteOffset: input.offset,
          reason: "\(unread.count) bytes are no part of a frame"))
      done = unread.count
    }
    input.consume(done)
  }

  private var arrivalTime: Int64 {
    switch options.missingTime {
    case .zero: return 0
    case .automatic where input.isRegularFile: return 0
    case .automatic, .arrival: return Timestamp.now().nanoseconds
    }
  }

  // MARK: Recognition

  /// A log whose beginning, so much of it, is in no known format is refused.
  private static let recognitionLimit = 64 * 1024

  /// Finds the format, if the bytes so far are enough for it.
  private mutating func recognise() throws(CANLogError) {
    // Windows editors put the mark of UTF-8 in front of a text.
    if input.offset == 0, input.unread.starts(with: [0xEF, 0xBB, 0xBF]) { input.consume(3) }
    let head = input.unread
    let isWhole = input.isAtEnd
    var isUndecided = false
    for candidate in registeredFormats {
      if let wanted = options.format {
        guard candidate.format == wanted else { continue }
        // Fewer bytes don't tell whether the mark stands there.
        if input.offset == 0, head.count < 3, !isWhole { return }
      } else {
        guard !head.isEmpty else { continue }
        switch candidate.recognise(head, isWhole || head.count >= Self.recognitionLimit) {
        case .yes: break
        case .no: continue
        case .undecided:
          isUndecided = true
          continue
        }
      }
      format = candidate.format
      parser = candidate.makeParser(options)
      return
    }
    if let wanted = options.format {
      throw CANLogError(
        code: .unknownFormat,
        message: "the format \"\(wanted.rawValue)\" is not known; "
          + "known are \(Self.knownFormats)", path: input.path)
    }
    // A log of a bus on which nothing happened is no error.
    let isBlank = head.allSatisfy { $0 <= ASCII.space }
    if isBlank, input.isFull {
      // Nothing would fit in behind it, and no format begins with it.
      findings.passOverLines(head.count(where: { $0 == ASCII.newline }))
      return input.consume(head.count)
    }
    if isBlank || isUndecided || (!isWhole && head.count < Self.recognitionLimit) { return }
    throw CANLogError(
      code: .unknownFormat,
      message: "this is no CAN log of a known format (\(Self.knownFormats)); "
        + "it begins with \(Self.excerpt(head))", path: input.path)
  }

  private static var knownFormats: String {
    CANLogFormat.readable.map(\.rawValue).joined(separator: ", ")
  }

  private static func excerpt(_ head: UnsafeRawBufferPointer) -> String {
    let line = head.prefix(60).prefix { $0 != ASCII.newline && $0 != ASCII.carriageReturn }
    let isText = line.allSatisfy { $0 >= ASCII.space || $0 == ASCII.tab }
    if isText { return "\"\(String(decoding: line, as: UTF8.self))\"" }
    return "the bytes "
      + head.prefix(8).map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
      }.joined(separator: " ")
  }
}
