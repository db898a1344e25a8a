internal import ArgumentParser
internal import CANLog
internal import IndustrialModel

struct CanConvert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a CAN log in another format.",
    discussion: """
      The format of the log is recognised by its content: candump (log and screen), ASC, BLF or TRC. Damaged parts \
      are told on standard error and left out; all else is written.

      Examples:
        iiotctl can convert drive.blf drive.log
        iiotctl can convert drive.asc --format jsonl
        candump -L can0 | iiotctl can convert - live.blf

      Exit codes: 0 success (also with findings), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: "The log; - for standard input.")
  var log: String

  @Argument(help: "The new log; - for standard output.")
  var output: String = "-"

  @Option(
    help:
      "How to write: candump, asc, blf or jsonl (default: by the new log's name; .log is candump).")
  var format: String?

  @Option(
    help:
      "The log's format, if it is not to be recognised: candump, candump-screen, asc, blf or trc.")
  var from: String?

  @Option(
    help: ArgumentHelp("The time at which relative times begin.", valueName: "time"))
  var start: TimeArgument?

  @Flag(help: "Nine decimals in candump and ASC times; can-utils misread them.")
  var nanoseconds = false

  @Flag(help: "The direction behind each candump line.")
  var direction = false

  func validate() throws {
    guard let chosen else {
      throw ValidationError("Give the format with --format; the name \(output) does not tell it.")
    }
    guard CANLogFormat.writable.contains(chosen) else {
      throw ValidationError(
        "'\(chosen.rawValue)' can't be written; these can: "
          + CANLogFormat.writable.map(\.rawValue).joined(separator: ", ") + ".")
    }
    if let from, !CANLogFormat.readable.contains(CANLogFormat(rawValue: from)) {
      throw ValidationError(
        "'\(from)' can't be read; these can: "
          + CANLogFormat.readable.map(\.rawValue).joined(separator: ", ") + ".")
    }
  }

  private var chosen: CANLogFormat? {
    if let format { return CANLogFormat(rawValue: format) }
    guard output != "-", let dot = output.lastIndex(of: ".") else { return nil }
    switch output[output.index(after: dot)...].lowercased() {
    case "log", "candump": return .candump
    case "asc": return .asc
    case "blf": return .blf
    case "jsonl", "json", "ndjson": return .jsonLines
    default: return nil
    }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) { try convert() }
  }

  private func convert() throws {
    guard let chosen else { return }
    try RegularFile.refuseWriting(output, whileReading: log, what: "log")
    var reading = CANLogOptions(format: from.map(CANLogFormat.init(rawValue:)))
    if let start { reading.startTime = start.time.nanoseconds }
    var writing = CANLogWriterOptions()
    writing.writesNanoseconds = nanoseconds
    writing.writesDirection = direction
    do throws(CANLogError) {
      var reader = try CanLogInput.open(log, reading)
      var batch = CANFrameBatch()
      // A log that can't be read at all leaves no file behind, nor does one of which nothing came before a signal.
      var hasMore = try reader.next(into: &batch, until: Interruption.descriptor)
      if !hasMore, Task.isCancelled { return }
      var writer =
        output == "-"
        ? try CANLogWriter(fileDescriptor: 1, format: chosen, options: writing)
        : try CANLogWriter(output, format: chosen, options: writing)
      // A live input ends with what had come before the signal, so that none of that is lost.
      while hasMore, reader.isLive || !Task.isCancelled {
        try writer.append(batch)
        if reader.isLive { try writer.flush() }
        hasMore = try reader.next(into: &batch, until: Interruption.descriptor)
      }
      try writer.finish()
      CanLogInput.report(reader.findings, log)
      if writer.shiftedTimes > 0 {
        StandardError.print(
          "warning: \(CanLogInput.name(output)): \(writer.shiftedTimes) frames are older than "
            + "the log's beginning and were written there")
      }
    } catch {
      if error.errno == 32 { throw OutputClosed() }
      throw CanLogInput.failure(error, log)
    }
  }
}
