extension Resolver {
  /// What can be said of a signal alone.
  mutating func checkSignals() {
    var extents: [Int32: LabelExtent] = [:]
    for index in content.signals.indices {
      let signal = content.signals[index]
      if signal.bitCount > 64 {
        content.signals[index].flags.insert(.numberless)
        log.add(
          signal.name.start, .warning, .signalTooLong,
          "signal \(text(signal.name)) has \(signal.bitCount) bits; numbers have up to 64, so it is "
            + "never decoded")
      }
      if signal.factor == 0 {
        log.add(
          signal.name.start, .warning, .zeroFactor,
          "signal \(text(signal.name)) has the factor 0: every raw value means "
            + "\(signal.offset)")
      }
      if signal.minimum > signal.maximum {
        log.add(
          signal.name.start, .warning, .rangeInverted,
          "signal \(text(signal.name)) has a minimum above its maximum; the range is ignored")
      }
      if !signal.choices.isEmpty, signal.valueType == .integer, signal.bitCount <= 64 {
        // Of a table that many signals share, the outermost labels are enough.
        let isShared = sharedChoices.contains(signal.choices.first)
        let extent = isShared ? extents[signal.choices.first] : nil
        if isShared, extent == nil { extents[signal.choices.first] = labelExtent(signal.choices) }
        checkLabels(
          signal,
          isShared ? extents[signal.choices.first]?.indices ?? [] : Array(signal.choices.range))
      }
    }
  }

  /// The labels of a list that are the first to be impossible.
  private struct LabelExtent {
    var indices: [Int]
  }

  private func labelExtent(_ range: IndexRange) -> LabelExtent {
    var least = Int(range.first)
    var greatest = least
    var odd: Int?
    for index in range.range {
      let value = content.choices[index].value
      if value.isFloat { odd = odd ?? index }
      if value.double < content.choices[least].value.double { least = index }
      if value.double > content.choices[greatest].value.double { greatest = index }
    }
    return LabelExtent(indices: Set([least, greatest, odd ?? least]).sorted())
  }

  private mutating func checkLabels(_ signal: SignalRecord, _ indices: [Int]) {
    let isSigned = signal.flags.contains(.signed)
    let bits = Int(signal.bitCount)
    let lower: Int64 = isSigned ? -1 << (bits - 1) : 0
    let magnitude = isSigned ? bits - 1 : bits
    let upper = magnitude >= 64 ? UInt64.max : (1 << UInt64(magnitude)) - 1
    for index in indices {
      let isPossible: Bool
      switch content.choices[index].value {
      case .integer(let value): isPossible = value >= lower && (value < 0 || UInt64(value) <= upper)
      case .unsigned(let value): isPossible = value <= upper
      case .float: isPossible = false
      }
      if !isPossible {
        log.add(
          content.choices[index].label.start - 1, .warning, .valueRange,
          "signal \(text(signal.name)) has \(bits) bits\(isSigned ? " with sign" : "") and never the "
            + "value \(content.choices[index].value)")
      }
    }
  }

  /// Signals outside their message, and signals that share bits.
  mutating func checkLayout() {
    var budget = 4_000_000
    var heads: [Int32] = []
    var entries: [OverlapEntry] = []
    for message in content.messages {
      if message.identifier == MessageRecord.noIdentifier,
        scanner.equal(message.name, "VECTOR__INDEPENDENT_SIG_MSG")
      {
        continue
      }
      let byteCount = min(Int(message.byteCount), 8192)
      heads.removeAll(keepingCapacity: true)
      heads.append(contentsOf: repeatElement(-1, count: byteCount))
      entries.removeAll(keepingCapacity: true)
      var isChecked = true
      for index in message.signals.range {
        let signal = content.signals[index]
        let place = BitPlacement(signal)
        if place.endByte > Int(message.byteCount) {
          log.add(
            signal.name.start, .error, .signalOutsideMessage,
            "signal \(text(signal.name)) ends in byte \(place.endByte - 1) and message "
              + "\(text(message.name)) has \(message.byteCount) bytes; the signal is decoded only "
              + "from frames that are long enough")
        }
        // What is never decoded takes no bits from others; a few such lines could claim thousands of bytes each.
        guard isChecked, signal.flags.isDisjoint(with: [.unreachable, .numberless]) else {
          continue
        }
        isChecked = findOverlap(index, place, byteCount, &heads, &entries, &budget)
        if !isChecked {
          log.add(
            message.name.start, .warning, .overlapUnchecked,
            "message \(text(message.name)) has too many signals to compare them all")
        }
      }
    }
  }

  private struct OverlapEntry {
    var signal: Int32
    var mask: UInt8
    var next: Int32
  }

  /// Enters a signal in the lists of its bytes and reports the first signal it shares bits with.
  /// False when the budget is used up.
  private mutating func findOverlap(
    _ index: Int, _ place: BitPlacement, _ byteCount: Int, _ heads: inout [Int32],
    _ entries: inout [OverlapEntry], _ budget: inout Int
  ) -> Bool {
    var isReported = false
    for byte in place.firstByte..<max(place.firstByte, min(place.endByte, byteCount)) {
      let mask = place.mask(ofByte: byte)
      var next = heads[byte]
      while next >= 0, !isReported {
        let entry = entries[Int(next)]
        next = entry.next
        budget -= 1
        guard entry.mask & mask != 0 else { continue }
        if isExclusive(index, Int(entry.signal), &budget) { continue }
        isReported = true
        let signal = content.signals[index]
        log.add(
          signal.name.start, .error, .signalOverlap,
          "signals \(text(signal.name)) and \(text(content.signals[Int(entry.signal)].name)) of "
            + "message \(text(content.messages[Int(signal.message)].name)) share bits in byte "
            + "\(byte); both are decoded")
      }
      budget -= 1
      entries.append(
        OverlapEntry(signal: Int32(truncatingIfNeeded: index), mask: mask, next: heads[byte]))
      heads[byte] = Int32(truncatingIfNeeded: entries.count - 1)
    }
    return budget > 0
  }

  /// Whether no selector value makes both signals active.
  private func isExclusive(_ first: Int, _ second: Int, _ budget: inout Int) -> Bool {
    var a = first
    while content.signals[a].multiplexor >= 0 {
      var b = second
      while content.signals[b].multiplexor >= 0 {
        budget -= 1
        if content.signals[a].multiplexor == content.signals[b].multiplexor,
          isDisjoint(content.signals[a], content.signals[b], &budget)
        {
          return true
        }
        b = Int(content.signals[b].multiplexor)
      }
      a = Int(content.signals[a].multiplexor)
    }
    return false
  }

  private func isDisjoint(_ a: SignalRecord, _ b: SignalRecord, _ budget: inout Int) -> Bool {
    let right = content.activeRanges(of: b)
    for range in content.activeRanges(of: a) {
      for candidate in right {
        budget -= 1
        if budget < 0 { return true }
        if range.lower <= candidate.upper, candidate.lower <= range.upper { return false }
      }
    }
    return true
  }
}
