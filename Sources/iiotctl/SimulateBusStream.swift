internal import ArgumentParser
internal import CANCore
internal import CANLog
internal import Glibc
internal import IndustrialModel
internal import PlantSimulator

/// Where the frames of a simulation go.
struct BusOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The log: a file, a FIFO, or - for standard output.", valueName: "file"))
  var out = "-"

  @Option(help: ArgumentHelp("Writes the DBC file of the bus.", valueName: "file"))
  var dbcOut: String?

  @Option(help: "The channel of the log that the frames bear.")
  var channel = "can0"

  @Option(
    help: ArgumentHelp(
      "The time at which the log begins, such as 2026-01-01T00:00:00Z; now when left out.",
      valueName: "time"))
  var start: TimeArgument?

  @Option(help: "How many frames, then it ends.")
  var count: Int?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
    if let dbcOut, dbcOut == out || RegularFile.areSame(dbcOut, out) {
      throw ValidationError("--out and --dbc-out need a file each.")
    }
  }

  /// Writes the DBC file, if it is wanted.
  func writeDatabase() throws {
    guard let dbcOut else { return }
    let file = try OutputFile(dbcOut)
    try file.write(Array(PlantBus.databaseText.utf8))
  }
}

/// The frames of a simulation on their way to a file, a FIFO or standard output.
struct BusStream: ~Copyable {
  private let path: String
  private let channel: String
  private var remaining: Int?
  private var bus: PlantBus
  private var batch: CANFrameBatch
  private let writer = CandumpWriter()
  private var file: OutputFile?
  private let isFIFO: Bool
  /// When the plant's time began.
  private let start: Int64

  init(_ options: BusOptions) throws {
    let bus = try PlantBus()
    let isFIFO = OutputFile.isFIFO(options.out)
    let file = isFIFO ? nil : try OutputFile(options.out)
    self.bus = bus
    self.isFIFO = isFIFO
    self.file = file
    path = options.out
    channel = options.channel
    start = (options.start?.time ?? Timestamp.now()).nanoseconds
    remaining = options.count
    batch = CANFrameBatch(channels: [options.channel])
  }

  /// Whether all frames that were asked for have been written.
  var isComplete: Bool { remaining == 0 }

  /// Waits until somebody reads the FIFO; false when the task was cancelled first.
  mutating func waitForReader() async throws -> Bool {
    while file == nil {
      file = try OutputFile.openFIFO(path)
      if file == nil {
        do { try await Task.sleep(for: .milliseconds(20)) } catch { return false }
      }
    }
    return true
  }

  /// Lets a plant move and writes its frames.
  mutating func write(advancing plant: inout Plant, by duration: Duration) throws {
    batch.removeAll()
    try plant.advance(by: duration, bus: &bus, start: start, to: &batch)
    try write()
  }

  /// Lets a served plant move and writes its frames; without a reader at the FIFO they are lost.
  mutating func write(advancing server: PlantServer, by duration: Duration) throws {
    batch.removeAll()
    try server.advance(by: duration, bus: &bus, start: start, to: &batch)
    if file == nil { file = try OutputFile.openFIFO(path) }
    do {
      try write()
    } catch is OutputClosed where isFIFO {
      file = nil
    }
  }

  private mutating func write() throws {
    guard file != nil else { return }
    var text: [UInt8] = []
    if let remaining, remaining < batch.count {
      for frame in batch.prefix(remaining) { writer.append(frame, channel: channel, to: &text) }
      self.remaining = 0
    } else {
      writer.append(batch, to: &text)
      remaining = remaining.map { $0 - batch.count }
    }
    try file?.write(text)
  }
}

/// A file, a FIFO or standard output.
struct OutputFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Opens `path` for writing, and empties it; `-` is standard output.
  init(_ path: String) throws {
    let descriptor =
      path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path, "can't open for writing") }
    self.init(descriptor, path)
  }

  private init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  static func isFIFO(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// The FIFO opened for writing, or nil while nobody reads it.
  static func openFIFO(_ path: String) throws -> OutputFile? {
    let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENXIO || errno == EINTR { return nil }
      throw failure(path, "can't open for writing")
    }
    // From here on a slow reader holds the writer up.
    _ = fcntl(descriptor, F_SETFL, O_WRONLY)
    return OutputFile(descriptor, path)
  }

  deinit { if descriptor > STDOUT_FILENO { close(descriptor) } }

  borrowing func write(_ bytes: [UInt8]) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
      }
      if count >= 0 {
        written += count
      } else if errno == EPIPE {
        throw OutputClosed()
      } else if errno != EINTR {
        throw Self.failure(path, "can't write")
      }
    }
  }

  private static func failure(_ path: String, _ what: String) -> Failure {
    let number = errno
    return Failure(
      "\(what): \(String(cString: strerror(number)))",
      at: path == "-" ? "standard output" : path,
      advice: number == ENOSPC ? "make room on that disk" : "check the path and its permissions")
  }
}
