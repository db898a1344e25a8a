internal import ArgumentParser
internal import CANLog
internal import Gateway
internal import IndustrialModel
internal import SocketCAN

struct CanReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Plays a CAN log again with its timing, on an interface or into another program.",
    discussion: """
      Times are reckoned from the first frame, so that delays do not add up. On standard output come candump's lines, \
      with the times of the log.

      Examples:
        iiotctl can replay drive.blf --to can0
        iiotctl can replay drive.log --speed 10 | iiotctl decode --dbc vehicle.dbc -

      At the end standard error tells how many frames were played and how late the latest one was.

      Exit codes: 0 success (also with findings), 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @Argument(help: "The log; - for standard input.")
  var log: String

  @Option(help: "The destination: an interface such as can0 or can://can0; - for standard output.")
  var to: String = "-"

  @Option(help: "How many times faster than recorded, or max for without waiting.")
  var speed: String = "1"

  @Option(
    help: ArgumentHelp("Shorten longer pauses in the log to this.", valueName: "duration"))
  var gap: DurationArgument?

  @Option(help: ArgumentHelp("Only frames of this channel of the log.", valueName: "name"))
  var channel: String?

  @Flag(help: "Prints less: no summary.")
  var quiet = false

  func validate() throws {
    if speed != "max" {
      guard let factor = Double(speed), factor > 0, factor.isFinite else {
        throw ValidationError("--speed is a number above 0, or max; not '\(speed)'.")
      }
    }
  }

  func run() async throws {
    try await Interruption.cancels(hasEnd: true) { try await replay() }
  }

  private func replay() async throws {
    if to == "-" { try RegularFile.refuseWriting(to, whileReading: log, what: "log") }
    let bus = try openBus()
    var output = StandardOutput()
    let clock = ContinuousClock()
    let begin = clock.now
    var pace = CANReplayPace(
      speed: Double(speed) ?? 1, start: 0, longestGap: gap?.duration.clampedNanoseconds)
    var player = CanPlayer()
    do {
      var reader = try CanLogInput.open(log)
      var batch = CANFrameBatch()
      // What is passed over for its channel must not hold up a signal either.
      reading: while !Task.isCancelled,
        try reader.next(into: &batch, until: Interruption.descriptor)
      {
        for frame in batch {
          let name = CanPlayer.channelName(frame, batch)
          if let channel, channel != name { continue }
          if speed != "max" {
            let due = begin.advanced(by: .nanoseconds(pace.due(frame.time)))
            if clock.now < due {
              try output.flush()
              // Cancelled: what has been played stands.
              do { try await clock.sleep(until: due, tolerance: .zero) } catch { break reading }
            }
            player.noteLateness(due.duration(to: clock.now).clampedNanoseconds)
          }
          if Task.isCancelled { break reading }
          if let bus {
            try await player.send(frame, on: bus)
          } else {
            try output.append { player.append(frame, channel: name, to: &$0) }
          }
        }
        // The next frames may be long in coming.
        if reader.isLive { try output.flush() }
      }
      try output.flush()
      CanLogInput.report(reader.findings, log)
    } catch let error as CANLogError {
      try output.flush()
      throw CanLogInput.failure(error, log)
    } catch let error as CANBusError {
      throw Failure(error)
    }
    if !quiet { StandardError.print(player.summary) }
  }

  private func openBus() throws -> CANBus? {
    guard to != "-" else { return nil }
    do {
      return try CANBus(to.hasPrefix("can://") ? String(to.dropFirst(6)) : to)
    } catch {
      throw Failure(error)
    }
  }
}

/// What has been played, and how well.
struct CanPlayer {
  private let writer = CandumpWriter()
  private var frames = 0
  private var unsent = 0
  private var worstLateness: Int64 = 0

  static func channelName(_ frame: CANFrame, _ batch: CANFrameBatch) -> String {
    let channel = Int(frame.channel)
    return channel < batch.channels.count ? batch.channels[channel] : "can\(channel)"
  }

  mutating func noteLateness(_ nanoseconds: Int64) {
    worstLateness = max(worstLateness, nanoseconds)
  }

  /// An error frame is what a bus does, not what one sends.
  mutating func send(_ frame: CANFrame, on bus: CANBus) async throws {
    guard !frame.flags.contains(.error) else {
      unsent += 1
      return
    }
    try await bus.send(frame)
    frames += 1
  }

  mutating func append(_ frame: CANFrame, channel: String, to text: inout [UInt8]) {
    writer.append(frame, channel: channel, to: &text)
    frames += 1
  }

  var summary: String {
    let milliseconds = Double(worstLateness / 1000) / 1000
    return "note: \(frames) frames played, the latest \(milliseconds) ms late"
      + (unsent > 0 ? "; \(unsent) error frames can't be sent" : "")
  }
}
