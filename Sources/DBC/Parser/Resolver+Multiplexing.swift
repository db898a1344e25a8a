extension Resolver {
  /// The most multiplexors within one another that a decoder follows.
  static let maximumDepth = 32

  mutating func resolveMultiplexing() {
    resolveSelectorRanges()
    for message in content.messages where message.signals.count > 0 {
      findMultiplexors(message)
    }
  }

  /// `SG_MUL_VAL_`: which multiplexor selects a signal, and by which values. Several statements for one signal
  /// add up.
  private mutating func resolveSelectorRanges() {
    guard !pending.selectorRanges.isEmpty else { return }
    var entries: [(signal: Int, order: Int)] = []
    for (order, entry) in pending.selectorRanges.enumerated() {
      let signal = resolve(entry.target)
      if signal >= 0 { entries.append((signal, order)) }
    }
    entries.sort { ($0.signal, $0.order) < ($1.signal, $1.order) }
    var ranges: [SelectorRange] = []
    ranges.reserveCapacity(content.selectorRanges.count)
    var index = 0
    while index < entries.count {
      let signal = entries[index].signal
      let first = ranges.count
      let record = content.signals[signal]
      let identifier = content.messages[Int(record.message)].declaredIdentifier
      let start = index
      while index < entries.count, entries[index].signal == signal {
        let entry = pending.selectorRanges[entries[index].order]
        let name = entry.multiplexor
        let multiplexor = findSignal(identifier, name, scanner.hash(name))
        // Of two messages with one identifier, the other one's multiplexor is none of ours.
        if multiplexor < 0 || content.signals[multiplexor].message != record.message
          || !content.signals[multiplexor].flags.contains(.multiplexor)
        {
          log.add(
            name.start, .error, .multiplexorUnknown,
            "\(text(name)) is no multiplexor of message "
              + "\(text(content.messages[Int(record.message)].name)); signal \(text(record.name)) "
              + "is never active by it")
          content.signals[signal].flags.insert(.unreachable)
        } else if index > start, content.signals[signal].multiplexor >= 0,
          Int(content.signals[signal].multiplexor) != multiplexor
        {
          log.add(
            name.start, .error, .multiplexorAmbiguous,
            "signal \(text(record.name)) has another multiplexor already; the first holds")
          index += 1
          continue
        } else {
          content.signals[signal].multiplexor = Int32(truncatingIfNeeded: multiplexor)
        }
        ranges.append(contentsOf: content.selectorRanges[entry.ranges.range])
        index += 1
      }
      content.signals[signal].flags.insert(.multiplexed)
      content.signals[signal].selectorRanges = IndexRange(
        first: Int32(truncatingIfNeeded: first),
        count: Int32(truncatingIfNeeded: ranges.count - first))
      if ranges.count == first { content.signals[signal].flags.insert(.unreachable) }
    }
    content.selectorRanges = ranges
  }

  private mutating func findMultiplexors(_ message: MessageRecord) {
    var multiplexors = 0
    var roots = 0
    var multiplexed = 0
    var lastMultiplexor = -1
    var lastRoot = -1
    content.signals.withUnsafeBufferPointer { signals in
      for index in message.signals.range {
        let flags = signals[index].flags
        if flags.contains(.multiplexed) { multiplexed += 1 }
        guard flags.contains(.multiplexor) else { continue }
        multiplexors += 1
        lastMultiplexor = index
        if !flags.contains(.multiplexed) {
          roots += 1
          lastRoot = index
        }
      }
    }
    guard multiplexed > 0 else { return }
    for index in message.signals.range {
      let record = content.signals[index]
      guard record.flags.contains(.multiplexed), record.multiplexor < 0,
        !record.flags.contains(.unreachable)
      else { continue }
      if roots == 1 {
        content.signals[index].multiplexor = Int32(truncatingIfNeeded: lastRoot)
      } else if roots == 0, multiplexors == 1, lastMultiplexor != index {
        content.signals[index].multiplexor = Int32(truncatingIfNeeded: lastMultiplexor)
      } else {
        content.signals[index].flags.insert(.unreachable)
        if multiplexors == 0 {
          log.add(
            record.name.start, .error, .multiplexorMissing,
            "signal \(text(record.name)) is multiplexed and message \(text(message.name)) has no "
              + "multiplexor (M); the signal is never active")
        } else {
          log.add(
            record.name.start, .error, .multiplexorAmbiguous,
            "message \(text(message.name)) has \(multiplexors) multiplexors and no SG_MUL_VAL_ "
              + "says which selects signal \(text(record.name)); the signal is never active")
        }
      }
    }
    findCycles(message)
  }

  /// Follows each signal's multiplexors to a root; whoever does not get there is never active.
  private mutating func findCycles(_ message: MessageRecord) {
    let range = message.signals.range
    // 0 unknown, 1 on the way, 2 reachable, 3 not; and the number of multiplexors above.
    var states = [UInt8](repeating: 0, count: range.count)
    var depths = [Int](repeating: 0, count: range.count)
    var path: [Int] = []
    for start in range where states[start - range.lowerBound] == 0 {
      path.removeAll(keepingCapacity: true)
      var index = start
      var state: UInt8 = 0
      var depth = 0
      while true {
        let local = index - range.lowerBound
        guard states[local] == 0 else {
          if states[local] == 1 {
            state = 3
            let name = content.signals[index].name
            log.add(
              name.start, .error, .multiplexorCycle,
              "signal \(text(name)) selects itself, directly or through others; it and what it "
                + "selects are never active")
          } else {
            state = states[local]
            depth = depths[local]
          }
          break
        }
        if content.signals[index].flags.contains(.unreachable) {
          states[local] = 3
          state = 3
          break
        }
        let next = Int(content.signals[index].multiplexor)
        if next < 0 {
          states[local] = 2
          state = 2
          break
        }
        states[local] = 1
        path.append(index)
        index = next
      }
      for member in path.reversed() {
        depth += 1
        if state == 2, depth > Self.maximumDepth {
          state = 3
          let name = content.signals[member].name
          log.add(
            name.start, .error, .multiplexorDepth,
            "signal \(text(name)) stands below more than \(Self.maximumDepth) multiplexors; it is "
              + "never active")
        }
        states[member - range.lowerBound] = state
        depths[member - range.lowerBound] = depth
        if state == 3 { content.signals[member].flags.insert(.unreachable) }
      }
    }
  }
}
