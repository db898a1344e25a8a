internal import CANCore

/// A log format, recognised by its content.
public struct CANLogFormat: RawRepresentable, Sendable, Hashable {
  /// A stable name for command lines, such as `candump`.
  public let rawValue: String

  /// A format by its name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// candump's log file, `candump -l` and `-L`: `(1700640464.000001) can0 123#DEADBEEF`.
  public static let candump = CANLogFormat(rawValue: "candump")
  /// What candump prints on the screen, with or without `-t`, `-x`, `-a`, `-c`, `-e`, `-i`, `-S`:
  /// ` (1700000000.013700)  can0  123   [4]  DE AD BE EF`.
  public static let candumpScreen = CANLogFormat(rawValue: "candump-screen")
  /// Vector's text, as CANoe, CANalyzer, python-can and log2asc write it.
  public static let asc = CANLogFormat(rawValue: "asc")
  /// Vector's binary log, packed with zlib.
  public static let blf = CANLogFormat(rawValue: "blf")
  /// PEAK's trace, versions 1.0 to 2.1.
  public static let trc = CANLogFormat(rawValue: "trc")
  /// One JSON object a frame and line; written only.
  public static let jsonLines = CANLogFormat(rawValue: "jsonl")

  /// All formats that can be read.
  public static var readable: [CANLogFormat] { registeredFormats.map(\.format) }
}

/// The answer of a format that looks at the beginning of a log.
enum Recognition {
  case yes
  case no
  /// More bytes are needed to say.
  case undecided
}

/// What the reader needs to know of a format. A new format is a file and a line in the list below.
struct RegisteredFormat: Sendable {
  let format: CANLogFormat
  /// Looks at the beginning of the log; `isWhole` when there is nothing behind it.
  let recognise: @Sendable (_ head: UnsafeRawBufferPointer, _ isWhole: Bool) -> Recognition
  let makeParser: @Sendable (CANLogOptions) -> any CANLogParser
}

/// The known formats, the surest to recognise first.
let registeredFormats: [RegisteredFormat] = [
  BLFParser.logFormat,
  TRCFormat.logFormat,
  ASCFormat.logFormat,
  CandumpParser.logFormat,
  CandumpParser.screenFormat,
]

/// What a parser is told about the bytes it is given.
struct ParseContext {
  /// The position of the first byte in the file.
  var byteOffset: Int64
  /// Nothing comes behind these bytes.
  var isEnd: Bool
  /// Stop when the batch has so many frames.
  var limit: Int
  /// The time of reading, for logs without times.
  var arrival: Int64
}

/// Turns the bytes of one log into frames, piece by piece.
protocol CANLogParser: Sendable {
  /// What the times of the frames so far count from.
  var timeBase: CANLogTimeBase { get }

  /// Whether frames are left of bytes that are done with, because the batch was full.
  var hasMore: Bool { get }

  /// Appends frames to `batch` and says how many bytes are done with; the rest is given again with
  /// more behind it. Must make progress: all bytes at the end, and in a full buffer at least one.
  ///
  /// At least ``LogInput/padding`` bytes behind `bytes` may be loaded; they mean nothing.
  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, into batch: inout CANFrameBatch,
    findings: inout CANLogFindings
  ) -> Int
}

extension CANLogParser {
  var hasMore: Bool { false }
}
