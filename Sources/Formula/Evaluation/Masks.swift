/// Choices and truths without branches.
enum Masks {
  // A conditional move by masks: a branch would be mispredicted on every other sample of noisy data.
  @inline(__always)
  static func pick(_ condition: Bool, _ x: Double, _ y: Double) -> Double {
    let mask = 0 &- (condition ? 1 : 0 as UInt64)
    return Double(bitPattern: (x.bitPattern & mask) | (y.bitPattern & ~mask))
  }

  @inline(__always)
  static func truth(_ condition: Bool) -> Double {
    let mask = 0 &- (condition ? 1 : 0 as UInt64)
    return Double(bitPattern: mask & (1.0).bitPattern)
  }

  @inline(__always)
  static func both(_ x: Bool, _ y: Bool) -> Bool {
    ((x ? 1 : 0 as UInt8) & (y ? 1 : 0)) != 0
  }

  @inline(__always)
  static func one(_ x: Bool, _ y: Bool) -> Bool {
    ((x ? 1 : 0 as UInt8) | (y ? 1 : 0)) != 0
  }

  @inline(__always)
  static func either(_ x: Double, _ y: Double) -> Double { pick(y > x, y, x) }

  @inline(__always)
  static func clamp(_ x: Double, _ low: Double, _ high: Double) -> Double {
    let raised = pick(low > x, low, x)
    return pick(high < raised, high, raised)
  }
}
