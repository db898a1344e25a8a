public import IndustrialModel

/// A Swift number that registers can hold.
public protocol RegisterNumber: Sendable {
  /// How it stands in registers.
  static var registerType: RegisterType { get }
  /// The number of a value that was read as `registerType`; nil for a value of another kind.
  init?(registerValue: Value)
}

extension RegisterNumber where Self: FixedWidthInteger {
  /// The number, if it fits.
  public init?(registerValue: Value) {
    switch registerValue {
    case .int64(let number): self.init(exactly: number)
    case .uint64(let number): self.init(exactly: number)
    default: return nil
    }
  }
}

extension Int16: RegisterNumber {
  /// One register.
  public static var registerType: RegisterType { .int16 }
}

extension UInt16: RegisterNumber {
  /// One register.
  public static var registerType: RegisterType { .uint16 }
}

extension Int32: RegisterNumber {
  /// Two registers.
  public static var registerType: RegisterType { .int32 }
}

extension UInt32: RegisterNumber {
  /// Two registers.
  public static var registerType: RegisterType { .uint32 }
}

extension Int64: RegisterNumber {
  /// Four registers.
  public static var registerType: RegisterType { .int64 }
}

extension UInt64: RegisterNumber {
  /// Four registers.
  public static var registerType: RegisterType { .uint64 }
}

extension Float: RegisterNumber {
  /// Two registers, binary32.
  public static var registerType: RegisterType { .float32 }

  /// The number.
  public init?(registerValue: Value) {
    guard case .double(let number) = registerValue else { return nil }
    self.init(number)
  }
}

extension Double: RegisterNumber {
  /// Four registers, binary64.
  public static var registerType: RegisterType { .float64 }

  /// The number.
  public init?(registerValue: Value) {
    guard case .double(let number) = registerValue else { return nil }
    self = number
  }
}
