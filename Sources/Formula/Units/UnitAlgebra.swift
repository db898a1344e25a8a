/// What is known of a value's unit.
enum Quantity {
  /// A number written in the formula: it takes the unit of what it meets.
  case number(Double?)
  case unit(Unit)
  /// An input without a declared unit, or something made of one: anything goes.
  case unknown
}

/// Follows units through a formula and finds where they do not go together.
struct UnitAlgebra: FormulaAlgebra {
  let units: [Unit?]

  func input(_ slot: Int, _ aspect: InputAspect, _ step: Int) -> Quantity {
    guard aspect == .value else { return .number(nil) }
    return units[slot].map { .unit($0) } ?? .unknown
  }

  func constant(_ value: Double) -> Quantity { .number(value) }

  func call(
    _ instruction: ExactInstruction, _ step: Int, _ x: [Quantity]
  ) throws(Complaint) -> Quantity {
    if x.allSatisfy({ if case .number = $0 { true } else { false } }) { return .number(nil) }
    switch instruction.function {
    case .plus, .negate, .abs, .float, .round, .roundTo, .int, .floor, .ceil, .previous, .counter,
      .movingAverage, .movingAverageTime, .exponentialAverage, .median, .minimumOver, .maximumOver,
      .ramp:
      return x[0]
    case .hold, .deadband: return x[0]
    case .delta: return difference(x[0])
    case .add: return try sum(x[0], x[1], instruction)
    case .subtract: return try subtract(x[0], x[1], instruction)
    case .sum:
      var total = x[0]
      for other in x.dropFirst() { total = try sum(total, other, instruction) }
      return total
    case .average, .min, .max, .clamp, .defaultTo, .modulo, .fmod, .hypot:
      return try same(x, instruction)
    case .deadzone: return try same(x, instruction)
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .step, .hysteresis,
      .changed:
      _ = try same(x, instruction)
      return .number(nil)
    case .multiply: return try product(x[0], x[1], instruction) { $0.multiplied(by: $1) }
    case .divide, .floorDivide: return try product(x[0], x[1], instruction) { $0.divided(by: $1) }
    case .power: return try power(x[0], x[1], instruction)
    case .sqrt: return try root(x[0], instruction)
    case .rate: return try perTime(x, instruction)
    case .integral: return overTime(x)
    case .scale, .scaleClamped:
      _ = try same(Array(x[0...2]), instruction)
      return try same(Array(x[3...4]), instruction)
    case .lerp: return try same(Array(x[0...1]), instruction)
    case .interp: return .unknown
    case .sin, .cos, .tan, .degrees, .radians, .atan2: return .number(nil)
    case .exp, .log, .log10, .log2, .logBase, .asin, .acos, .atan, .sinh, .cosh, .tanh:
      return try pure(x, instruction)
    default: return .number(nil)
    }
  }

  // MARK: Rules

  private func complaint(_ message: String, _ instruction: ExactInstruction) -> Complaint {
    Complaint(.unit, message, at: Int(instruction.offset), length: Int(instruction.length))
  }

  private func unfit(_ a: Unit, _ b: Unit, _ instruction: ExactInstruction) -> Complaint {
    let name = instruction.function.name
    guard a.dimensions == b.dimensions else {
      return complaint(
        "'\(name)' of \(a.code) and \(b.code), which measure different things", instruction)
    }
    return complaint("'\(name)' of \(a.code) and \(b.code) without conversion", instruction)
  }

  private func same(_ x: [Quantity], _ instruction: ExactInstruction) throws(Complaint) -> Quantity
  {
    var known: Unit?
    var isUnknown = false
    for quantity in x {
      switch quantity {
      case .unit(let unit):
        if let before = known, !before.fits(unit) || before.isPoint != unit.isPoint {
          throw unfit(before, unit, instruction)
        }
        known = known ?? unit
      case .unknown: isUnknown = true
      case .number: break
      }
    }
    if let known { return .unit(known) }
    return isUnknown ? .unknown : .number(nil)
  }

  private func difference(_ x: Quantity) -> Quantity {
    guard case .unit(var unit) = x else { return x }
    unit.isPoint = false
    return .unit(unit)
  }

  private func sum(
    _ a: Quantity, _ b: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    guard case .unit(let left) = a, case .unit(let right) = b else {
      return try same([a, b], instruction)
    }
    guard left.fits(right) else { throw unfit(left, right, instruction) }
    if left.isPoint, right.isPoint {
      throw complaint(
        "two temperatures in \(left.code) can't be added; only a difference (K) to one", instruction
      )
    }
    return .unit(left.isPoint ? left : right)
  }

  private func subtract(
    _ a: Quantity, _ b: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    guard case .unit(let left) = a, case .unit(let right) = b else {
      return try same([a, b], instruction)
    }
    guard left.fits(right) else { throw unfit(left, right, instruction) }
    if right.isPoint, !left.isPoint { throw unfit(left, right, instruction) }
    return left.isPoint && right.isPoint ? difference(a) : a
  }

  private func product(
    _ a: Quantity, _ b: Quantity, _ instruction: ExactInstruction, _ combine: (Unit, Unit) -> Unit
  ) throws(Complaint) -> Quantity {
    switch (a, b) {
    case (.unknown, _), (_, .unknown): return .unknown
    case (.unit(let left), .unit(let right)):
      var result = combine(left, right)
      result.code = "(\(left.code) \(instruction.function.name) \(right.code))"
      return .unit(result)
    case (.unit(let unit), .number), (.number, .unit(let unit)):
      // The number may convert: what it makes keeps its dimension, not its factor.
      var number = Unit.one
      number.factor = nil
      var result: Unit
      if case .number = a { result = combine(number, unit) } else { result = combine(unit, number) }
      result.code = "\(unit.code) times a number"
      return .unit(result)
    case (.number, .number): return .number(nil)
    }
  }

  private func power(
    _ base: Quantity, _ exponent: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    guard case .unit(let unit) = base else { return base }
    if case .number(let value?) = exponent {
      if value == value.rounded(.towardZero), Swift.abs(value) <= 9 {
        var result = unit.raised(to: Int(value))
        result.code = "(\(unit.code))\(Int(value))"
        return .unit(result)
      }
      if value == 0.5 { return try root(base, instruction) }
    }
    guard unit.dimensions == .zero else {
      throw complaint("\(unit.code) raised to a power that is no whole number", instruction)
    }
    return .number(nil)
  }

  private func root(
    _ x: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    guard case .unit(let unit) = x else { return x }
    guard unit.dimensions & SIMD8(repeating: 1) == .zero else {
      // Flow from differential pressure is a root of pressure; its unit is the engineer's business.
      return .unknown
    }
    var result = Unit(code: "root of \(unit.code)")
    for place in 0..<8 { result.dimensions[place] = unit.dimensions[place] / 2 }
    result.factor = unit.factor?.squareRoot()
    return .unit(result)
  }

  private func perTime(
    _ x: [Quantity], _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    guard case .unit(let unit) = difference(x[0]) else { return x[0] }
    var second = Unit(dimensions: SIMD8(0, 0, 1, 0, 0, 0, 0, 0), code: "s")
    if x.count > 1 { second.factor = nil }
    var result = unit.divided(by: second)
    result.code = "\(unit.code)/s"
    return .unit(result)
  }

  private func overTime(_ x: [Quantity]) -> Quantity {
    guard case .unit(let unit) = x[0] else { return x[0] }
    var second = Unit(dimensions: SIMD8(0, 0, 1, 0, 0, 0, 0, 0), code: "s")
    second.factor = nil
    var result = unit.multiplied(by: second)
    result.code = "\(unit.code).s"
    return .unit(result)
  }

  private func pure(
    _ x: [Quantity], _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    for case .unit(let unit) in x where unit.dimensions != .zero {
      throw complaint(
        "'\(instruction.function.name)' of \(unit.code); divide it by a quantity of its kind first",
        instruction)
    }
    return .number(nil)
  }

  // MARK: Choices

  func conditional(
    _ condition: Quantity, _ value: Quantity, _ other: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    try same([value, other], instruction)
  }

  func logic(
    _ isAnd: Bool, _ left: Quantity, _ right: Quantity, _ instruction: ExactInstruction
  ) -> Quantity {
    // Either operand may be the result, mostly as a truth; units of conditions need not agree.
    if case .unit(let a) = left, case .unit(let b) = right, a.fits(b), a.isPoint == b.isPoint {
      return left
    }
    return .unknown
  }

  func link(
    _ left: Quantity, _ right: Quantity, _ instruction: ExactInstruction
  ) throws(Complaint) -> Quantity {
    _ = try same([left, right], instruction)
    return .number(nil)
  }
}
