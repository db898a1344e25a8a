/// What an error frame says of the bus and of the controller that saw it (linux/can/error.h).
///
/// ```swift
/// if let report = CANErrorReport(frame) { print(report) }      // bus off, no acknowledgement
/// ```
public struct CANErrorReport: Sendable, Hashable {
  /// The kinds of trouble, as bits of the identifier.
  public struct Classes: OptionSet, Sendable, Hashable {
    /// The bits of the set.
    public let rawValue: UInt32

    /// A set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The driver gave up waiting for a transmission.
    public static let transmitTimeout = Classes(rawValue: 0x001)
    /// Another node won the bus: ``CANErrorReport/arbitrationBit``.
    public static let lostArbitration = Classes(rawValue: 0x002)
    /// The controller's state changed or it lost frames: ``CANErrorReport/controller``.
    public static let controller = Classes(rawValue: 0x004)
    /// A frame broke the rules of the bus: ``CANErrorReport/violations``, ``CANErrorReport/location``.
    public static let protocolViolation = Classes(rawValue: 0x008)
    /// The wires have a fault: ``CANErrorReport/transceiver``.
    public static let transceiver = Classes(rawValue: 0x010)
    /// No node acknowledged a transmission.
    public static let noAcknowledgement = Classes(rawValue: 0x020)
    /// The controller has switched itself off the bus.
    public static let busOff = Classes(rawValue: 0x040)
    /// An error on the bus; may come in floods.
    public static let busError = Classes(rawValue: 0x080)
    /// The controller is back after it was off.
    public static let restarted = Classes(rawValue: 0x100)
    /// The error counters are in the frame.
    public static let counters = Classes(rawValue: 0x200)
  }

  /// What the controller says of itself.
  public struct Controller: OptionSet, Sendable, Hashable {
    /// The bits of the set.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Received frames were lost in the controller.
    public static let receiveOverflow = Controller(rawValue: 0x01)
    /// Frames to be sent were lost in the controller.
    public static let transmitOverflow = Controller(rawValue: 0x02)
    /// The receive error counter has reached 96.
    public static let receiveWarning = Controller(rawValue: 0x04)
    /// The transmit error counter has reached 96.
    public static let transmitWarning = Controller(rawValue: 0x08)
    /// The receive error counter has gone beyond 127: error passive.
    public static let receivePassive = Controller(rawValue: 0x10)
    /// The transmit error counter has gone beyond 127: error passive.
    public static let transmitPassive = Controller(rawValue: 0x20)
    /// Error active again.
    public static let active = Controller(rawValue: 0x40)
  }

  /// How a frame broke the rules of the bus.
  public struct Violations: OptionSet, Sendable, Hashable {
    /// The bits of the set.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// One bit was not what was sent.
    public static let bit = Violations(rawValue: 0x01)
    /// A field of fixed form had another one.
    public static let form = Violations(rawValue: 0x02)
    /// Six equal bits in a row.
    public static let stuffing = Violations(rawValue: 0x04)
    /// A dominant bit could not be sent.
    public static let dominantBit = Violations(rawValue: 0x08)
    /// A recessive bit could not be sent.
    public static let recessiveBit = Violations(rawValue: 0x10)
    /// The bus is overloaded.
    public static let overload = Violations(rawValue: 0x20)
    /// An active error was announced.
    public static let activeError = Violations(rawValue: 0x40)
    /// It happened while this node was sending.
    public static let onTransmission = Violations(rawValue: 0x80)
  }

  /// The kinds of trouble.
  public let classes: Classes
  /// The bit at which arbitration was lost, from 1; 0 when it is not known.
  public let arbitrationBit: UInt8
  /// What the controller says of itself.
  public let controller: Controller
  /// How a frame broke the rules.
  public let violations: Violations
  /// Where in the frame it broke them, as the kernel counts places; 0 when it is not known.
  public let location: UInt8
  /// The fault of the wires: CANH in the low four bits, CANL in the high ones; 0 when it is not known.
  public let transceiver: UInt8
  /// The transmit error counter, where the frame has it.
  public let transmitErrors: UInt8?
  /// The receive error counter, where the frame has it.
  public let receiveErrors: UInt8?

  /// Takes an error frame apart; nil for any other frame.
  public init?(_ frame: CANFrame) {
    guard frame.flags.contains(.error) else { return nil }
    func byte(_ index: Int) -> UInt8 { index < frame.payload.count ? frame.payload[index] : 0 }
    classes = Classes(rawValue: frame.identifier.value)
    arbitrationBit = classes.contains(.lostArbitration) ? byte(0) : 0
    controller = Controller(rawValue: classes.contains(.controller) ? byte(1) : 0)
    let isViolation = classes.contains(.protocolViolation)
    violations = Violations(rawValue: isViolation ? byte(2) : 0)
    location = isViolation ? byte(3) : 0
    transceiver = classes.contains(.transceiver) ? byte(4) : 0
    transmitErrors = classes.contains(.counters) ? byte(6) : nil
    receiveErrors = classes.contains(.counters) ? byte(7) : nil
  }
}

extension CANErrorReport: CustomStringConvertible {
  /// In words: `bus off, controller: transmitter error passive (counters: tx 128, rx 0)`.
  public var description: String {
    var parts: [String] = []
    if classes.contains(.busOff) { parts.append("bus off") }
    if classes.contains(.restarted) { parts.append("controller restarted") }
    if classes.contains(.noAcknowledgement) { parts.append("no acknowledgement") }
    if classes.contains(.transmitTimeout) { parts.append("transmit timeout") }
    if classes.contains(.lostArbitration) {
      parts.append("lost arbitration" + (arbitrationBit > 0 ? " at bit \(arbitrationBit)" : ""))
    }
    if classes.contains(.controller) {
      parts.append(Self.list("controller", Self.controllerWords, controller.rawValue))
    }
    if classes.contains(.protocolViolation) {
      var text = Self.list("protocol violation", Self.violationWords, violations.rawValue)
      if let place = Self.places[location] { text += " in \(place)" }
      parts.append(text)
    }
    if classes.contains(.transceiver) {
      parts.append("transceiver" + (transceiver == 0 ? "" : ": " + wires))
    }
    if classes.contains(.busError) { parts.append("bus error") }
    if parts.isEmpty { parts.append("error of an unknown kind") }
    let text = parts.joined(separator: ", ")
    guard let transmitErrors, let receiveErrors else { return text }
    return text + " (counters: tx \(transmitErrors), rx \(receiveErrors))"
  }

  private static func list(_ name: String, _ words: [String], _ bits: UInt8) -> String {
    let found = words.indices.filter { bits >> UInt8($0) & 1 != 0 }.map { words[$0] }
    return found.isEmpty ? name : "\(name): \(found.joined(separator: " and "))"
  }

  private var wires: String {
    let faults: [UInt8: String] = [
      4: "no wire", 5: "short to battery", 6: "short to supply", 7: "short to ground",
      8: "short to CANH",
    ]
    var found: [String] = []
    if let fault = faults[transceiver & 0x0F] { found.append("CANH \(fault)") }
    if let fault = faults[transceiver >> 4] { found.append("CANL \(fault)") }
    return found.isEmpty ? "fault \(transceiver)" : found.joined(separator: " and ")
  }

  // In the order of the bits.
  private static let controllerWords = [
    "receive overflow", "transmit overflow", "receiver at warning level",
    "transmitter at warning level", "receiver error passive", "transmitter error passive",
    "error active again",
  ]
  private static let violationWords = [
    "bit error", "form error", "stuff error", "dominant bit not sent", "recessive bit not sent",
    "overload", "active error", "on transmission",
  ]
  private static let places: [UInt8: String] = [
    0x02: "identifier bits 28 to 21", 0x03: "start of frame", 0x04: "substitute RTR",
    0x05: "identifier extension", 0x06: "identifier bits 20 to 18",
    0x07: "identifier bits 17 to 13", 0x08: "CRC", 0x09: "reserved bit 0", 0x0A: "data",
    0x0B: "data length code", 0x0C: "RTR", 0x0D: "reserved bit 1",
    0x0E: "identifier bits 4 to 0", 0x0F: "identifier bits 12 to 5", 0x12: "intermission",
    0x18: "CRC delimiter", 0x19: "acknowledge slot", 0x1A: "end of frame",
    0x1B: "acknowledge delimiter",
  ]
}
