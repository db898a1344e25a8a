/// What went wrong on a Modbus wire, with all that is needed to find the place.
public struct ModbusError: Error, Sendable, Hashable {
  /// The kinds of failure. More may come.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A stable name of the kind.
    public let rawValue: String

    /// The kind of that name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The device answered that it will not do it; `exception` says why.
    public static let exception = Code(rawValue: "exception")
    /// No answer came within the time allowed. A write may have happened all the same.
    public static let timeout = Code(rawValue: "timeout")
    /// An answer came that does not fit its request.
    public static let malformedReply = Code(rawValue: "malformedReply")
    /// The connection could not be made.
    public static let connectFailed = Code(rawValue: "connectFailed")
    /// The connection ended before the answer came. A write may have happened all the same.
    public static let connectionLost = Code(rawValue: "connectionLost")
    /// The host's name has no address.
    public static let hostNotFound = Code(rawValue: "hostNotFound")
    /// The request breaks a limit of the protocol; nothing was sent.
    public static let invalidRequest = Code(rawValue: "invalidRequest")
    /// The text is not an address of a Modbus device.
    public static let invalidURL = Code(rawValue: "invalidURL")
    /// A value was written, and something else was read back.
    public static let notVerified = Code(rawValue: "notVerified")
    /// The client or server has been closed.
    public static let closed = Code(rawValue: "closed")
    /// The operating system refused a resource (a socket, a thread, a port).
    public static let system = Code(rawValue: "system")
  }

  /// What kind of failure it is.
  public var code: Code
  /// What happened, in one sentence without a full stop.
  public var message: String
  /// Which wire: the address it was opened with, such as "modbus://10.0.0.10:502".
  public var bus: String?
  /// Which device on the wire, 0 to 255.
  public var unit: UInt8?
  /// The first place that was asked for.
  public var address: RegisterAddress?
  /// How many places were asked for.
  public var count: Int?
  /// What was asked for.
  public var function: FunctionCode?
  /// The device's reason, when `code` is `.exception`.
  public var exception: ExceptionCode?
  /// The operating system's error number, where it had a part in it.
  public var errno: Int32?
  /// What a person can do about it.
  public var advice: String?

  /// A failure of the given kind.
  public init(
    _ code: Code, _ message: String, bus: String? = nil, unit: UInt8? = nil,
    address: RegisterAddress? = nil, count: Int? = nil, function: FunctionCode? = nil,
    exception: ExceptionCode? = nil, errno: Int32? = nil, advice: String? = nil
  ) {
    self.code = code
    self.message = message
    self.bus = bus
    self.unit = unit
    self.address = address
    self.count = count
    self.function = function
    self.exception = exception
    self.errno = errno
    self.advice = advice
  }

  /// Whether the same request may succeed later without anybody changing anything.
  public var isRetriable: Bool {
    switch code {
    case .timeout, .connectFailed, .connectionLost, .hostNotFound, .malformedReply: true
    case .exception: exception?.isRetriable ?? false
    default: false
    }
  }

  /// Where it happened: wire, unit and place, as far as known; nil when nothing is.
  public var location: String? {
    var parts: [String] = []
    if let bus { parts.append(bus) }
    if let unit { parts.append("unit \(unit)") }
    if let address {
      parts.append(
        count.map { $0 > 1 ? "\(address) (\($0) places)" : "\(address)" } ?? "\(address)")
    } else if let function {
      parts.append("\(function)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension ModbusError: CustomStringConvertible {
  /// What, where and what to do, on one line.
  public var description: String {
    var text = message
    if let location { text += " [\(location)]" }
    if let advice { text += "; \(advice)" }
    return text
  }
}
