internal import CFormulaKernels

/// `round(x, n)` as CPython does it: to the nearest decimal, exact ties to the even digit, and from there to
/// the nearest binary64. Multiplying, rounding and dividing is not enough: 2.675 lies below 2.675.
enum DecimalRounding {
  static func round(_ x: Double, digits: Double) -> Outcome {
    guard digits == digits.rounded(.towardZero), digits.isFinite else { return Outcome(.type) }
    guard x.isFinite, x != 0 else { return Outcome(x) }
    // Beyond these a binary64 has no digits to round, or none left.
    if digits > 323 { return Outcome(x) }
    if digits < -308 { return Outcome(0 * x) }
    let count = Int(digits)
    let result = count >= 0 ? decimals(x, count) : tens(x, -count)
    return result.isFinite ? Outcome(result) : Outcome(.overflow)
  }

  /// To `count` digits behind the point.
  private static func decimals(_ x: Double, _ count: Int) -> Double {
    guard count <= 22 else { return viaText(x, decimals: count) }
    let power = PowersOfTen.exact[count]
    let product = x * power
    // From 2^54 on the decimals are finer than half the spacing of binary64 here.
    guard Swift.abs(product) < 0x1p54 else { return x }
    guard Swift.abs(product) < 0x1p51 else { return viaText(x, decimals: count) }
    // product + error is x * power exactly.
    let error = (-product).addingProduct(x, power)
    return nearestEven(product, error) / power
  }

  /// To a multiple of 10^`count`.
  private static func tens(_ x: Double, _ count: Int) -> Double {
    guard count <= 22, Swift.abs(x) < 0x1p53 else { return viaText(x, tens: count) }
    let power = PowersOfTen.exact[count]
    let quotient = x / power
    // The exact remainder says on which side of the quotient x / power lies.
    let remainder = x.addingProduct(-quotient, power)
    return nearestEven(quotient, remainder / power) * power
  }

  /// The integer nearest to `value + error`, where `error` is tiny against the spacing of integers.
  private static func nearestEven(_ value: Double, _ error: Double) -> Double {
    let nearest = value.rounded(.toNearestOrEven)
    let distance = value - nearest
    if distance == 0.5, error > 0 { return nearest + 1 }
    if distance == -0.5, error < 0 { return nearest - 1 }
    return nearest
  }

  // MARK: By decimal text, for what does not fit the exact powers

  private static func viaText(_ x: Double, decimals count: Int) -> Double {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 768) { text in
      guard let base = text.baseAddress else { return x }
      let length = formula_print_fixed(base, text.count, Int32(count), x)
      guard length > 0, Int(length) < text.count else { return x }
      return formula_read_number(base)
    }
  }

  /// |x| has all its digits before the point here.
  private static func viaText(_ x: Double, tens count: Int) -> Double {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 768) { text in
      guard let base = text.baseAddress else { return x }
      // A leading zero takes the carry.
      text[0] = 0x30
      let printed = formula_print_fixed(base + 1, text.count - 1, 0, Swift.abs(x))
      guard printed > 0, Int(printed) < text.count - 1 else { return x }
      let whole = Int(printed) + 1
      let kept = whole - count
      guard kept > 0 else { return 0 * x }
      var isUp = text[kept] > 0x35
      if text[kept] == 0x35 {
        var hasRest = false
        for index in (kept + 1)..<whole where text[index] > 0x30 { hasRest = true }
        isUp = hasRest || text[kept - 1] & 1 == 1
      }
      for index in kept..<whole { text[index] = 0x30 }
      text[whole] = 0
      var index = kept - 1
      while isUp, index >= 0 {
        if text[index] == 0x39 {
          text[index] = 0x30
          index -= 1
        } else {
          text[index] += 1
          isUp = false
        }
      }
      let magnitude = formula_read_number(base)
      return x < 0 ? -magnitude : magnitude
    }
  }
}
