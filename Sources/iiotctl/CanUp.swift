internal import ArgumentParser
internal import SocketCAN

struct CanUp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Switches a CAN interface on, with its bit rate.",
    discussion: """
      Examples:
        iiotctl can up can0 --bitrate 500000 --restart 100ms
        iiotctl can up vcan0

      It takes root or the capability CAP_NET_ADMIN. The settings of an interface that is up can't change: take it down \
      first. The bit rate of the data phase of CAN FD is set by: \
      ip link set can0 type can bitrate 500000 dbitrate 2000000 fd on

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The interface, such as can0.")
  var interface: String

  @Option(help: "Bits a second.")
  var bitrate: UInt32?

  @Option(help: "Where in a bit to sample, such as 0.875.")
  var samplePoint: Double?

  @Option(help: "How long after bus off to begin again by itself; 0s for never.")
  var restart: DurationArgument?

  @Flag(help: "Hears and never sends, not even acknowledgements.")
  var listenOnly = false

  @Flag(help: "Gets its own frames back inside the controller.")
  var loopback = false

  @Flag(help: "Sends a frame once, whatever becomes of it.")
  var oneShot = false

  func validate() throws {
    if let bitrate, bitrate == 0 { throw ValidationError("--bitrate is a number above 0.") }
    if let samplePoint {
      guard samplePoint > 0, samplePoint < 1 else {
        throw ValidationError("--sample-point is between 0 and 1.")
      }
      guard bitrate != nil else { throw ValidationError("--sample-point goes with --bitrate.") }
    }
    // The kernel counts milliseconds, and none of them means never.
    if let restart, restart.duration != .zero, restart.duration < .milliseconds(1) {
      throw ValidationError("--restart is 1ms or longer, or 0s for never.")
    }
  }

  func run() throws {
    var mode: CANController.Mode = []
    if listenOnly { mode.insert(.listenOnly) }
    if loopback { mode.insert(.loopback) }
    if oneShot { mode.insert(.oneShot) }
    let settings = CANControllerSettings(
      bitRate: bitrate, samplePoint: samplePoint, restartDelay: restart?.duration, mode: mode)
    do {
      try CANInterface.bringUp(
        interface, settings: settings == CANControllerSettings() ? nil : settings)
    } catch {
      throw Failure(error)
    }
  }
}

struct CanDown: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Switches a CAN interface off.",
    discussion: """
      It takes root or the capability CAP_NET_ADMIN. Frames in the interface's queue are lost.

      Example:
        iiotctl can down can0

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The interface, such as can0.")
  var interface: String

  func run() throws {
    do {
      try CANInterface.takeDown(interface)
    } catch {
      throw Failure(error)
    }
  }
}
