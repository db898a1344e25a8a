internal import ArgumentParser
internal import CANLog
internal import CANTransport
internal import DBC
internal import IndustrialModel
internal import Sinks

struct Decode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Decodes a CAN log, or what candump prints, by a DBC file.",
    discussion: """
      The format of the log is recognised by its content. Damaged lines and the errors of the DBC file are told on \
      standard error; what is sound is decoded.

      Examples:
        iiotctl decode --dbc vehicle.dbc drive.log --format csv
        candump can0 | iiotctl decode --dbc vehicle.dbc -
        iiotctl decode --dbc vehicle.dbc drive.log --signals 'Engine*.*Temp*' --format influx
        iiotctl decode --dbc diagnosis.dbc drive.log --isotp 7E8 --isotp 18DAF110

      JSON lines have the members time, channel, id, extended, message and signals; with --raw also raw, with --choices \
      also choices. Signals that J1939 calls not available or wrong are no values and absent; raw has their numbers.

      Messages longer than a frame are put together first and bear the time of their last frame: J1939's (BAM and RTS/CTS) \
      where a database has such, ISO-TP's of the identifiers given with --isotp.

      Exit codes: 0 success, 1 failure, 64 misuse, 130 or 143 after a signal, which is how a live stream usually ends.
      """)

  @Option(
    help: ArgumentHelp(
      "The database; give several, and the first that knows a frame decodes it.",
      valueName: "file"))
  var dbc: [String]

  @Argument(help: "The log; standard input when it is - or absent.")
  var log: String = "-"

  @Option(
    help: "How to print: table, csv, jsonl or influx (default: table on a terminal, else jsonl).")
  var format: SampleFormat?

  @Option(
    help: ArgumentHelp(
      "Only signals whose name, or Message.Signal, is like this (* any text, ? one character); repeatable.",
      valueName: "glob"))
  var signals: [String] = []

  @Option(help: ArgumentHelp("Only frames at this time or later.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only frames before this time.", valueName: "time"))
  var until: TimeArgument?

  @Flag(help: "Also the raw values, before factor and offset.")
  var raw = false

  @Flag(help: "Also the labels of raw values.")
  var choices = false

  @Flag(help: "Also frames that no message describes (JSON lines and table).")
  var unknown = false

  @Flag(help: "Take every message with an extended identifier as a J1939 parameter group.")
  var j1939 = false

  @Option(
    help: ArgumentHelp(
      "Frames of this identifier (3 or 8 hexadecimal digits) are parts of ISO-TP messages; repeatable.",
      valueName: "id"))
  var isotp: [IdentifierArgument] = []

  func validate() throws {
    if dbc.isEmpty { throw ValidationError("Give a database with --dbc.") }
    if format == .influx, raw || choices {
      throw ValidationError(
        "Line protocol has no place for --raw and --choices; csv, jsonl and table have.")
    }
  }

  func run() async throws {
    try RegularFile.refuseWriting("-", whileReading: log, what: "log")
    // Not among what a signal cancels: a database may come from a FIFO, too.
    let decoders = try dbc.map {
      try DBCFile.load($0).decoder(j1939: j1939 ? .allExtended : .declared)
    }
    tellUnmatched(among: decoders)
    try await Interruption.cancels(hasEnd: true) { try decode(decoders) }
  }

  /// Tells of patterns that are like no signal: else a mistake in one would look as if nothing had been sent.
  private func tellUnmatched(among decoders: [FrameDecoder]) {
    for pattern in signals {
      let isLikeOne = decoders.contains { decoder in
        decoder.messages.contains { message in
          message.signals.contains {
            Glob.matches(pattern, $0.name) || Glob.matches(pattern, "\(message.name).\($0.name)")
          }
        }
      }
      if !isLikeOne { StandardError.print("note: there is no signal like '\(pattern)'") }
    }
  }

  private func decode(_ decoders: [FrameDecoder]) throws {
    var options = DecodePrinter.Options(
      format: format ?? (StandardOutput.isTerminal ? .table : .jsonl))
    options.globs = signals
    options.showsRaw = raw
    options.showsChoices = choices
    options.showsUnknown = unknown
    var printer = DecodePrinter(decoders, options)
    var long = LongMessages(decoders, takesAllAsJ1939: j1939, isotp: isotp.map(\.identifier))
    do throws(CANLogError) {
      var reader =
        log == "-" ? CANLogReader(fileDescriptor: 0) : try CANLogReader(contentsOf: log)
      try read(&reader, &long, &printer)
    } catch {
      try printer.finish()
      throw Failure(
        error.message, at: log == "-" ? "standard input" : log,
        advice: error.code == .cannotOpen ? "check the path" : "is this a CAN log?")
    }
    long.finish(log)
    try printer.finish()
  }

  /// Errors of printing end the work; they are kept apart from those of reading.
  private func read(
    _ reader: inout CANLogReader, _ long: inout LongMessages, _ printer: inout DecodePrinter
  ) throws(CANLogError) {
    var batch = CANFrameBatch()
    let isLive = reader.isLive
    // A live input ends with what had come before the signal, and all of that is decoded.
    while isLive || !Task.isCancelled,
      try reader.next(into: &batch, until: Interruption.descriptor)
    {
      for frame in batch {
        if let until, frame.time >= until.time.nanoseconds { continue }
        let channel =
          Int(frame.channel) < batch.channels.count ? batch.channels[Int(frame.channel)] : ""
        // A message that ends in the wanted time may have begun before it.
        let (message, isPart) = long.take(frame)
        if let since, frame.time < since.time.nanoseconds { continue }
        if !isPart { printer.print(frame, channel: channel) }
        if let message { printer.print(message, channel: channel) }
      }
      if isLive { printer.flush() }
      if printer.isClosed { break }
    }
    CanLogInput.report(reader.findings, log)
  }
}
