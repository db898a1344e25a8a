import Formula

extension FuzzTarget {
  /// A formula's text, evaluated with odd numbers.
  static let formula = FuzzTarget(
    name: "formula",
    texts: [
      "clamp(raw * 0.1 - 40, -40, 125) if raw > 0 else 0",
      "a ** -b // 3 % 7 + (not x and y or z) - 1_000.5e-3",
      "max({plant/pump1/flow}, min(a, b, c)) / sqrt(abs(d)) == round(e, 2)",
      "0 < a <= b != c is_good", "sin(pi) + log(e, 10) + atan2(1, -0.0) + 0x1F + int(3.7)",
    ]
  ) { bytes in
    guard let formula = try? CompiledFormula(String(decoding: bytes, as: UTF8.self)) else { return }
    let slots = formula.makeSlots()
    for first in [0, -1, 1e308, -.infinity, .nan, .leastNonzeroMagnitude] {
      for slot in 0..<slots.count { slots[slot] = slot.isMultiple(of: 2) ? first : 3 }
      let result = formula.evaluate(slots)
      _ = formula.error(of: result)?.description
    }
  }
}
