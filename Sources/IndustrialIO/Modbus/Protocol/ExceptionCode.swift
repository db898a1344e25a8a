/// Why a device refused a request (application protocol 1.1b3, section 7).
///
/// An open set: a device may send any byte; `isStandard` tells which have a meaning by the specification.
public struct ExceptionCode: RawRepresentable, Sendable, Hashable {
  /// The code on the wire.
  public let rawValue: UInt8

  /// The exception of that code.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// 1: the device does not know the function, or not in its present state.
  public static let illegalFunction = ExceptionCode(rawValue: 1)
  /// 2: an address of the request, or one in its range, does not exist in the device.
  public static let illegalDataAddress = ExceptionCode(rawValue: 2)
  /// 3: a count or a field of the request is not allowed.
  public static let illegalDataValue = ExceptionCode(rawValue: 3)
  /// 4: the device failed while it carried the request out.
  public static let serverDeviceFailure = ExceptionCode(rawValue: 4)
  /// 5: the device has accepted the request and needs long for it.
  public static let acknowledge = ExceptionCode(rawValue: 5)
  /// 6: the device is busy; ask again later.
  public static let serverDeviceBusy = ExceptionCode(rawValue: 6)
  /// 7: the device can't carry out a programming request (older devices).
  public static let negativeAcknowledge = ExceptionCode(rawValue: 7)
  /// 8: the device found a parity error in its extended memory.
  public static let memoryParityError = ExceptionCode(rawValue: 8)
  /// 10: a gateway has no path from its input to its output port; often wrongly configured or overloaded.
  public static let gatewayPathUnavailable = ExceptionCode(rawValue: 10)
  /// 11: a gateway got no answer from the device behind it.
  public static let gatewayTargetFailedToRespond = ExceptionCode(rawValue: 11)

  /// Whether the specification gives the code a meaning.
  public var isStandard: Bool { name != nil }

  /// Whether the same request may well succeed a little later (5, 6, 10 and 11).
  public var isRetriable: Bool {
    switch self {
    case .acknowledge, .serverDeviceBusy, .gatewayPathUnavailable, .gatewayTargetFailedToRespond:
      true
    default: false
    }
  }

  /// The specification's name, or nil for a code it does not have.
  public var name: String? {
    switch self {
    case .illegalFunction: "illegal function"
    case .illegalDataAddress: "illegal data address"
    case .illegalDataValue: "illegal data value"
    case .serverDeviceFailure: "server device failure"
    case .acknowledge: "acknowledge"
    case .serverDeviceBusy: "server device busy"
    case .negativeAcknowledge: "negative acknowledge"
    case .memoryParityError: "memory parity error"
    case .gatewayPathUnavailable: "gateway path unavailable"
    case .gatewayTargetFailedToRespond: "gateway target device failed to respond"
    default: nil
    }
  }

  /// What a person can do about it.
  var advice: String {
    switch self {
    case .illegalFunction:
      "this device can't do that; look up the functions it supports"
    case .illegalDataAddress:
      "compare with the device's register list (addresses here count from 0: 40001 is holding 0); "
        + "a block must not run into a hole"
    case .illegalDataValue: "ask for fewer places at once, or write a value the device allows"
    case .serverDeviceFailure: "look at the device's own diagnostics"
    case .acknowledge, .serverDeviceBusy: "ask again later, or poll more slowly"
    case .gatewayPathUnavailable: "check the gateway's port settings and how busy it is"
    case .gatewayTargetFailedToRespond:
      "check the unit number, and that the device behind the gateway has power and is wired"
    default: "look the code up in the device's manual"
    }
  }
}

extension ExceptionCode: CustomStringConvertible {
  /// The name and the code, such as "illegal data address (2)".
  public var description: String { "\(name ?? "exception") (\(rawValue))" }
}
