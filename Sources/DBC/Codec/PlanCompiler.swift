internal import CDecodeKernels

/// Turns the signals of a database into plan records: sections of signals that are active together, sorted by the
/// way their bits become numbers, joined by switches where a multiplexor selects.
struct PlanCompiler {
  let content: DatabaseContent
  let matching: J1939Matching

  private(set) var signals: [dk_signal] = []
  private(set) var sections: [dk_section] = []
  private(set) var switches: [dk_switch] = []
  private(set) var ranges: [dk_range] = []
  private(set) var entries: [Int32] = []
  private(set) var messages: [dk_message] = []
  private(set) var groups: [dk_group] = []
  private(set) var shortGroups: [dk_short_group] = []
  private(set) var slots: [Int32]
  private(set) var sectionOfSlot: [Int32] = []
  private(set) var identifiers: [(identifier: UInt32, message: Int32)] = []
  private(set) var standardTable = [Int32](repeating: -1, count: 2048)

  /// The signals that each multiplexor of the message at work selects.
  private var children: [Int: [Int]] = [:]
  private var wordCount = 0
  private var hasSentinels = false
  /// J1939 groups: their keys, and the first message of each, one without a particular sender before others.
  private(set) var parameterGroups: [(identifier: UInt32, message: Int32)] = []

  init(_ content: DatabaseContent, _ matching: J1939Matching) {
    self.content = content
    self.matching = matching
    slots = Array(repeating: -1, count: content.signals.count)
    signals.reserveCapacity(content.signals.count)
  }

  mutating func compile() {
    var known: Set<UInt32> = []
    var groups: [UInt32: (message: Int, isGeneral: Bool)] = [:]
    for (index, message) in content.messages.enumerated() {
      let isGroup = isParameterGroup(message)
      hasSentinels = isGroup
      compile(message)
      if isGroup {
        let key = ParameterGroupNumber(rawIdentifier: message.identifier).key
        let isGeneral = message.identifier & 0xFF == 0xFE
        if groups[key].map({ isGeneral && !$0.isGeneral }) ?? true {
          groups[key] = (index, isGeneral)
        }
      }
      guard message.identifier != MessageRecord.noIdentifier,
        known.insert(message.identifier).inserted
      else { continue }
      identifiers.append((message.identifier, Int32(truncatingIfNeeded: index)))
      if message.identifier & CANIdentifier.extendedFlag == 0 {
        standardTable[Int(message.identifier & 0x7FF)] = Int32(truncatingIfNeeded: index)
      }
    }
    parameterGroups = groups.sorted { $0.key < $1.key }
      .map { ($0.key, Int32(truncatingIfNeeded: $0.value.message)) }
  }

  private func isParameterGroup(_ message: MessageRecord) -> Bool {
    guard message.identifier != MessageRecord.noIdentifier,
      message.identifier & CANIdentifier.extendedFlag != 0
    else { return false }
    switch matching {
    case .declared: return message.frameFormat == .j1939
    case .allExtended: return true
    case .never: return false
    }
  }

  private mutating func compile(_ message: MessageRecord) {
    children.removeAll(keepingCapacity: true)
    var roots: [Int] = []
    var fullCount = 0
    for index in message.signals.range {
      let signal = content.signals[index]
      guard signal.flags.isDisjoint(with: [.unreachable, .numberless]) else { continue }
      if signal.multiplexor < 0 {
        roots.append(index)
      } else if content.signals[Int(signal.multiplexor)].flags.contains(.numberless) {
        continue
      } else {
        children[Int(signal.multiplexor), default: []].append(index)
      }
      fullCount = max(fullCount, BitPlacement(signal).endByte)
    }
    wordCount = (fullCount + 7) / 8
    let firstSignal = signals.count
    let section = compileSection(roots)
    let root = sections[section]
    var record = dk_message()
    record.section = UInt32(section)
    record.firstSignal = UInt32(firstSignal)
    record.signalCount = UInt32(signals.count - firstSignal)
    record.fullCount = UInt16(truncatingIfNeeded: fullCount)
    record.wordCount = UInt16(truncatingIfNeeded: wordCount)
    record.rootCount = root.signalCount
    record.firstGroup = root.firstGroup
    record.groupCount = root.groupCount
    let isPlain = root.switchCount == 0 && root.runEnds.3 == root.signalCount && wordCount <= 8
    if isPlain, root.signalCount <= 4, wordCount <= 4 {
      record.kind = UInt32(DK_SHORT)
      record.firstGroup = UInt32(shortGroups.count)
      compileShortGroup(firstSignal, Int(root.signalCount))
    } else {
      record.kind = UInt32(isPlain ? DK_GROUPS : DK_RICH)
    }
    messages.append(record)
  }

  /// Appends the section of these signals and, behind it, those of the branches below.
  private mutating func compileSection(_ members: [Int]) -> Int {
    let sectionIndex = sections.count
    let firstSignal = signals.count
    var runs: [[(source: Int, signal: dk_signal)]] = Array(repeating: [], count: 5)
    for source in members {
      let signal = compileSignal(content.signals[source], source)
      runs[Self.run(signal)].append((source, signal))
    }
    var section = dk_section()
    section.firstSignal = UInt32(firstSignal)
    for (run, list) in runs.enumerated() {
      for (source, signal) in list {
        slots[source] = Int32(truncatingIfNeeded: signals.count)
        sectionOfSlot.append(Int32(truncatingIfNeeded: sectionIndex))
        signals.append(signal)
      }
      let end = UInt32(signals.count - firstSignal)
      switch run {
      case 0: section.runEnds.0 = end
      case 1: section.runEnds.1 = end
      case 2: section.runEnds.2 = end
      case 3: section.runEnds.3 = end
      default: section.signalCount = end
      }
    }
    section.firstGroup = UInt32(groups.count)
    if wordCount <= 8 { compileGroups(firstSignal, Int(section.runEnds.3)) }
    section.groupCount = UInt32(groups.count) - section.firstGroup
    let selectors = members.filter { !(children[$0] ?? []).isEmpty }
    section.firstSwitch = UInt32(switches.count)
    section.switchCount = UInt32(selectors.count)
    sections.append(section)
    let firstSwitch = switches.count
    switches.append(contentsOf: selectors.map { _ in dk_switch() })
    for (offset, selector) in selectors.enumerated() {
      compileSwitch(selector, at: firstSwitch + offset)
    }
    return sectionIndex
  }

  private static func run(_ signal: dk_signal) -> Int {
    let isPlain =
      signal.nineBits == 0 && signal.sentinelBits == 0
      && (Int(signal.kind) == DK_UNSIGNED || Int(signal.kind) == DK_SIGNED)
    guard isPlain else { return 4 }
    return Int(signal.isBigEndian) * 2 + (Int(signal.kind) == DK_SIGNED ? 1 : 0)
  }

  private func compileSignal(_ record: SignalRecord, _ source: Int) -> dk_signal {
    let place = BitPlacement(record)
    let bitCount = place.bitCount
    // The window may be moved towards the front, so that it never leaves the words of the payload.
    let offset = max(0, min(place.firstByte, wordCount * 8 - 8))
    let shift = place.firstBit - offset * 8
    var signal = dk_signal()
    signal.offset = UInt16(truncatingIfNeeded: offset)
    signal.right = UInt8(truncatingIfNeeded: 64 - bitCount)
    if shift + bitCount <= 64 {
      signal.left = UInt8(truncatingIfNeeded: place.isBigEndian ? shift : 64 - shift - bitCount)
    } else {
      signal.left = UInt8(truncatingIfNeeded: shift)
      signal.nineBits = UInt8(truncatingIfNeeded: shift + bitCount - 64)
    }
    signal.isBigEndian = place.isBigEndian ? 1 : 0
    signal.bitCount = UInt8(truncatingIfNeeded: bitCount)
    signal.endByte = UInt16(truncatingIfNeeded: place.endByte)
    signal.source = Int32(truncatingIfNeeded: source)
    signal.factor = record.factor
    signal.addend = record.offset
    let kind =
      switch (record.valueType, bitCount) {
      case (.float, 16): DK_FLOAT16
      case (.float, 32): DK_FLOAT32
      case (.float, _): DK_FLOAT64
      case (.integer, _) where record.flags.contains(.signed): DK_SIGNED
      case (.integer, 64): DK_UNSIGNED64
      case (.integer, _): DK_UNSIGNED
      }
    signal.kind = UInt8(truncatingIfNeeded: kind)
    if hasSentinels, kind == DK_UNSIGNED || kind == DK_UNSIGNED64, bitCount >= 2 {
      signal.sentinelBits = UInt16(truncatingIfNeeded: min(8, bitCount))
    }
    return signal
  }

  private mutating func compileSwitch(_ selector: Int, at index: Int) {
    let members = children[selector] ?? []
    // Signals with the same condition share a branch.
    var branches: [[SelectorRange]: Int] = [:]
    var lists: [(ranges: [SelectorRange], members: [Int])] = []
    for member in members {
      let condition = Array(content.activeRanges(of: content.signals[member]))
      if let branch = branches[condition] {
        lists[branch].members.append(member)
      } else {
        branches[condition] = lists.count
        lists.append((condition, [member]))
      }
    }
    var sorted: [dk_range] = []
    for list in lists {
      let section = UInt32(compileSection(list.members))
      for range in Self.merged(list.ranges) {
        sorted.append(
          dk_range(lower: range.lower, upper: range.upper, section: section, reserved: 0))
      }
    }
    sorted.sort { ($0.lower, $0.section) < ($1.lower, $1.section) }
    var record = dk_switch()
    record.signal = UInt32(slots[selector])
    record.firstRange = UInt32(ranges.count)
    record.rangeCount = UInt32(sorted.count)
    let isOverlapping = zip(sorted, sorted.dropFirst()).contains { $0.upper >= $1.lower }
    record.isOverlapping = isOverlapping ? 1 : 0
    ranges.append(contentsOf: sorted)
    let bitCount = content.signals[selector].bitCount
    let size = 1 << Int(min(bitCount, 8))
    record.firstEntry = UInt32(entries.count)
    if !isOverlapping, bitCount <= 8, size <= sorted.count * 16 + 16 {
      record.entryCount = UInt32(size)
      var table = [Int32](repeating: -1, count: size)
      for range in sorted where range.lower < size {
        for value in Int(range.lower)...Int(min(range.upper, UInt64(size - 1))) {
          table[value] = Int32(truncatingIfNeeded: range.section)
        }
      }
      entries.append(contentsOf: table)
    }
    switches[index] = record
  }

  /// Sorted, with ranges of the same signal that touch or overlap joined.
  private static func merged(_ ranges: [SelectorRange]) -> [SelectorRange] {
    var result: [SelectorRange] = []
    for range in ranges.sorted(by: { $0.lower < $1.lower }) {
      if let last = result.last, range.lower <= last.upper {
        result[result.count - 1].upper = max(last.upper, range.upper)
      } else {
        result.append(range)
      }
    }
    return result
  }

  private mutating func compileGroups(_ firstSignal: Int, _ count: Int) {
    var start = 0
    while start < count {
      let lanes = min(8, count - start)
      var group = dk_group()
      group.laneMask = UInt8(truncatingIfNeeded: (1 << lanes) - 1)
      for lane in 0..<lanes {
        let signal = signals[firstSignal + start + lane]
        if Int(signal.kind) == DK_SIGNED { group.signedLanes |= 1 << UInt8(lane) }
        Self.place(signal, lane, &group.permutation, &group.factor, &group.addend)
        Self.place(signal, lane, &group.left, &group.right)
      }
      groups.append(group)
      start += lanes
    }
  }

  /// The group of a message that has up to four signals.
  private mutating func compileShortGroup(_ firstSignal: Int, _ count: Int) {
    var group = dk_short_group()
    group.laneMask = UInt8(truncatingIfNeeded: (1 << count) - 1)
    for lane in 0..<count {
      let signal = signals[firstSignal + lane]
      if Int(signal.kind) == DK_SIGNED { group.signedLanes |= 1 << UInt8(lane) }
      Self.place(signal, lane, &group.permutation, &group.factor, &group.addend)
      Self.place(signal, lane, &group.left, &group.right)
    }
    shortGroups.append(group)
  }

  /// Which bytes a lane takes, and what its number is multiplied by and added to.
  private static func place<Bytes, Numbers>(
    _ signal: dk_signal, _ lane: Int, _ permutation: inout Bytes, _ factor: inout Numbers,
    _ addend: inout Numbers
  ) {
    withUnsafeMutableBytes(of: &permutation) { bytes in
      for byte in 0..<8 {
        let source = signal.isBigEndian != 0 ? 7 - byte : byte
        bytes[lane * 8 + byte] = UInt8(truncatingIfNeeded: Int(signal.offset) + source)
      }
    }
    withUnsafeMutableBytes(of: &factor) {
      $0.storeBytes(of: signal.factor, toByteOffset: lane * 8, as: Double.self)
    }
    withUnsafeMutableBytes(of: &addend) {
      $0.storeBytes(of: signal.addend, toByteOffset: lane * 8, as: Double.self)
    }
  }

  /// How far the word of a lane is shifted.
  private static func place<Shifts>(
    _ signal: dk_signal, _ lane: Int, _ left: inout Shifts, _ right: inout Shifts
  ) {
    withUnsafeMutableBytes(of: &left) { $0[lane] = signal.left }
    withUnsafeMutableBytes(of: &right) { $0[lane] = signal.right }
  }
}
