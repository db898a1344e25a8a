internal import ArgumentParser
internal import CANLog
internal import SocketCAN

struct CanSend: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Sends frames on a CAN interface, written as cansend takes them.",
    discussion: """
      Examples:
        iiotctl can send can0 123#DEADBEEF
        iiotctl can send can0 1F334455#1122 123#R 123##1AABB

      Exit codes: 0 all were sent, 1 failure, 64 misuse.
      """)

  @Argument(help: "The interface, such as can0.")
  var interface: String

  @Argument(help: ArgumentHelp("The frames.", valueName: "frame"))
  var frames: [String]

  @Flag(help: "Says what would be sent, and sends nothing.")
  var dryRun = false

  func validate() throws { _ = try parsed() }

  func run() async throws {
    let frames = try parsed()
    if dryRun { return try show(frames) }
    do {
      var options = CANBusOptions()
      options.allowsFD = frames.contains { $0.flags.contains(.fd) }
      let bus = try CANBus(interface, options: options)
      for frame in frames { try await bus.send(frame) }
    } catch let error as CANBusError {
      throw Failure(error)
    }
  }

  private func show(_ frames: [CANFrame]) throws {
    do throws(CANLogError) {
      var writer = try CANLogWriter(fileDescriptor: 1, format: .candump)
      try writer.append(CANFrameBatch(frames, channels: [interface]))
      try writer.finish()
    } catch {
      if error.errno == 32 { throw OutputClosed() }
      throw CanLogInput.failure(error, "-")
    }
  }

  private func parsed() throws -> [CANFrame] {
    try frames.map { text in
      var reader = CANLogReader(
        bytes: Array("(0000000000.000000) can0 \(text)\n".utf8),
        options: CANLogOptions(format: .candump))
      var batch = CANFrameBatch()
      _ = try reader.next(into: &batch)
      if let finding = reader.findings.kept.first {
        throw ValidationError("'\(text)' is no frame: \(finding.reason).")
      }
      guard let frame = batch.first, batch.count == 1, text.contains("#") else {
        throw ValidationError("'\(text)' is no frame; write 123#DEADBEEF.")
      }
      return frame
    }
  }
}
