internal import CSocketCAN
internal import Glibc

/// A CAN interface of this machine: what it is, and how it does.
///
/// ```swift
/// for interface in try CANInterface.all() { print(interface.name, interface.isUp, interface.controller?.state) }
/// try CANInterface.bringUp("can0", settings: .init(bitRate: 500_000, restartDelay: .milliseconds(100)))
/// ```
public struct CANInterface: Sendable, Hashable {
  /// Its name, such as `can0`.
  public let name: String
  /// The kernel's number for it.
  public let index: UInt32
  /// Whether it is switched on.
  public let isUp: Bool
  /// Whether it takes CAN FD frames as it is set now.
  public let supportsFD: Bool
  /// Its controller; nil for virtual interfaces, which have none.
  public let controller: CANController?

  /// Looks at an interface.
  ///
  /// - Throws: ``CANBusError`` with ``CANBusError/Code/noSuchInterface`` where there is none of this name, or it is none of CAN.
  public init(_ name: String) throws(CANBusError) {
    let index = try Self.index(of: name)
    let link = try Self.link(name)
    guard link.is_can != 0 else {
      throw CANBusError(
        code: .noSuchInterface, message: "this is no CAN interface",
        advice: "see what there is with: iiotctl can list", interface: name, errno: nil)
    }
    self.init(name, index: index, link: link)
  }

  private init(_ name: String, index: UInt32, link: iiot_can_link) {
    self.name = name
    self.index = index
    isUp = link.is_up != 0
    supportsFD = link.mtu >= Int32(KernelFrame.fdLength)
    controller = CANController(of: name)
  }

  /// The CAN interfaces of this machine, by their numbers. Reading needs no privilege.
  public static func all() throws(CANBusError) -> [CANInterface] {
    guard let list = if_nameindex() else {
      throw CANBusError(errno: errno, doing: "listing the interfaces", interface: "any")
    }
    defer { if_freenameindex(list) }
    var found: [CANInterface] = []
    var entry = list
    while entry.pointee.if_index != 0, let text = entry.pointee.if_name {
      let name = String(cString: text)
      // One that went away since the list was made is not there.
      if let link = try? link(name), link.is_can != 0 {
        found.append(CANInterface(name, index: entry.pointee.if_index, link: link))
      }
      entry += 1
    }
    return found
  }

  /// Switches an interface on, after giving its controller these settings.
  ///
  /// - Throws: ``CANBusError``; ``CANBusError/Code/notPossible`` when there are settings and the interface is up already
  ///   (others may be using it) or has no controller, ``CANBusError/Code/notPermitted`` without the capability CAP_NET_ADMIN.
  public static func bringUp(
    _ name: String, settings: CANControllerSettings? = nil
  ) throws(CANBusError) {
    let interface = try CANInterface(name)
    if let settings {
      guard !interface.isUp else {
        throw CANBusError(
          code: .notPossible, message: "the interface is up already, and its settings can't change",
          advice: "take it down first: iiotctl can down \(name)", interface: name,
          errno: EBUSY)
      }
      try settings.apply(to: name)
    }
    try configure(iiot_can_set_up(name, 1), "switching it on", name)
  }

  /// Switches an interface off. Frames in its queue are lost.
  ///
  /// - Throws: ``CANBusError``.
  public static func takeDown(_ name: String) throws(CANBusError) {
    _ = try CANInterface(name)
    try configure(iiot_can_set_up(name, 0), "switching it off", name)
  }

  /// Lets a controller that is off the bus begin again.
  ///
  /// - Throws: ``CANBusError``.
  public static func restart(_ name: String) throws(CANBusError) {
    _ = try CANInterface(name)
    try CANController.restart(name)
  }

  /// The kernel's number of an interface.
  static func index(of name: String) throws(CANBusError) -> UInt32 {
    let index = if_nametoindex(name)
    guard index != 0 else {
      throw CANBusError(
        errno: ENODEV, doing: "looking up the interface", interface: name)
    }
    return index
  }

  private static func link(_ name: String) throws(CANBusError) -> iiot_can_link {
    var link = iiot_can_link()
    try CANBusError.check(
      iiot_can_read_link(name, &link), "looking at the interface", name)
    return link
  }

  /// Throws where a change of the interface failed.
  static func configure(
    _ status: Int32, _ what: String, _ name: String, _ complaint: String = ""
  ) throws(CANBusError) {
    guard status < 0 else { return }
    switch -status {
    case EPERM, EACCES:
      throw CANBusError(
        code: .notPermitted, message: "\(what): the system does not allow it",
        advice: "run it as root or with the capability CAP_NET_ADMIN", interface: name,
        errno: -status)
    case EOPNOTSUPP, EINVAL, ERANGE, EDOM:
      throw CANBusError(
        code: .notPossible,
        message: "\(what): the interface can't do it"
          + (complaint.isEmpty ? "" : " (\(complaint))"),
        advice: "see what it can: ip -details link show \(name)", interface: name,
        errno: -status)
    default:
      throw CANBusError(errno: -status, doing: what, interface: name)
    }
  }
}
