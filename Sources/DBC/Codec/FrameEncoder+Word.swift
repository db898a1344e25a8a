internal import CDecodeKernels

// Messages whose signals all lie in the first eight bytes, as nearly all do on a classic bus: the payload is built in a
// register. Built in memory, each signal would wait for the store of the one before it.
extension FrameEncoder {
  /// As `fill`, into the eight bytes of `word`, the first byte lowest. Every window begins at byte 0.
  func fillWord(
    _ index: Int, _ byteCount: Int, _ values: UnsafePointer<Double>, _ word: inout UInt64
  ) -> Int {
    let section = plan.plan.sections + index
    let first = Int(section.pointee.firstSignal)
    let end = first &+ Int(section.pointee.signalCount)
    var payload = word
    var slot = first
    while slot < end {
      let signal = plan.plan.signals + slot
      if Int(signal.pointee.endByte) <= byteCount {
        guard let bits = signal.pointee.bits(encoding: values[slot]) else { return slot }
        signal.pointee.insert(bits, intoWord: &payload)
      }
      slot &+= 1
    }
    word = payload
    if section.pointee.switchCount == 0 { return -1 }
    var failed = -1
    let firstSwitch = Int(section.pointee.firstSwitch)
    for position in firstSwitch..<(firstSwitch &+ Int(section.pointee.switchCount)) {
      let selection = plan.plan.switches[position]
      let selector = plan.plan.signals[Int(selection.signal)]
      guard Int(selector.endByte) <= byteCount else { continue }
      plan.forEachActiveSection(selection, selector.bits(ofWord: word)) {
        let result = fillWord($0, byteCount, values, &word)
        if result >= 0 { failed = result }
      }
    }
    return failed
  }
}

extension dk_signal {
  /// As `bits`, of a payload whose eight bytes are in a word, the first byte lowest.
  @inline(__always)
  func bits(ofWord word: UInt64) -> UInt64 {
    ((isBigEndian != 0 ? word.byteSwapped : word) &<< UInt64(left)) &>> UInt64(right)
  }

  /// As `insert`, into such a word.
  @inline(__always)
  func insert(_ bits: UInt64, intoWord word: inout UInt64) {
    let shift = UInt64(right &- left)
    var ones = (UInt64.max &>> UInt64(right)) &<< shift
    var placed = bits &<< shift & ones
    if isBigEndian != 0 {
      ones = ones.byteSwapped
      placed = placed.byteSwapped
    }
    word = word & ~ones | placed
  }
}
