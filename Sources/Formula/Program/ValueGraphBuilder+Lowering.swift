/// How each operator and function is made of the fast code's operations.
extension ValueGraphBuilder {
  mutating func lower(_ function: Function, _ x: [Entry]) -> Entry {
    switch function {
    case .add: return arithmetic(.add, x[0], x[1])
    case .subtract: return arithmetic(.subtract, x[0], x[1])
    case .multiply: return arithmetic(.multiply, x[0], x[1])
    case .divide: return divide(x[0], x[1])
    case .negate: return unary(.negate, x[0])
    case .abs: return unary(.abs, x[0])
    case .plus, .float: return x[0]
    case .not: return not(settled(x[0]))
    case .bool: return truth(settled(x[0]))
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
      let left = settled(x[0])
      return compare(function, left, settled(x[1]))
    case .min: return chain(.minimum, x)
    case .max: return chain(.maximum, x)
    case .clamp: return clamp(x[0], x[1], x[2])
    case .sum: return sum(x)
    case .average: return divide(sum(x), constant(Double(x.count)))
    case .lerp:
      return arithmetic(
        .add, x[0], arithmetic(.multiply, arithmetic(.subtract, x[1], x[0]), x[2]))
    case .deadzone:
      let value = settled(x[0])
      let isSmall = compare(.less, unary(.abs, value), settled(x[1]))
      return select(isSmall, constant(0), value)
    case .scale, .scaleClamped: return scale(function, x)
    case .power: return power(x)
    case .round: return unary(.roundEven, x[0], isUnsettled: true)
    case .int: return unary(.truncate, x[0], isUnsettled: true)
    case .floor: return unary(.floor, x[0], isUnsettled: true)
    case .ceil: return unary(.ceil, x[0], isUnsettled: true)
    case .sqrt: return unary(.squareRoot, x[0], isUnsettled: true)
    case .degrees: return arithmetic(.multiply, x[0], constant(Arithmetic.degreesPerRadian))
    case .radians: return arithmetic(.multiply, x[0], constant(Arithmetic.radiansPerDegree))
    case .log, .log10, .log2, .sin, .cos, .tan, .asin, .acos, .sinh, .cosh:
      return elementary(function, x[0])
    case .exp, .atan, .tanh:
      // These make finite numbers of infinite ones.
      return elementary(function, settled(x[0], hidesNaN: false))
    case .defaultTo:
      // Both arguments of a function are evaluated, so a failure of either is one. Where the fast code has an answer,
      // the first is good.
      let value = settled(x[0])
      _ = settled(x[1])
      return value
    case .isGood:
      _ = settled(x[0])
      return constant(1)
    case .isNaN:
      _ = settled(x[0])
      return constant(0)
    case .step, .isFinite, .sign: return general(function, x, isUnsettled: false)
    case .floorDivide, .modulo, .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight, .invert,
      .roundTo, .logBase, .atan2, .fmod, .hypot, .interp, .bit, .bits, .int8, .uint8, .int16,
      .uint16, .int32, .uint32:
      return general(function, x)
    default:
      // Functions with memory do not come here: their formulas have no fast code.
      return constant(.nan)
    }
  }

  private mutating func unary(
    _ operation: FastOperation, _ x: Entry, isUnsettled: Bool = false
  ) -> Entry {
    Entry(
      value: emit(operation, x.value), isUnsettled: isUnsettled || x.isUnsettled,
      mayBeInfinite: x.mayBeInfinite, mayBeNaN: x.mayBeNaN)
  }

  /// Sums and products carry on what is not finite.
  private mutating func arithmetic(_ operation: FastOperation, _ x: Entry, _ y: Entry) -> Entry {
    let makesNaN =
      operation == .add || operation == .subtract
      ? x.mayBeInfinite && y.mayBeInfinite
      : x.mayBeInfinite && mayCancel(y) || y.mayBeInfinite && mayCancel(x)
    return Entry(
      value: emit(operation, x.value, y.value), isUnsettled: x.isUnsettled || y.isUnsettled,
      mayBeInfinite: true, mayBeNaN: makesNaN || x.mayBeNaN || y.mayBeNaN)
  }

  /// Whether infinity times or divided by `x` may be NaN.
  private func mayCancel(_ x: Entry) -> Bool {
    guard let value = constantValue(x) else { return true }
    return value == 0 || !value.isFinite
  }

  private mutating func divide(_ x: Entry, _ y: Entry) -> Entry {
    guard let divisor = constantValue(y), divisor != 0 else {
      return Entry(
        value: emit(.divide, x.value, settled(y, hidesNaN: false).value), isUnsettled: true,
        mayBeInfinite: true,
        mayBeNaN: true)
    }
    // The reciprocal of a power of two is exact, so the product is the quotient to the bit.
    let reciprocal = 1 / divisor
    if divisor.isNormal, divisor.significand == 1, reciprocal.isNormal {
      return arithmetic(.multiply, x, constant(reciprocal))
    }
    return arithmetic(.divide, x, y)
  }

  private mutating func chain(_ operation: FastOperation, _ x: [Entry]) -> Entry {
    var best = settled(x[0])
    for other in x.dropFirst() {
      let other = settled(other)
      best = Entry(
        value: emit(operation, best.value, other.value),
        mayBeInfinite: best.mayBeInfinite || other.mayBeInfinite)
    }
    return best
  }

  private mutating func clamp(_ x: Entry, _ low: Entry, _ high: Entry) -> Entry {
    let (x, low, high) = (settled(x), settled(low), settled(high))
    return Entry(
      value: emit(.clamp, x.value, low.value, high.value),
      mayBeInfinite: low.mayBeInfinite || high.mayBeInfinite)
  }

  private mutating func sum(_ x: [Entry]) -> Entry {
    var sum = x[0]
    for other in x.dropFirst() { sum = arithmetic(.add, sum, other) }
    return sum
  }

  private mutating func scale(_ function: Function, _ x: [Entry]) -> Entry {
    var isRising: Bool?
    if function == .scaleClamped {
      guard let clamped = constantValue(x[5]), let from = constantValue(x[3]),
        let to = constantValue(x[4])
      else { return general(function, x) }
      guard !from.isNaN, !to.isNaN else { return general(function, x) }
      if clamped != 0 { isRising = from <= to }
    }
    let offset = arithmetic(.subtract, x[0], x[1])
    let product = arithmetic(.multiply, offset, folded(.subtract, x[4], x[3]))
    let quotient = divide(product, folded(.subtract, x[2], x[1]))
    let value = arithmetic(.add, x[3], quotient)
    guard let isRising else { return value }
    return isRising ? clamp(value, x[3], x[4]) : clamp(value, x[4], x[3])
  }

  private mutating func folded(_ operation: FastOperation, _ x: Entry, _ y: Entry) -> Entry {
    if let a = constantValue(x), let b = constantValue(y) { return constant(a - b) }
    return arithmetic(operation, x, y)
  }

  private mutating func power(_ x: [Entry]) -> Entry {
    switch constantValue(x[1]) {
    case 2: unary(.square, x[0], isUnsettled: true)
    case 3: unary(.cube, x[0], isUnsettled: true)
    case 4: unary(.fourthPower, x[0], isUnsettled: true)
    default: general(.power, x)
    }
  }

  private mutating func elementary(_ function: Function, _ x: Entry) -> Entry {
    let operation: FastOperation =
      switch function {
      case .log: .naturalLogarithm
      case .log10: .logarithm10
      case .log2: .logarithm2
      case .exp: .exponential
      case .sin: .sine
      case .cos: .cosine
      case .tan: .tangent
      default: .elementary
      }
    return Entry(value: emit(operation, function: function, x.value), isUnsettled: true)
  }
}
