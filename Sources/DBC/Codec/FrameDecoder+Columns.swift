internal import CDecodeKernels

extension FrameDecoder {
  /// Empty columns, to be filled batch after batch.
  public func makeColumns() -> SignalColumns { SignalColumns(plan) }

  /// Decodes a batch into columns: one a signal, with a row for each frame in which the signal was active.
  ///
  /// Frames are sorted by message first, so that traffic in any order costs the same.
  public func decodeColumns(_ frames: CANFrameBatch) -> SignalColumns {
    var columns = makeColumns()
    decode(frames, into: &columns)
    return columns
  }

  /// As `decodeColumns`, in memory that is used again; what it held before is gone. Allocates only to grow.
  @discardableResult
  public func decode(
    _ frames: CANFrameBatch, into columns: inout SignalColumns
  ) -> DecodeCounts {
    decode(frames, into: &columns, by: .best)
  }

  @discardableResult
  func decode(
    _ frames: CANFrameBatch, into columns: inout SignalColumns, by kernel: ColumnKernel
  ) -> DecodeCounts {
    precondition(columns.plan === plan, "the columns belong to another decoder")
    columns.counts = DecodeCounts()
    for index in columns.runs.indices { columns.runs[index] = SignalColumns.Run() }
    columns.validity.removeAll(keepingCapacity: true)
    frames.headers.withUnsafeBufferPointer { headers in
      frames.words.withUnsafeBufferPointer { words in
        guard let headers = headers.baseAddress, let words = words.baseAddress else { return }
        var builder = ColumnBuilder(
          owner: plan, plan: plan.plan, kernel: kernel, columns: columns)
        // The builder holds the only copy while it works, so that nothing is copied on write.
        columns = SignalColumns(plan, empty: ())
        builder.build(headers, words, frames.count)
        columns = builder.columns
      }
    }
    return columns.counts
  }
}

extension SignalColumns {
  /// A stand-in without memory.
  fileprivate init(_ plan: DecodePlan, empty: Void) {
    self.plan = plan
    runs = []
  }
}

/// The memory that scattering writes to and reads from.
private struct RowMemory {
  let messages: UnsafeMutablePointer<Int32>
  let counts: UnsafeMutablePointer<Int32>
  let wordStarts: UnsafeMutablePointer<Int>
  let runs: UnsafeMutablePointer<SignalColumns.Run>
  let times: UnsafeMutablePointer<Int64>
  let frames: UnsafeMutablePointer<UInt32>
  let lengths: UnsafeMutablePointer<UInt8>
  let words: UnsafeMutablePointer<UInt64>
}

extension SignalColumns {
  /// Calls `body` unless there are no rows.
  fileprivate mutating func withRows(_ body: (RowMemory) -> Void) {
    var work = ColumnScratch()
    swap(&work, &scratch)
    work.messages.withUnsafeMutableBufferPointer { messages in
      work.counts.withUnsafeMutableBufferPointer { counts in
        work.wordStarts.withUnsafeMutableBufferPointer { starts in
          work.lengths.withUnsafeMutableBufferPointer { lengths in
            work.words.withUnsafeMutableBufferPointer { words in
              runs.withUnsafeMutableBufferPointer { runs in
                times.withUnsafeMutableBufferPointer { times in
                  frames.withUnsafeMutableBufferPointer { frames in
                    guard let messages = messages.baseAddress, let counts = counts.baseAddress,
                      let starts = starts.baseAddress, let lengths = lengths.baseAddress,
                      let words = words.baseAddress, let runs = runs.baseAddress,
                      let times = times.baseAddress, let frames = frames.baseAddress
                    else { return }
                    body(
                      RowMemory(
                        messages: messages, counts: counts, wordStarts: starts, runs: runs,
                        times: times, frames: frames, lengths: lengths, words: words))
                  }
                }
              }
            }
          }
        }
      }
    }
    swap(&work, &scratch)
  }
}

private struct ColumnBuilder {
  let owner: DecodePlan
  let plan: dk_plan
  let kernel: ColumnKernel
  var columns: SignalColumns
  var rowEnd = 0
  var valueEnd = 0
  var wordEnd = 0

  typealias Header = CANFrameBatch.Header

  init(owner: DecodePlan, plan: dk_plan, kernel: ColumnKernel, columns: SignalColumns) {
    self.owner = owner
    self.plan = plan
    self.kernel = kernel
    self.columns = columns
  }

  mutating func build(
    _ headers: UnsafePointer<Header>, _ words: UnsafePointer<UInt64>, _ count: Int
  ) {
    countRows(headers, count)
    placeRows()
    scatter(headers, words, count)
    for message in 0..<owner.messageCount where columns.scratch.counts[message] > 0 {
      let record = plan.messages[message]
      decodeSection(
        Int(record.section), wordsAt: columns.scratch.wordStarts[message],
        wordCount: Int(record.wordCount))
    }
    if columns.counts.shortened > 0 { markShort() }
    // Branches that opened after the last mark have values too.
    if !columns.validity.isEmpty { columns.validity.grow(to: valueEnd, filling: 1) }
  }

  /// How many frames each message has.
  private mutating func countRows(_ headers: UnsafePointer<Header>, _ count: Int) {
    let messageCount = owner.messageCount
    columns.scratch.messages.grow(to: count, filling: -1)
    columns.scratch.counts.removeAll(keepingCapacity: true)
    columns.scratch.counts.grow(to: max(1, messageCount), filling: 0)
    columns.scratch.sectionWords.grow(to: owner.sectionCount, filling: -1)
    columns.scratch.cursors.grow(to: owner.sectionCount, filling: 0)
    let skipped: CANFlags = [.remote, .error]
    var unmatched = 0
    columns.scratch.messages.withUnsafeMutableBufferPointer { messages in
      columns.scratch.counts.withUnsafeMutableBufferPointer { counts in
        guard let messages = messages.baseAddress, let counts = counts.baseAddress else { return }
        var index = 0
        while index < count {
          var message = owner.message(headers[index].identifier.rawValue)
          if !headers[index].flags.isDisjoint(with: skipped) { message = -1 }
          messages[index] = Int32(truncatingIfNeeded: message)
          if message >= 0 { counts[message] &+= 1 } else { unmatched &+= 1 }
          index &+= 1
        }
      }
    }
    columns.counts.unmatched = unmatched
    columns.counts.frames = count - unmatched
  }

  /// Gives each message its rows, and each root section its values.
  private mutating func placeRows() {
    columns.scratch.wordStarts.removeAll(keepingCapacity: true)
    for message in 0..<owner.messageCount {
      let rowCount = Int(columns.scratch.counts[message])
      columns.scratch.wordStarts.append(wordEnd)
      guard rowCount > 0 else { continue }
      let record = plan.messages[message]
      openRun(Int(record.section), rowCount)
      wordEnd += rowCount * Int(record.wordCount)
    }
    growRows()
  }

  private mutating func openRun(_ section: Int, _ rowCount: Int) {
    columns.runs[section] = SignalColumns.Run(
      firstRow: rowEnd, rowCount: rowCount, firstValue: valueEnd)
    rowEnd += rowCount
    valueEnd += rowCount * Int(plan.sections[section].signalCount)
    columns.counts.signals += rowCount * Int(plan.sections[section].signalCount)
  }

  private mutating func growRows() {
    columns.times.grow(to: rowEnd, filling: 0)
    columns.frames.grow(to: rowEnd, filling: 0)
    columns.values.grow(to: valueEnd, filling: 0)
    columns.scratch.words.grow(to: wordEnd, filling: 0)
    columns.scratch.lengths.grow(to: rowEnd, filling: 0)
  }

  /// Moves times and payloads to the rows of their messages.
  private mutating func scatter(
    _ headers: UnsafePointer<Header>, _ source: UnsafePointer<UInt64>, _ count: Int
  ) {
    let plan = self.plan
    var shortened = 0
    columns.scratch.words.grow(to: 1, filling: 0)
    columns.withRows { rows in
      for index in 0..<count {
        let message = Int(rows.messages[index])
        guard message >= 0 else { continue }
        let record = plan.messages + message
        let run = rows.runs + Int(record.pointee.section)
        let rowCount = run.pointee.rowCount
        // The counts of rows to come count down to the row at hand.
        let row = rowCount &- Int(rows.counts[message])
        rows.counts[message] &-= 1
        let target = run.pointee.firstRow &+ row
        rows.times[target] = headers[index].time
        rows.frames[target] = UInt32(truncatingIfNeeded: index)
        rows.lengths[target] = headers[index].count
        let wanted = Int(record.pointee.wordCount)
        let first = source + Int(headers[index].firstWord)
        var position = rows.wordStarts[message] &+ row
        var present = wanted
        if UInt16(headers[index].count) < record.pointee.fullCount {
          present = min(wanted, (Int(headers[index].count) &+ 7) / 8)
          shortened &+= 1
        }
        var word = 0
        while word < wanted {
          rows.words[position] = word < present ? first[word] : 0
          position &+= rowCount
          word &+= 1
        }
      }
    }
    // Restore the counts, which the loop counted down.
    for message in 0..<owner.messageCount {
      columns.scratch.counts[message] = Int32(
        truncatingIfNeeded: columns.runs[Int(plan.messages[message].section)].rowCount)
    }
    columns.counts.shortened = shortened
  }

  // MARK: Columns

  private mutating func decodeSection(_ index: Int, wordsAt start: Int, wordCount: Int) {
    let section = plan.sections[index]
    let run = columns.runs[index]
    decodeColumns(section, run, start)
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch + section.switchCount) {
      decodeSwitch(plan.switches[position], in: index, start, wordCount)
    }
  }

  private mutating func decodeColumns(
    _ section: dk_section, _ run: SignalColumns.Run, _ start: Int
  ) {
    guard section.signalCount > 0 else { return }
    let signals = plan.signals + Int(section.firstSignal)
    let kernel = self.kernel
    let words = columns.scratch.words
    columns.values.withUnsafeMutableBufferPointer { values in
      words.withUnsafeBufferPointer { words in
        guard let values = values.baseAddress, let words = words.baseAddress else { return }
        kernel.decode(
          signals, Int(section.signalCount), words + start, run.rowCount, values + run.firstValue)
      }
    }
    // J1939 signals stand behind those of the four plain runs.
    for local in Int(section.runEnds.3)..<max(Int(section.runEnds.3), Int(section.signalCount))
    where signals[local].sentinelBits != 0 {
      markUnavailable(
        signals[local], words, start, run.rowCount, run.firstValue + local * run.rowCount)
    }
  }

  /// Takes out what J1939 reserves for "not available" and "error".
  private mutating func markUnavailable(
    _ signal: dk_signal, _ words: [UInt64], _ start: Int, _ rowCount: Int, _ firstValue: Int
  ) {
    columns.validity.grow(to: valueEnd, filling: 1)
    words.withUnsafeBufferPointer { words in
      guard let base = words.baseAddress else { return }
      let column = WordColumn(signal, base + start, rowCount)
      for row in 0..<rowCount where signal.status(column.aligned(row)) != .valid {
        columns.values[firstValue + row] = .nan
        columns.validity[firstValue + row] = 0
      }
    }
  }

  // MARK: Branches

  /// Sorts the rows of a section by the branches that the selector opens, and decodes each branch.
  private mutating func decodeSwitch(
    _ selection: dk_switch, in parent: Int, _ start: Int, _ wordCount: Int
  ) {
    let firstOpened = columns.scratch.openedSections.count
    findOpened(selection, parent, start)
    let endOpened = columns.scratch.openedSections.count
    for place in firstOpened..<endOpened {
      let section = Int(columns.scratch.openedSections[place])
      let rowCount = columns.runs[section].rowCount
      openRun(section, rowCount)
      columns.scratch.sectionWords[section] = wordEnd
      columns.scratch.cursors[section] = 0
      wordEnd += rowCount * wordCount
    }
    if endOpened > firstOpened {
      growRows()
      copyRows(parent, start, wordCount)
    }
    // What is read from here on: the pairs are free for the switches of the branches.
    for place in firstOpened..<endOpened {
      let section = Int(columns.scratch.openedSections[place])
      decodeSection(
        section, wordsAt: columns.scratch.sectionWords[section], wordCount: wordCount)
    }
    columns.scratch.openedSections.removeLast(endOpened - firstOpened)
  }

  /// Lists each row with each section that its selector opens, the sections, and counts the rows of each.
  private mutating func findOpened(_ selection: dk_switch, _ parent: Int, _ start: Int) {
    let selector = plan.signals[Int(selection.signal)]
    let run = columns.runs[parent]
    let owner = self.owner
    let entries = plan.entries + Int(selection.firstEntry)
    var scratch = ColumnScratch()
    swap(&scratch, &columns.scratch)
    scratch.openedRows.removeAll(keepingCapacity: true)
    scratch.openedBy.removeAll(keepingCapacity: true)
    columns.runs.withUnsafeMutableBufferPointer { runs in
      func open(_ section: Int, _ row: Int) {
        if runs[section].rowCount == 0 {
          scratch.openedSections.append(Int32(truncatingIfNeeded: section))
        }
        runs[section].rowCount &+= 1
        scratch.openedRows.append(UInt32(truncatingIfNeeded: row))
        scratch.openedBy.append(Int32(truncatingIfNeeded: section))
      }
      let lengths = scratch.lengths
      let words = scratch.words
      words.withUnsafeBufferPointer { words in
        lengths.withUnsafeBufferPointer { lengths in
          guard let base = words.baseAddress else { return }
          let column = WordColumn(selector, base + start, run.rowCount)
          for row in 0..<run.rowCount where UInt16(lengths[run.firstRow + row]) >= selector.endByte
          {
            if selection.entryCount > 0 {
              let section = Int(entries[Int(truncatingIfNeeded: column.bits(row))])
              if section >= 0 { open(section, row) }
            } else {
              owner.forEachActiveSection(selection, column.bits(row)) { open($0, row) }
            }
          }
        }
      }
    }
    swap(&scratch, &columns.scratch)
  }

  /// Copies the listed rows to the runs of their sections.
  private mutating func copyRows(_ parent: Int, _ start: Int, _ wordCount: Int) {
    let parentRun = columns.runs[parent]
    var scratch = ColumnScratch()
    swap(&scratch, &columns.scratch)
    let runs = columns.runs
    columns.times.withUnsafeMutableBufferPointer { times in
      columns.frames.withUnsafeMutableBufferPointer { frames in
        for pair in scratch.openedRows.indices {
          let row = Int(scratch.openedRows[pair])
          let section = Int(scratch.openedBy[pair])
          let run = runs[section]
          let target = Int(scratch.cursors[section])
          scratch.cursors[section] &+= 1
          times[run.firstRow + target] = times[parentRun.firstRow + row]
          frames[run.firstRow + target] = frames[parentRun.firstRow + row]
          scratch.lengths[run.firstRow + target] = scratch.lengths[parentRun.firstRow + row]
          var source = start + row
          var place = scratch.sectionWords[section] + target
          for _ in 0..<wordCount {
            scratch.words[place] = scratch.words[source]
            source += parentRun.rowCount
            place += run.rowCount
          }
        }
      }
    }
    swap(&scratch, &columns.scratch)
  }

  // MARK: Short frames

  /// Takes back the values of rows whose frames lack bytes.
  private mutating func markShort() {
    columns.validity.grow(to: valueEnd, filling: 1)
    for (index, run) in columns.runs.enumerated() where run.rowCount > 0 {
      let section = plan.sections[index]
      for local in 0..<Int(section.signalCount) {
        let endByte = plan.signals[Int(section.firstSignal) + local].endByte
        for row in 0..<run.rowCount
        where UInt16(columns.scratch.lengths[run.firstRow + row]) < endByte {
          let position = run.firstValue + local * run.rowCount + row
          columns.values[position] = .nan
          columns.validity[position] = 0
          columns.counts.signals -= 1
        }
      }
    }
  }
}
