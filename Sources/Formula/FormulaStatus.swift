/// The OPC UA status codes that formulas make by themselves, and how codes compare.
///
/// A status code is 32 bits; its top two say good (00), uncertain (01) or bad (10).
public enum FormulaStatus {
  /// The value can be used.
  public static let good: UInt32 = 0x0000_0000
  /// The value may be wrong.
  public static let uncertain: UInt32 = 0x4000_0000
  /// A function with memory has not seen enough samples yet (`UncertainInitialValue`).
  public static let uncertainInitialValue: UInt32 = 0x4092_0000
  /// The value can't be used.
  public static let bad: UInt32 = 0x8000_0000
  /// The result is no finite number, or the formula failed on its inputs (`BadOutOfRange`).
  public static let badOutOfRange: UInt32 = 0x803C_0000
  /// A bitwise operator met a number that is not integral (`BadTypeMismatch`).
  public static let badTypeMismatch: UInt32 = 0x8074_0000
  /// An input was never given (`BadNoData`).
  public static let badNoData: UInt32 = 0x809B_0000

  /// Whether the code's top two bits say good.
  @inlinable
  public static func isGood(_ status: UInt32) -> Bool { status < 0x4000_0000 }

  /// Whether the code's top bit says bad.
  @inlinable
  public static func isBad(_ status: UInt32) -> Bool { status >= 0x8000_0000 }

  /// While evaluating: the value is NaN, or was chosen by one, though no input was bad. Leaves as ``badOutOfRange``.
  static let notANumber: UInt32 = 0x803C_0001

  /// The worse of two codes while evaluating: a bad input tells more than a NaN.
  @inline(__always)
  static func combined(_ first: UInt32, _ second: UInt32) -> UInt32 {
    severity(second) > severity(first) ? second : first
  }

  @inline(__always)
  private static func severity(_ status: UInt32) -> UInt32 {
    status < 0x8000_0000 ? status >> 30 : status == notANumber ? 2 : 3
  }

  static func code(of fault: Fault) -> UInt32 {
    switch fault {
    case .none: good
    case .type: badTypeMismatch
    case .divisionByZero, .domain, .overflow: badOutOfRange
    }
  }
}
