/// A named function as the language knows it.
struct FunctionSpecification: Sendable {
  let name: String
  let function: Function
  let minimumArguments: Int
  /// nil: as many as the limits allow.
  let maximumArguments: Int?
  /// The call as the documentation prints it.
  let signature: String
  let summary: String

  init(
    _ name: String, _ function: Function, _ minimum: Int, _ maximum: Int?, _ signature: String,
    _ summary: String
  ) {
    self.name = name
    self.function = function
    minimumArguments = minimum
    maximumArguments = maximum
    self.signature = signature
    self.summary = summary
  }
}

/// The named functions and constants.
enum FunctionCatalog {
  static let specifications: [FunctionSpecification] = [
    .init("abs", .abs, 1, 1, "abs(x)", "magnitude"),
    .init("fabs", .abs, 1, 1, "fabs(x)", "magnitude, Python's other name"),
    .init("min", .min, 1, nil, "min(x, ...)", "least; keeps the first unless strictly beaten"),
    .init("max", .max, 1, nil, "max(x, ...)", "greatest; keeps the first unless strictly beaten"),
    .init("sum", .sum, 1, nil, "sum(x, ...)", "sum from left to right"),
    .init("avg", .average, 1, nil, "avg(x, ...)", "sum divided by the count"),
    .init("round", .round, 1, 2, "round(x[, n])", "to n decimals, exact, half to even"),
    .init("int", .int, 1, 1, "int(x)", "towards zero"),
    .init("trunc", .int, 1, 1, "trunc(x)", "towards zero"),
    .init("floor", .floor, 1, 1, "floor(x)", "towards minus infinity"),
    .init("ceil", .ceil, 1, 1, "ceil(x)", "towards infinity"),
    .init("float", .float, 1, 1, "float(x)", "the number itself"),
    .init("bool", .bool, 1, 1, "bool(x)", "0 for zero, else 1"),
    .init("sign", .sign, 1, 1, "sign(x)", "-1, 0 or 1"),
    .init("pow", .power, 2, 2, "pow(x, y)", "x ** y"),
    .init("sqrt", .sqrt, 1, 1, "sqrt(x)", "square root"),
    .init("exp", .exp, 1, 1, "exp(x)", "e ** x"),
    .init("log", .log, 1, 2, "log(x[, base])", "natural logarithm, or to a base"),
    .init("log10", .log10, 1, 1, "log10(x)", "logarithm to base 10"),
    .init("log2", .log2, 1, 1, "log2(x)", "logarithm to base 2"),
    .init("sin", .sin, 1, 1, "sin(x)", "sine of radians"),
    .init("cos", .cos, 1, 1, "cos(x)", "cosine of radians"),
    .init("tan", .tan, 1, 1, "tan(x)", "tangent of radians"),
    .init("asin", .asin, 1, 1, "asin(x)", "arc sine in radians"),
    .init("acos", .acos, 1, 1, "acos(x)", "arc cosine in radians"),
    .init("atan", .atan, 1, 1, "atan(x)", "arc tangent in radians"),
    .init("atan2", .atan2, 2, 2, "atan2(y, x)", "angle of the point (x, y) in radians"),
    .init("sinh", .sinh, 1, 1, "sinh(x)", "hyperbolic sine"),
    .init("cosh", .cosh, 1, 1, "cosh(x)", "hyperbolic cosine"),
    .init("tanh", .tanh, 1, 1, "tanh(x)", "hyperbolic tangent"),
    .init("degrees", .degrees, 1, 1, "degrees(x)", "radians to degrees"),
    .init("radians", .radians, 1, 1, "radians(x)", "degrees to radians"),
    .init("fmod", .fmod, 2, 2, "fmod(x, y)", "remainder with the sign of x"),
    .init("hypot", .hypot, 2, 2, "hypot(x, y)", "length of the vector (x, y)"),
    .init("clamp", .clamp, 3, 3, "clamp(x, lo, hi)", "x kept within lo and hi"),
    .init(
      "scale", .scale, 5, 6, "scale(x, in_lo, in_hi, out_lo, out_hi[, clamp])",
      "straight line from one range to another, kept within it if clamp is true"),
    .init("lerp", .lerp, 3, 3, "lerp(a, b, t)", "a + (b - a) * t"),
    .init(
      "interp", .interp, 5, nil, "interp(x, x0, y0, x1, y1, ...)",
      "broken line through the points, level outside; the x in ascending order"),
    .init("deadzone", .deadzone, 2, 2, "deadzone(x, w)", "0 while abs(x) < w, else x"),
    .init("step", .step, 2, nil, "step(x, t, ...)", "how many of the thresholds x has reached"),
    .init("bit", .bit, 2, 2, "bit(x, n)", "bit n of an integral x, 0 the lowest"),
    .init("bits", .bits, 3, 3, "bits(x, hi, lo)", "bits hi to lo of an integral x as a number"),
    .init("int8", .int8, 1, 1, "int8(x)", "lowest 8 bits read as signed"),
    .init("uint8", .uint8, 1, 1, "uint8(x)", "lowest 8 bits"),
    .init("int16", .int16, 1, 1, "int16(x)", "lowest 16 bits read as signed"),
    .init("uint16", .uint16, 1, 1, "uint16(x)", "lowest 16 bits"),
    .init("int32", .int32, 1, 1, "int32(x)", "lowest 32 bits read as signed"),
    .init("uint32", .uint32, 1, 1, "uint32(x)", "lowest 32 bits"),
    .init("is_nan", .isNaN, 1, 1, "is_nan(x)", "1 if x is not a number"),
    .init("is_finite", .isFinite, 1, 1, "is_finite(x)", "1 if x is neither infinite nor NaN"),
    .init(
      "default", .defaultTo, 2, 2, "default(x, y)",
      "x, but y where x is bad or not a number"),
    .init("is_good", .isGood, 1, 1, "is_good(x)", "1 if x has good quality and is a number"),
    .init("prev", .previous, 1, 2, "prev(x[, n])", "x of n samples ago, 1 if not said"),
    .init("delta", .delta, 1, 1, "delta(x)", "x less the x before"),
    .init("dt", .elapsed, 0, 0, "dt()", "seconds since the sample before"),
    .init(
      "changed", .changed, 1, 2, "changed(x[, eps])",
      "1 if x moved by more than eps since it last did"),
    .init(
      "rate", .rate, 1, 2, "rate(x[, seconds])", "change of x a second, or in so many seconds"),
    .init(
      "counter", .counter, 2, 2, "counter(x, modulus)",
      "increase of a counter that rolls over at modulus"),
    .init("mavg", .movingAverage, 2, 2, "mavg(x, n)", "mean of the last n samples"),
    .init(
      "mavg_t", .movingAverageTime, 2, 2, "mavg_t(x, seconds)",
      "mean of the samples of the last seconds, at most 256"),
    .init(
      "ema", .exponentialAverage, 2, 2, "ema(x, tau)", "exponential mean with time constant tau"),
    .init("median", .median, 2, 2, "median(x, n)", "median of the last n samples"),
    .init("min_over", .minimumOver, 2, 2, "min_over(x, n)", "least of the last n samples"),
    .init("max_over", .maximumOver, 2, 2, "max_over(x, n)", "greatest of the last n samples"),
    .init(
      "integral", .integral, 1, 5, "integral(x[, seconds[, cutoff[, max_gap[, reset]]]])",
      "total of x over time by trapezoids, x being a quantity in so many seconds; abs(x) < cutoff counts as 0, gaps longer than max_gap seconds are left out (0: none)"
    ),
    .init("count_if", .countIf, 1, 2, "count_if(c[, reset])", "how many samples c was true for"),
    .init("on_time", .onTime, 1, 2, "on_time(c[, reset])", "how many seconds c was true for"),
    .init(
      "deadband", .deadband, 2, 3, "deadband(x, w[, percent])",
      "the last x, until x is more than w (or w percent of it) away"),
    .init(
      "hysteresis", .hysteresis, 3, 3, "hysteresis(x, lo, hi)",
      "1 once x is above hi, until it is below lo"),
    .init(
      "debounce", .debounce, 2, 2, "debounce(c, seconds)", "c, once it has been the same so long"),
    .init(
      "on_delay", .onDelay, 2, 2, "on_delay(c, seconds)", "1 once c has been true so long"),
    .init(
      "off_delay", .offDelay, 2, 2, "off_delay(c, seconds)", "0 once c has been false so long"),
    .init("rising", .rising, 1, 1, "rising(c)", "1 at the sample at which c becomes true"),
    .init("falling", .falling, 1, 1, "falling(c)", "1 at the sample at which c becomes false"),
    .init(
      "latch", .latch, 2, 2, "latch(set, reset)", "1 from set until reset; reset wins"),
    .init("ramp", .ramp, 2, 2, "ramp(x, max_per_s)", "follows x no faster than so much a second"),
    .init("hold", .hold, 2, 2, "hold(x, c)", "x, but its last value while c is true"),
    .init(
      "stale", .stale, 1, 1, "stale(seconds)",
      "1 when all inputs have been bad or silent for longer than that"),
  ]

  /// The constants by name.
  static let constants: [(name: String, value: Double)] = [
    ("pi", Double.pi), ("e", 2.718281828459045), ("tau", 2 * Double.pi),
    ("True", 1), ("False", 0),
  ]

  /// What `function` is called, if it has a name.
  static func specification(of function: Function) -> FunctionSpecification? {
    specifications.first { $0.function == function }
  }
}

extension FunctionSpecification {
  /// How many arguments it takes, in words.
  var argumentCount: String {
    switch maximumArguments {
    case minimumArguments: minimumArguments == 1 ? "1 argument" : "\(minimumArguments) arguments"
    case .some(let maximum): "\(minimumArguments) to \(maximum) arguments"
    case nil: "at least \(minimumArguments)"
    }
  }

  /// The variant of the function that takes `count` arguments.
  func function(for count: Int) -> Function {
    switch (function, count) {
    case (.round, 2): .roundTo
    case (.log, 2): .logBase
    case (.scale, 6): .scaleClamped
    default: function
    }
  }
}
