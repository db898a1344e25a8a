internal import CDecodeKernels

extension FrameDecoder {
  /// Whether this processor has instructions for the vector kernels.
  static let hasVectors = dk_has_vectors() != 0

  /// Slots for all signals of the database, without values.
  public func makeSlots() -> SignalSlots { SignalSlots(plan) }

  /// The number of slots: one for each signal that can be decoded.
  public var slotCount: Int { plan.signalCount }

  /// The slot of a signal; nil for a signal that is never decoded (see the findings).
  public func slot(of signal: Signal) -> Int? {
    precondition(signal.storage === plan.storage, "the signal belongs to another database")
    let slot = plan.slots[signal.index]
    return slot < 0 ? nil : Int(slot)
  }

  /// The signal of a slot.
  public func signal(inSlot slot: Int) -> Signal {
    precondition(slot >= 0 && slot < plan.signalCount, "no such slot")
    return Signal(storage: plan.storage, index: Int(plan.plan.signals[slot].source))
  }

  /// Decodes frames in their order and keeps the latest value of each signal.
  ///
  /// Allocates nothing and counts no references per frame. Frames that no message describes, remote frames and error
  /// frames are passed over; a short frame gives the signals that fit. A signal that J1939 calls not available or wrong
  /// becomes not a number.
  @discardableResult
  public func decode(_ frames: CANFrameBatch, into slots: inout SignalSlots) -> DecodeCounts {
    decode(frames, into: &slots, vectors: Self.hasVectors)
  }

  @discardableResult
  func decode(
    _ frames: CANFrameBatch, into slots: inout SignalSlots, vectors: Bool
  ) -> DecodeCounts {
    precondition(slots.plan === plan, "the slots belong to another decoder")
    var counts = dk_counts()
    frames.headers.withUnsafeBytes { headers in
      frames.words.withUnsafeBufferPointer { words in
        slots.values.withUnsafeMutableBufferPointer { values in
          slots.states.withUnsafeMutableBufferPointer { states in
            slots.ownTimes.withUnsafeMutableBufferPointer { ownTimes in
              guard let headers = headers.baseAddress, let words = words.baseAddress,
                let values = values.baseAddress, let states = states.baseAddress,
                let ownTimes = ownTimes.baseAddress
              else { return }
              let run = SlotRun(
                plan: plan.plan, headers: headers, words: words, values: values, states: states,
                ownTimes: ownTimes)
              run.decode(plan, frames.count, vectors, &counts)
            }
          }
        }
      }
    }
    var result = DecodeCounts()
    result.frames = Int(counts.frames)
    result.unmatched = Int(counts.unmatched)
    result.shortened = Int(counts.shortened)
    result.signals = Int(counts.signals)
    return result
  }
}

/// One run over a batch. The batch guarantees that a frame's words are where its header says.
private struct SlotRun {
  let plan: dk_plan
  let headers: UnsafeRawPointer
  let words: UnsafePointer<UInt64>
  let values: UnsafeMutablePointer<Double>
  let states: UnsafeMutablePointer<dk_state>
  let ownTimes: UnsafeMutablePointer<Int64>

  typealias Header = CANFrameBatch.Header

  func decode(_ owner: DecodePlan, _ count: Int, _ vectors: Bool, _ counts: inout dk_counts) {
    var index = 0
    while index < count {
      if vectors {
        let typed = headers.assumingMemoryBound(to: dk_header.self)
        index = withUnsafePointer(to: plan) {
          Int(
            dk_decode_slots(
              $0, typed, Int64(index), Int64(count), words, values, states, &counts))
        }
      } else {
        index = decodeWhole(owner, index, count, &counts)
      }
      guard index < count else { return }
      decodeShort(owner, index, &counts)
      index += 1
    }
  }

  @inline(__always)
  private func header(_ index: Int) -> UnsafePointer<Header> {
    headers.assumingMemoryBound(to: Header.self) + index
  }

  /// The portable twin of `dk_decode_slots`.
  private func decodeWhole(
    _ owner: DecodePlan, _ first: Int, _ count: Int, _ counts: inout dk_counts
  ) -> Int {
    let skipped: CANFlags = [.remote, .error]
    var frames: UInt64 = 0
    var signals: UInt64 = 0
    var unmatched: UInt64 = 0
    var index = first
    while index < count {
      let header = header(index)
      let position = owner.message(header.pointee.identifier.rawValue)
      if position < 0 || !header.pointee.flags.isDisjoint(with: skipped) {
        unmatched &+= 1
        index &+= 1
        continue
      }
      let message = plan.messages + position
      if UInt16(header.pointee.count) < message.pointee.fullCount { break }
      let payload = UnsafeRawPointer(words + Int(header.pointee.firstWord))
      frames &+= 1
      signals &+= decodeSection(owner, Int(message.pointee.section), payload, header.pointee.time)
      index &+= 1
    }
    counts.frames &+= frames
    counts.signals &+= signals
    counts.unmatched &+= unmatched
    return index
  }

  @inline(__always)
  private func decodeSection(
    _ owner: DecodePlan, _ index: Int, _ payload: UnsafeRawPointer, _ time: Int64
  ) -> UInt64 {
    let section = plan.sections + index
    let state = states + index
    state.pointee.time = time
    state.pointee.count &+= 1
    state.pointee.isMixed = 0
    let first = Int(section.pointee.firstSignal)
    let signals = plan.signals + first
    let out = values + first
    let ends = section.pointee.runEnds
    decodeRun(signals, 0..<Int(ends.0), payload, out, isBigEndian: false, isSigned: false)
    decodeRun(signals, Int(ends.0)..<Int(ends.1), payload, out, isBigEndian: false, isSigned: true)
    decodeRun(signals, Int(ends.1)..<Int(ends.2), payload, out, isBigEndian: true, isSigned: false)
    decodeRun(signals, Int(ends.2)..<Int(ends.3), payload, out, isBigEndian: true, isSigned: true)
    var lane = Int(ends.3)
    while lane < Int(section.pointee.signalCount) {
      out[lane] = signals[lane].availableValue(payload)
      lane &+= 1
    }
    let own = UInt64(section.pointee.signalCount)
    return section.pointee.switchCount == 0
      ? own : own &+ decodeSwitches(owner, index, payload, time)
  }

  /// Signals of one kind: the compiler makes a loop without questions of each call.
  @inline(__always)
  private func decodeRun(
    _ signals: UnsafePointer<dk_signal>, _ lanes: Range<Int>, _ payload: UnsafeRawPointer,
    _ out: UnsafeMutablePointer<Double>, isBigEndian: Bool, isSigned: Bool
  ) {
    var lane = lanes.lowerBound
    while lane < lanes.upperBound {
      let signal = signals + lane
      let window = payload.loadUnaligned(
        fromByteOffset: Int(signal.pointee.offset), as: UInt64.self)
      let word =
        (isBigEndian ? window.bigEndian : window.littleEndian) &<< UInt64(signal.pointee.left)
      let right = signal.pointee.right
      let number =
        isSigned
        ? Int64(bitPattern: word) &>> Int64(right) : Int64(bitPattern: word &>> UInt64(right))
      out[lane] = Double(number) * signal.pointee.factor + signal.pointee.addend
      lane &+= 1
    }
  }

  private func decodeSwitches(
    _ owner: DecodePlan, _ index: Int, _ payload: UnsafeRawPointer, _ time: Int64
  ) -> UInt64 {
    let section = plan.sections[index]
    var count: UInt64 = 0
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch &+ section.switchCount) {
      let selection = plan.switches[position]
      let value = plan.signals[Int(selection.signal)].bits(payload)
      owner.forEachActiveSection(selection, value) {
        count &+= decodeSection(owner, $0, payload, time)
      }
    }
    return count
  }

  /// A frame that lacks bytes of some signals: those that fit, each with its own time from now on.
  private func decodeShort(_ owner: DecodePlan, _ index: Int, _ counts: inout dk_counts) {
    let header = header(index).pointee
    let position = owner.message(header.identifier.rawValue)
    guard position >= 0 else { return }
    counts.frames += 1
    counts.shortened += 1
    // Ten words: windows may begin in the last byte that the frame has.
    var payload = InlineArray<10, UInt64>(repeating: 0)
    for word in 0..<((Int(header.count) + 7) / 8) {
      payload[word] = words[Int(header.firstWord) + word]
    }
    withUnsafeBytes(of: &payload) { bytes in
      guard let base = bytes.baseAddress else { return }
      decodeShortSection(owner, Int(plan.messages[position].section), base, header, &counts)
    }
  }

  private func decodeShortSection(
    _ owner: DecodePlan, _ index: Int, _ payload: UnsafeRawPointer, _ header: Header,
    _ counts: inout dk_counts
  ) {
    let section = plan.sections[index]
    let range =
      Int(section.firstSignal)..<Int(section.firstSignal &+ section.signalCount)
    if states[index].isMixed == 0 {
      let time = states[index].count == 0 ? SignalSlots.never : states[index].time
      for slot in range { ownTimes[slot] = time }
      states[index].isMixed = 1
    }
    states[index].count &+= 1
    for slot in range where UInt16(header.count) >= plan.signals[slot].endByte {
      values[slot] = plan.signals[slot].availableValue(payload)
      ownTimes[slot] = header.time
      counts.signals += 1
    }
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch &+ section.switchCount) {
      let selection = plan.switches[position]
      let selector = plan.signals[Int(selection.signal)]
      guard UInt16(header.count) >= selector.endByte else { continue }
      owner.forEachActiveSection(selection, selector.bits(payload)) {
        decodeShortSection(owner, $0, payload, header, &counts)
      }
    }
  }
}
