/// Why an evaluation gave no value: the run-time half of ``FormulaError/Code``, in a byte.
@usableFromInline
enum Fault: UInt8, Sendable {
  case none, divisionByZero, domain, overflow, type

  var code: FormulaError.Code {
    switch self {
    case .none: .syntax
    case .divisionByZero: .divisionByZero
    case .domain: .domain
    case .overflow: .overflow
    case .type: .type
    }
  }
}

/// What a function made of its arguments.
struct Outcome {
  var value: Double
  var fault: Fault

  @inline(__always)
  init(_ value: Double) {
    self.value = value
    fault = .none
  }

  @inline(__always)
  init(_ fault: Fault) {
    value = .nan
    self.fault = fault
  }
}
