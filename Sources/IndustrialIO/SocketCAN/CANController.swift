internal import CSocketCAN
internal import Synchronization

/// The controller of a CAN interface: its state, timing and counters, read through libsocketcan.
public struct CANController: Sendable, Hashable {
  /// How much the controller takes part in the bus (ISO 11898-1, fault confinement).
  public enum State: String, Sendable, Hashable {
    /// Both error counters are below 96.
    case errorActive
    /// An error counter has reached 96.
    case errorWarning
    /// An error counter has gone beyond 127.
    case errorPassive
    /// Off the bus: the transmit error counter has gone beyond 255.
    case busOff
    /// Switched off.
    case stopped
    /// Asleep.
    case sleeping
  }

  /// How the controller works.
  public struct Mode: OptionSet, Sendable, Hashable {
    /// The bits of the set (linux/can/netlink.h).
    public let rawValue: UInt32

    /// A set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Gets its own frames back inside the controller.
    public static let loopback = Mode(rawValue: 0x01)
    /// Hears and never sends, not even acknowledgements.
    public static let listenOnly = Mode(rawValue: 0x02)
    /// Samples each bit three times.
    public static let tripleSampling = Mode(rawValue: 0x04)
    /// Sends a frame once, whatever becomes of it.
    public static let oneShot = Mode(rawValue: 0x08)
    /// Reports errors on the bus one by one.
    public static let busErrorReporting = Mode(rawValue: 0x10)
    /// Takes and sends CAN FD frames.
    public static let fd = Mode(rawValue: 0x20)
    /// Needs no other node to acknowledge.
    public static let presumeAcknowledged = Mode(rawValue: 0x40)
  }

  /// What has happened since the interface was made.
  public struct Statistics: Sendable, Hashable {
    /// Errors on the bus.
    public let busErrors: UInt32
    /// Changes to error warning.
    public let errorWarnings: UInt32
    /// Changes to error passive.
    public let errorPassives: UInt32
    /// Changes to bus off.
    public let busOffs: UInt32
    /// Lost arbitrations.
    public let lostArbitrations: UInt32
    /// Restarts after bus off.
    public let restarts: UInt32
  }

  /// How much it takes part in the bus; nil for a state that this version does not know.
  public let state: State?
  /// Bits a second; nil before it was set.
  public let bitRate: UInt32?
  /// Where in a bit it is sampled, from 0 to 1, where the driver tells.
  public let samplePoint: Double?
  /// How it works.
  public let mode: Mode
  /// The transmit error counter, where the driver gives it.
  public let transmitErrors: UInt16?
  /// The receive error counter, where the driver gives it.
  public let receiveErrors: UInt16?
  /// How long after bus off it begins again by itself; nil when it does not.
  public let restartDelay: Duration?
  /// The controller's clock in hertz.
  public let clock: UInt32?
  /// What has happened so far, where the driver counts it.
  public let statistics: Statistics?

  init?(of name: String) {
    var raw = iiot_can_controller()
    Self.library.withLock { _ in iiot_can_read_controller(name, &raw) }
    guard raw.has_state != 0 else { return nil }
    let states: [State] = [
      .errorActive, .errorWarning, .errorPassive, .busOff, .stopped, .sleeping,
    ]
    state = states.indices.contains(Int(raw.state)) ? states[Int(raw.state)] : nil
    let isTimed = raw.has_timing != 0 && raw.timing.bitrate > 0
    bitRate = isTimed ? raw.timing.bitrate : nil
    let isSampled = isTimed && raw.timing.sample_point > 0
    samplePoint = isSampled ? Double(raw.timing.sample_point) / 1000 : nil
    mode = Mode(rawValue: raw.has_mode != 0 ? raw.mode.flags : 0)
    transmitErrors = raw.has_counters != 0 ? raw.counters.txerr : nil
    receiveErrors = raw.has_counters != 0 ? raw.counters.rxerr : nil
    restartDelay =
      raw.has_restart != 0 && raw.restart_ms > 0 ? .milliseconds(Int64(raw.restart_ms)) : nil
    clock = raw.has_clock != 0 && raw.clock.freq > 0 ? raw.clock.freq : nil
    statistics =
      raw.has_statistics == 0
      ? nil
      : Statistics(
        busErrors: raw.statistics.bus_error, errorWarnings: raw.statistics.error_warning,
        errorPassives: raw.statistics.error_passive, busOffs: raw.statistics.bus_off,
        lostArbitrations: raw.statistics.arbitration_lost, restarts: raw.statistics.restarts)
  }

  /// libsocketcan is called by one thread at a time: its complaints are caught meanwhile.
  private static let library = Mutex(())

  /// Calls libsocketcan and throws what it complains of.
  static func change(
    _ name: String, _ what: String,
    _ call: (UnsafeMutablePointer<CChar>) -> Int32
  ) throws(CANBusError) {
    var complaint = [CChar](repeating: 0, count: Int(IIOT_CAN_COMPLAINT))
    let status = library.withLock { _ in
      complaint.withUnsafeMutableBufferPointer { $0.baseAddress.map(call) ?? 0 }
    }
    let bytes = complaint.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:))
    try CANInterface.configure(status, what, name, String(decoding: bytes, as: UTF8.self))
  }

  static func restart(_ name: String) throws(CANBusError) {
    try change(name, "restarting the controller") { iiot_can_restart(name, $0) }
  }
}
