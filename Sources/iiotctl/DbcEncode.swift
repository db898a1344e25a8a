internal import ArgumentParser
internal import DBC
internal import Sinks

struct DbcEncode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Encodes values into a frame and prints it as cansend takes it.",
    discussion: """
      Values are physical (Speed=12.5), labels (Gear=Reverse) or raw numbers (raw:Speed=50). Signals that are not given \
      keep their start value, else raw 0. With --counter and --count a signal that counts frames is filled in.

      Example:
        cansend can0 $(iiotctl dbc encode vehicle.dbc EngineStatus Engine_RPM=850)

      Exit codes: 0 success, 1 failure (no such message or signal, a value that does not fit), 64 misuse.
      """)

  @Argument(help: "The file.")
  var file: String

  @Argument(help: "The name of the message.")
  var message: String

  @Argument(help: ArgumentHelp("The values.", valueName: "signal=value"))
  var values: [String] = []

  @Option(
    help: ArgumentHelp(
      "A signal that counts frames: it is filled in, from 0 on.", valueName: "signal"))
  var counter: String?

  @Option(help: "How many frames, then it ends.")
  var count = 1

  func validate() throws {
    if count < 1 || count > 1_000_000 { throw ValidationError("--count is 1 to 1000000.") }
  }

  func run() throws {
    let database = try DBCFile.load(file)
    let encoder = database.encoder()
    var inputs: [String: SignalInput] = [:]
    for value in values {
      guard let mark = value.firstIndex(of: "="), mark > value.startIndex else {
        throw ValidationError("'\(value)' is not SIGNAL=VALUE.")
      }
      var name = String(value[..<mark])
      let text = String(value[value.index(after: mark)...])
      if name.hasPrefix("raw:") {
        name.removeFirst(4)
        guard let raw = Self.raw(text) else {
          throw ValidationError("'\(text)' is no raw number.")
        }
        inputs[name] = .raw(raw)
      } else if let number = Double(text) {
        // Of a whole number beyond 2^53 every digit counts.
        let whole = number.magnitude > 0x1p53 ? Self.raw(text) : nil
        inputs[name] = whole.map { .whole($0) } ?? .value(number)
      } else {
        inputs[name] = .choice(text)
      }
    }
    var frames: [CANFrame] = []
    do throws(DBCError) {
      var frame = try encoder.encode(message, inputs)
      var protection: FrameProtection?
      if let counter, let message = database.message(named: message) {
        protection = try FrameProtection(message, counter: counter)
      }
      for _ in 0..<count {
        protection?.protect(&frame)
        frames.append(frame)
      }
    } catch {
      throw Failure(
        error.reason, at: file, advice: "iiotctl dbc show \(file) \(message) shows its signals")
    }
    var output = StandardOutput()
    for frame in frames { try output.append { $0.append(Self.line(frame)) } }
    try output.flush()
  }

  private static func line(_ frame: CANFrame) -> String {
    frame.identifier.description + (frame.flags.contains(.fd) ? "##0" : "#")
      + frame.payload.description.uppercased() + "\n"
  }

  private static func raw(_ text: String) -> RawValue? {
    if let number = Int64(text) { return .integer(number) }
    if let number = UInt64(text) { return RawValue(number) }
    return Double(text).map { .float($0) }
  }
}
