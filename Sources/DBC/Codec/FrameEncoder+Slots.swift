internal import CDecodeKernels

extension FrameEncoder {
  /// The number of slots: one for each signal that can be encoded.
  public var slotCount: Int { plan.signalCount }

  /// The slot of a signal; nil for a signal that is never encoded (see the findings). A decoder of the same database made
  /// without parameters has the same slots.
  public func slot(of signal: Signal) -> Int? {
    precondition(signal.storage === plan.storage, "the signal belongs to another database")
    let slot = plan.slots[signal.index]
    return slot < 0 ? nil : Int(slot)
  }

  /// Encodes a message from physical values by slot, the inverse of decoding into slots. Allocates nothing.
  ///
  /// What J1939 calls not available decodes into slots as no number, which has no bits: give such signals a number first.
  /// Which branches are written follows from the values of the multiplexors. Values are rounded to the nearest raw value;
  /// the declared range is not checked here, the range of the bits is.
  /// - Returns: The payload, as long as the message, 64 bytes at most.
  /// - Throws: `valueOutOfRange` for a value that the bits cannot hold, or that is not a number.
  public func encode(_ message: Message, values: [Double]) throws(DBCError) -> CANPayload {
    precondition(message.storage === plan.storage, "the message belongs to another database")
    precondition(values.count >= plan.signalCount, "a value is needed for each slot")
    let record = plan.plan.messages[message.index]
    let byteCount = min(message.byteCount, CANPayload.maximumCount)
    if record.wordCount <= 1 {
      var word: UInt64 = 0
      let failed = values.withUnsafeBufferPointer { values -> Int in
        guard let values = values.baseAddress else { return -1 }
        return fillWord(Int(record.section), byteCount, values, &word)
      }
      if failed >= 0 { throw misfit(failed, values[failed]) }
      return CANPayload(word: word, count: byteCount)
    }
    var words = InlineArray<10, UInt64>(repeating: 0)
    var failed = -1
    withUnsafeMutableBytes(of: &words) { buffer in
      values.withUnsafeBufferPointer { values in
        guard let payload = buffer.baseAddress, let values = values.baseAddress else { return }
        failed = fill(Int(record.section), byteCount, values, payload)
      }
    }
    if failed >= 0 { throw misfit(failed, values[failed]) }
    var result = InlineArray<8, UInt64>(repeating: 0)
    for index in 0..<8 { result[index] = words[index].littleEndian }
    return CANPayload(words: result, count: byteCount)
  }

  @inline(never)
  private func misfit(_ slot: Int, _ value: Double) -> DBCError {
    let signal = plan.storage.content.signals[Int(plan.plan.signals[slot].source)]
    return DBCError(
      .valueOutOfRange,
      "the bits of signal \(plan.storage.text(signal.name)) can't hold the value \(value)")
  }

  /// Writes a section and the branches that it opens. Gives the slot of a value that does not fit, or -1.
  private func fill(
    _ index: Int, _ byteCount: Int, _ values: UnsafePointer<Double>,
    _ payload: UnsafeMutableRawPointer
  ) -> Int {
    let section = plan.plan.sections + index
    let first = Int(section.pointee.firstSignal)
    let end = first &+ Int(section.pointee.signalCount)
    var slot = first
    while slot < end {
      let signal = plan.plan.signals + slot
      if Int(signal.pointee.endByte) <= byteCount {
        guard let bits = signal.pointee.bits(encoding: values[slot]) else { return slot }
        signal.pointee.insert(bits, payload)
      }
      slot &+= 1
    }
    if section.pointee.switchCount == 0 { return -1 }
    var failed = -1
    for position in Int(
      section.pointee.firstSwitch)..<Int(
        section.pointee.firstSwitch &+ section.pointee.switchCount)
    {
      let selection = plan.plan.switches[position]
      let selector = plan.plan.signals[Int(selection.signal)]
      guard Int(selector.endByte) <= byteCount else { continue }
      plan.forEachActiveSection(selection, selector.bits(payload)) {
        let result = fill($0, byteCount, values, payload)
        if result >= 0 { failed = result }
      }
    }
    return failed
  }
}

extension dk_signal {
  /// The bits whose value is nearest to the given one; nil when there are none.
  @inline(__always)
  func bits(encoding value: Double) -> UInt64? {
    let number = factor == 0 ? 0 : (value - addend) / factor
    switch Int(kind) {
    case DK_UNSIGNED:
      // Up to 63 bits.
      guard number > -1, number < 0x1p63 else { return nil }
      let raw = nearest(number)
      return raw >= 0 && UInt64(raw) <= UInt64.max &>> UInt64(right) ? UInt64(raw) : nil
    case DK_SIGNED:
      guard number >= -0x1p63, number < 0x1p63 else { return nil }
      let raw = nearest(number)
      let limit = Int64.max &>> Int64(right)
      return raw >= -limit &- 1 && raw <= limit ? UInt64(bitPattern: raw) : nil
    case DK_UNSIGNED64:
      let raw = number.rounded()
      guard raw >= 0, raw < 0x1p64 else { return nil }
      return UInt64(raw)
    case DK_FLOAT32:
      let raw = Float(number)
      return isHeld(value, raw.isInfinite) ? UInt64(raw.bitPattern) : nil
    case DK_FLOAT64: return isHeld(value, number.isInfinite) ? number.bitPattern : nil
    default:
      let raw = halfBits(number)
      return isHeld(value, raw & 0x7FFF == 0x7C00) ? UInt64(raw) : nil
    }
  }

  /// Whether floating-point bits stand for a value: nothing but the infinite is infinite, and no value is no number.
  @inline(__always)
  private func isHeld(_ value: Double, _ isInfinite: Bool) -> Bool {
    !value.isNaN && (!isInfinite || value.isInfinite)
  }

  /// The nearest whole number, halves away from zero; without the call that `rounded()` is on older processors.
  /// The number must fit.
  @inline(__always)
  private func nearest(_ number: Double) -> Int64 {
    let whole = Int64(number)
    let rest = number - Double(whole)
    return rest >= 0.5 ? whole &+ 1 : rest <= -0.5 ? whole &- 1 : whole
  }
}
