/// What one evaluation gave: a value with its quality, or why there is none.
///
/// It is plain data of 16 bytes; reading it costs nothing. ``CompiledFormula/error(of:)`` turns a failure into
/// a ``FormulaError`` with its place.
public struct FormulaResult: Sendable, Equatable {
  /// The value; not a number after a failure.
  public let value: Double
  /// The value's OPC UA status code: the worst of the inputs that it was made of, bad after a failure and for
  /// a value that is not finite.
  public let quality: UInt32
  @usableFromInline let fault: Fault
  /// The step of the exact code that failed.
  @usableFromInline let step: UInt16

  @inlinable @inline(__always)
  init(value: Double, quality: UInt32) {
    self.value = value
    self.quality = quality
    fault = .none
    step = 0
  }

  init(fault: Fault, step: Int) {
    value = .nan
    quality = FormulaStatus.code(of: fault)
    self.fault = fault
    self.step = UInt16(truncatingIfNeeded: step)
  }

  /// The same outcome: unlike numbers, a result that is not a number is equal to itself.
  public static func == (first: FormulaResult, second: FormulaResult) -> Bool {
    (first.value == second.value || first.value.isNaN && second.value.isNaN)
      && first.quality == second.quality && first.fault == second.fault && first.step == second.step
  }

  /// Whether the quality is good, so that the value may be used as it is.
  @inlinable
  public var isGood: Bool { quality < 0x4000_0000 }

  /// The kind of the failure; nil if there is a value.
  public var failure: FormulaError.Code? { fault == .none ? nil : fault.code }
}
