/// How far a value can be trusted: an OPC UA StatusCode (OPC 10000-4 section 7.39).
///
/// The top two bits are the severity (00 good, 01 uncertain, 10 bad), the other bits say why. Codes that have no
/// constant here are kept as they came.
public struct Quality: RawRepresentable, Sendable, Hashable {
  /// The 32-bit StatusCode.
  public let rawValue: UInt32

  /// A quality from a StatusCode.
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The value can be used.
  @inlinable
  public var isGood: Bool { rawValue >> 30 == 0 }

  /// The value can be used with care: old, out of its range, or otherwise doubtful.
  @inlinable
  public var isUncertain: Bool { rawValue >> 30 == 1 }

  /// There is no usable value.
  @inlinable
  public var isBad: Bool { rawValue >> 30 >= 2 }
}

extension Quality {
  /// Nothing is wrong with the value.
  public static let good = Quality(rawValue: 0x0000_0000)
  /// Set by hand in place of the measured value.
  public static let goodLocalOverride = Quality(rawValue: 0x0096_0000)
  /// Limited to the allowed range.
  public static let goodClamped = Quality(rawValue: 0x0030_0000)

  /// Doubtful, no reason given.
  public static let uncertain = Quality(rawValue: 0x4000_0000)
  /// The device does not answer; this is its last value.
  public static let uncertainNoCommunicationLastUsableValue = Quality(rawValue: 0x408F_0000)
  /// No longer updated; this is the last value.
  public static let uncertainLastUsableValue = Quality(rawValue: 0x4090_0000)
  /// Made before there was enough to make it of, such as a mean of fewer samples than wanted.
  public static let uncertainInitialValue = Quality(rawValue: 0x4092_0000)
  /// The sensor is at its limit or out of calibration.
  public static let uncertainSensorNotAccurate = Quality(rawValue: 0x4093_0000)
  /// Outside the engineering range configured for the tag.
  public static let uncertainEngineeringUnitsExceeded = Quality(rawValue: 0x4094_0000)
  /// Derived from fewer good sources than required.
  public static let uncertainSubNormal = Quality(rawValue: 0x4095_0000)

  /// Unusable, no reason given.
  public static let bad = Quality(rawValue: 0x8000_0000)
  /// The exchange with the device failed on a low level.
  public static let badCommunicationError = Quality(rawValue: 0x8005_0000)
  /// What the device sent can't be decoded.
  public static let badDecodingError = Quality(rawValue: 0x8007_0000)
  /// The device did not answer in time.
  public static let badTimeout = Quality(rawValue: 0x800A_0000)
  /// There is no connection to the device.
  public static let badNoCommunication = Quality(rawValue: 0x8031_0000)
  /// No value has come yet.
  public static let badWaitingForInitialData = Quality(rawValue: 0x8032_0000)
  /// The value is outside what its type or the device allows, or not a number.
  public static let badOutOfRange = Quality(rawValue: 0x803C_0000)
  /// The device does not support the request.
  public static let badNotSupported = Quality(rawValue: 0x803D_0000)
  /// The device says that it has no value.
  public static let badNoData = Quality(rawValue: 0x809B_0000)
  /// The value has another type than the tag.
  public static let badTypeMismatch = Quality(rawValue: 0x8074_0000)
  /// The configuration does not fit the device (no such register, say).
  public static let badConfigurationError = Quality(rawValue: 0x8089_0000)
  /// The variable should be connected to a source and is not.
  public static let badNotConnected = Quality(rawValue: 0x808A_0000)
  /// The device reports a failure of itself.
  public static let badDeviceFailure = Quality(rawValue: 0x808B_0000)
  /// The device reports a failure of the sensor.
  public static let badSensorFailure = Quality(rawValue: 0x808C_0000)
  /// Switched off.
  public static let badOutOfService = Quality(rawValue: 0x808D_0000)
  /// A formula could not give a value from its inputs (BadAggregateInvalidInputs: a derived value
  /// whose inputs do not allow it).
  public static let badFormulaError = Quality(rawValue: 0x80D6_0000)
}

extension Quality {
  /// The severity in JSON lines: `good`, `uncertain` or `bad`.
  public var severity: StaticString { isGood ? "good" : isUncertain ? "uncertain" : "bad" }

  /// Why the quality is what it is, in words; nil when the code is good or gives no reason known here.
  public var reason: String? { Self.reasons[rawValue & 0xFFFF_0000] }

  private static let reasons: [UInt32: String] = [
    uncertainNoCommunicationLastUsableValue.rawValue: "no communication, last usable value",
    uncertainLastUsableValue.rawValue: "not updated, last usable value",
    uncertainSensorNotAccurate.rawValue: "sensor not accurate",
    uncertainInitialValue.rawValue: "too few samples yet",
    uncertainEngineeringUnitsExceeded.rawValue: "outside the engineering range",
    uncertainSubNormal.rawValue: "fewer good sources than required",
    bad.rawValue: "bad, no reason given",
    badCommunicationError.rawValue: "communication error",
    badDecodingError.rawValue: "answer can't be decoded",
    badTimeout.rawValue: "timeout",
    badNoCommunication.rawValue: "no connection",
    badWaitingForInitialData.rawValue: "no value yet",
    badOutOfRange.rawValue: "out of range",
    badNotSupported.rawValue: "not supported by the device",
    badNoData.rawValue: "no data",
    badTypeMismatch.rawValue: "wrong type",
    badConfigurationError.rawValue: "configuration does not fit the device",
    badNotConnected.rawValue: "not connected",
    badDeviceFailure.rawValue: "device failure",
    badSensorFailure.rawValue: "sensor failure",
    badOutOfService.rawValue: "out of service",
    badFormulaError.rawValue: "formula error",
  ]

  /// The quality property of Sparkplug B: 192 good, 500 stale (uncertain), 0 bad
  /// (Sparkplug 3.0 section 6.4.17).
  public var sparkplug: Int32 { isGood ? 192 : isUncertain ? 500 : 0 }

  /// The classic OPC quality byte: 0xC0 good, 0x40 uncertain, 0x00 bad.
  public var classic: UInt8 { isGood ? 0xC0 : isUncertain ? 0x40 : 0x00 }
}

extension Quality: CustomStringConvertible {
  /// The StatusCode as `0x` and eight upper-case digits.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
