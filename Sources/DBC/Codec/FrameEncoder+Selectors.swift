// Which values the multiplexors have that are not given.
extension FrameEncoder {
  /// The value of every multiplexor that matters and is not given: the lowest that makes all given signals active, and the multiplexors
  /// that these need. Frames without multiplexors cost nothing here.
  func selectorBits(_ given: [Int: UInt64]) throws(DBCError) -> [Int: UInt64] {
    let content = plan.storage.content
    // What is left for each multiplexor, never nothing.
    var left: [Int: [SelectorRange]] = [:]
    // Signals whose condition has been looked at, and all above it.
    var known: Set<Int> = []
    for signal in given.keys.sorted() {
      var child = signal
      while content.signals[child].multiplexor >= 0, known.insert(child).inserted {
        let multiplexor = Int(content.signals[child].multiplexor)
        let ranges = content.activeRanges(of: content.signals[child])
        if let value = given[multiplexor] {
          guard ranges.contains(where: { $0.lower <= value && value <= $0.upper }) else {
            throw inactive(signal, multiplexor, value)
          }
        } else {
          let possible = Self.merged(ranges, upTo: limit(of: multiplexor))
          guard !possible.isEmpty else { throw unreachable(signal, multiplexor) }
          let before = left[multiplexor] ?? possible
          let common = Self.intersection(of: before, possible)
          guard !common.isEmpty else { throw inactive(signal, multiplexor, before[0].lower) }
          left[multiplexor] = common
        }
        child = multiplexor
      }
    }
    return left.isEmpty ? [:] : left.mapValues { $0[0].lower }
  }

  /// The largest value that the bits of a multiplexor can hold.
  private func limit(of multiplexor: Int) -> UInt64 {
    let bitCount = min(64, Int(plan.storage.content.signals[multiplexor].bitCount))
    return UInt64.max >> UInt64(64 - bitCount)
  }

  /// In order and apart, without what lies above the limit.
  private static func merged(
    _ ranges: ArraySlice<SelectorRange>, upTo limit: UInt64
  ) -> [SelectorRange] {
    var result: [SelectorRange] = []
    for range in ranges.sorted(by: { $0.lower < $1.lower }) where range.lower <= limit {
      let upper = min(range.upper, limit)
      if let last = result.last, range.lower <= last.upper {
        result[result.count - 1].upper = max(last.upper, upper)
      } else {
        result.append(SelectorRange(lower: range.lower, upper: upper))
      }
    }
    return result
  }

  /// The values that are in both; all three in order and apart.
  private static func intersection(
    of left: [SelectorRange], _ right: [SelectorRange]
  ) -> [SelectorRange] {
    var result: [SelectorRange] = []
    var (first, second) = (0, 0)
    while first < left.count, second < right.count {
      let lower = max(left[first].lower, right[second].lower)
      let upper = min(left[first].upper, right[second].upper)
      if lower <= upper { result.append(SelectorRange(lower: lower, upper: upper)) }
      if left[first].upper < right[second].upper { first += 1 } else { second += 1 }
    }
    return result
  }

  // MARK: - Errors

  private func name(_ signal: Int) -> String {
    plan.storage.text(plan.storage.content.signals[signal].name)
  }

  private func inactive(_ signal: Int, _ multiplexor: Int, _ value: UInt64) -> DBCError {
    DBCError(
      .inactiveSignal,
      "signal \(name(signal)) is not active when \(name(multiplexor)) is \(value)")
  }

  private func unreachable(_ signal: Int, _ multiplexor: Int) -> DBCError {
    let bitCount = min(64, plan.storage.content.signals[multiplexor].bitCount)
    return DBCError(
      .inactiveSignal,
      "signal \(name(signal)) is never active: the \(bitCount) bits of \(name(multiplexor)) can't "
        + "hold a value that selects it; correct its selector in the database")
  }
}
