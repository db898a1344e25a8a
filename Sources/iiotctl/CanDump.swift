internal import ArgumentParser
internal import CANLog
internal import SocketCAN

struct CanDump: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Prints what comes on a CAN interface, as candump -L does.",
    discussion: """
      Examples:
        iiotctl can dump can0 --filter 100:700
        iiotctl can dump can0 | iiotctl decode --dbc vehicle.dbc -

      A filter is ID:MASK, both hexadecimal, as candump takes it (with ~ for all but those); ids of 8 digits are \
      extended. Bit 31 stands for extended, bit 30 for remote: 123:C00007FF passes the standard data frame alone. Frames that the \
      kernel had to drop are told on standard error.

      Exit codes: 0 success, 1 failure (no such interface, no CAN in this kernel), 64 misuse, 130 or 143 after a \
      signal when --count was not reached.
      """)

  enum Format: String, ExpressibleByArgument { case candump, jsonl }

  @Argument(help: "The interface, such as can0; any for all.")
  var interface: String

  @Option(help: ArgumentHelp("Only frames like this; repeatable.", valueName: "id:mask"))
  var filter: [String] = []

  @Option(help: "How to print: candump or jsonl.")
  var format: Format = .candump

  @Option(help: "How many frames, then it ends.")
  var count: Int?

  @Flag(help: "Error frames too; what they mean goes to standard error.")
  var errors = false

  func validate() throws {
    for text in filter where CanFilterText.parse(text) == nil {
      throw ValidationError("'\(text)' is no filter; write 123:7FF or 12345678:1FFFFFFF.")
    }
    if let count, count < 1 { throw ValidationError("--count is a number above 0.") }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: count != nil) { try await dump() }
  }

  private func dump() async throws {
    do {
      var options = CANBusOptions()
      options.receivesErrorFrames = errors
      let bus = try CANBus(
        interface, filters: filter.compactMap(CanFilterText.parse), options: options)
      var writer = try CANLogWriter(
        fileDescriptor: 1, format: format == .candump ? .candump : .jsonLines)
      var left = count ?? Int.max
      var dropped: UInt64 = 0
      for try await batch in bus.frames() {
        if batch.count > left {
          try writer.append(CANFrameBatch(batch.prefix(left), channels: batch.channels))
        } else {
          try writer.append(batch)
        }
        try writer.flush()
        if errors { explain(batch.prefix(left)) }
        left -= min(left, batch.count)
        if bus.dropped != dropped {
          dropped = bus.dropped
          StandardError.print("warning: \(interface): the kernel dropped \(dropped) frames so far")
        }
        if left == 0 { break }
      }
    } catch let error as CANBusError {
      throw Failure(error)
    } catch let error as CANLogError {
      if error.errno == 32 { throw OutputClosed() }
      throw CanLogInput.failure(error, "-")
    }
  }
}

extension CanDump {
  private func explain(_ frames: CANFrameBatch.SubSequence) {
    for frame in frames {
      if let report = CANErrorReport(frame) { StandardError.print("\(interface): \(report)") }
    }
  }
}

/// `ID:MASK` or `ID~MASK`, as candump takes filters.
enum CanFilterText {
  /// What the kernel takes for the mark of an inverted filter, which is written ~ here.
  private static let inversionFlag: UInt32 = 0x2000_0000

  static func parse(_ text: String) -> CANFilter? {
    guard let mark = text.firstIndex(where: { $0 == ":" || $0 == "~" }) else { return nil }
    let digits = text[..<mark]
    guard let identifier = UInt32(digits, radix: 16),
      let mask = UInt32(text[text.index(after: mark)...], radix: 16),
      identifier & inversionFlag == 0
    else { return nil }
    let extended = digits.count == 8 ? CANIdentifier.extendedFlag : 0
    return CANFilter(
      identifier: identifier | extended, mask: mask | extended, isInverted: text[mark] == "~")
  }
}
