/// Why a CAN interface can't be used.
public struct CANBusError: Error, Sendable, Equatable {
  /// The kind of failure; new ones may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name, such as `interfaceDown`.
    public let rawValue: String

    /// A code by its name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The kernel has no CAN.
    public static let unsupported = Code(rawValue: "unsupported")
    /// There is no interface of this name.
    public static let noSuchInterface = Code(rawValue: "noSuchInterface")
    /// The interface is there, but not up, or went down.
    public static let interfaceDown = Code(rawValue: "interfaceDown")
    /// The system does not allow it.
    public static let notPermitted = Code(rawValue: "notPermitted")
    /// The frame can't be sent on this interface (CAN FD on a classic one).
    public static let invalidFrame = Code(rawValue: "invalidFrame")
    /// The queue of the interface stayed full: nobody acknowledges, or the bus is too busy.
    public static let queueFull = Code(rawValue: "queueFull")
    /// A message of several frames was not taken by the other side.
    public static let noAnswer = Code(rawValue: "noAnswer")
    /// The node has no address on the bus now: others with a higher rank have claimed all that it may take.
    public static let noAddress = Code(rawValue: "noAddress")
    /// The interface can't do this: it has no controller, or is up already.
    public static let notPossible = Code(rawValue: "notPossible")
    /// The system refused memory, a thread or a descriptor.
    public static let outOfResources = Code(rawValue: "outOfResources")
    /// The system failed in another way; see `errno`.
    public static let failed = Code(rawValue: "failed")
  }

  /// The kind of failure.
  public let code: Code
  /// What is wrong, for a person.
  public let message: String
  /// What to do about it.
  public let advice: String
  /// The interface.
  public let interface: String
  /// The operating system's error number, where it had a part in it.
  public let errno: Int32?
}

extension CANBusError: CustomStringConvertible {
  /// What happened, where, and what to do, a line each.
  public var description: String {
    "\(message)\n  \(interface)" + (advice.isEmpty ? "" : "\n  \(advice)")
  }
}
