internal import CSocketCAN

/// What a controller is told before its interface goes up.
///
/// The bit rate of the data phase of CAN FD is not among them: libsocketcan can't set it. Use
/// `ip link set can0 type can bitrate 500000 dbitrate 2000000 fd on` and switch the interface on without settings.
public struct CANControllerSettings: Sendable, Hashable {
  /// Bits a second, such as 500 000; nil leaves it.
  public var bitRate: UInt32?
  /// Where in a bit to sample, from 0 to 1; nil for the kernel's choice.
  public var samplePoint: Double?
  /// How long after bus off to begin again; zero for never, nil leaves it.
  public var restartDelay: Duration?
  /// Modes to switch on.
  public var mode: CANController.Mode

  /// Settings; what is not given stays as it is.
  public init(
    bitRate: UInt32? = nil, samplePoint: Double? = nil, restartDelay: Duration? = nil,
    mode: CANController.Mode = []
  ) {
    self.bitRate = bitRate
    self.samplePoint = samplePoint
    self.restartDelay = restartDelay
    self.mode = mode
  }

  func apply(to name: String) throws(CANBusError) {
    // What is not a number is not in the range either.
    if let samplePoint, !(0...1).contains(samplePoint) {
      throw CANBusError(
        code: .notPossible, message: "a bit can't be sampled at \(samplePoint)",
        advice: "give a place from 0 to 1, such as 0.875", interface: name, errno: nil)
    }
    if let bitRate {
      let point = samplePoint.map { UInt32(($0 * 1000).rounded()) } ?? 0
      try CANController.change(name, "setting the bit rate") {
        iiot_can_set_bitrate(name, bitRate, point, $0)
      }
    }
    if let restartDelay {
      let milliseconds = max(0, restartDelay / .milliseconds(1))
      try CANController.change(name, "setting the restart delay") {
        iiot_can_set_restart(name, UInt32(min(milliseconds, Double(UInt32.max))), $0)
      }
    }
    if !mode.isEmpty {
      try CANController.change(name, "setting the mode") {
        iiot_can_set_mode(name, mode.rawValue, mode.rawValue, $0)
      }
    }
  }
}
