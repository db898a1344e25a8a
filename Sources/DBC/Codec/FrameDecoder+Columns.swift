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
    decode(frames, into: &columns, vectors: Self.hasVectors)
  }

  @discardableResult
  func decode(
    _ frames: CANFrameBatch, into columns: inout SignalColumns, vectors: Bool
  ) -> DecodeCounts {
    precondition(columns.plan === plan, "the columns belong to another decoder")
    columns.counts = DecodeCounts()
    for index in columns.runs.indices { columns.runs[index] = SignalColumns.Run() }
    columns.validity.removeAll(keepingCapacity: true)
    frames.headers.withUnsafeBufferPointer { headers in
      frames.words.withUnsafeBufferPointer { words in
        guard let headers = headers.baseAddress, let words = words.baseAddress else { return }
        var builder = ColumnBuilder(
          owner: plan, plan: plan.plan, vectors: vectors, columns: columns)
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
  let vectors: Bool
  var columns: SignalColumns
  var rowEnd = 0
  var valueEnd = 0
  var wordEnd = 0

  typealias Header = CANFrameBatch.Header

  init(owner: DecodePlan, plan: dk_plan, vectors: Bool, columns: SignalColumns) {
    self.owner = owner
    self.plan = plan
    self.vectors = vectors
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
    for local in 0..<Int(section.signalCount) {
      decodeColumn(
        plan.signals[Int(section.firstSignal) + local], start, wordCount, run.rowCount,
        run.firstValue + local * run.rowCount)
    }
    for position in Int(section.firstSwitch)..<Int(section.firstSwitch + section.switchCount) {
      decodeSwitch(plan.switches[position], in: index, start, wordCount)
    }
  }

  private mutating func decodeColumn(
    _ signal: dk_signal, _ start: Int, _ wordCount: Int, _ rowCount: Int, _ firstValue: Int
  ) {
    let words = columns.scratch.words
    columns.values.withUnsafeMutableBufferPointer { values in
      words.withUnsafeBufferPointer { words in
        guard let values = values.baseAddress, let words = words.baseAddress else { return }
        let column = WordColumn(signal, words + start, rowCount)
        column.decode(rowCount, values + firstValue, vectors: vectors)
      }
    }
    if signal.sentinelBits != 0 { markUnavailable(signal, words, start, rowCount, firstValue) }
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

  /// Sorts the rows of a section by the branch that the selector opens, and decodes each branch.
  private mutating func decodeSwitch(
    _ selection: dk_switch, in parent: Int, _ start: Int, _ wordCount: Int
  ) {
    let ranges = Int(selection.firstRange)..<Int(selection.firstRange + selection.rangeCount)
    if selection.isOverlapping != 0 {
      // A row may open several branches: each takes its turn.
      for range in ranges {
        let section = Int(plan.ranges[range].section)
        guard columns.runs[section].rowCount == 0 else { continue }
        markOpened(selection, parent, start, only: section)
        decodeBranches(range..<(range + 1), parent, start, wordCount)
      }
    } else {
      markOpened(selection, parent, start, only: -1)
      decodeBranches(ranges, parent, start, wordCount)
    }
  }

  /// Notes for each row which section its selector opens, and counts the rows of each section.
  private mutating func markOpened(
    _ selection: dk_switch, _ parent: Int, _ start: Int, only: Int
  ) {
    let selector = plan.signals[Int(selection.signal)]
    let run = columns.runs[parent]
    let owner = self.owner
    columns.scratch.opened.grow(to: run.rowCount, filling: -1)
    // The array of marks is taken out while it is written, so that the others can be read beside it.
    var marks: [Int32] = []
    swap(&marks, &columns.scratch.opened)
    let scratch = columns.scratch
    marks.withUnsafeMutableBufferPointer { opened in
      scratch.words.withUnsafeBufferPointer { words in
        scratch.lengths.withUnsafeBufferPointer { lengths in
          columns.runs.withUnsafeMutableBufferPointer { runs in
            guard let base = words.baseAddress else { return }
            let column = WordColumn(selector, base + start, run.rowCount)
            for row in 0..<run.rowCount {
              opened[row] = -1
              guard UInt16(lengths[run.firstRow + row]) >= selector.endByte else { continue }
              owner.forEachActiveSection(selection, column.bits(row)) {
                guard only < 0 || only == $0 else { return }
                opened[row] = Int32(truncatingIfNeeded: $0)
                runs[$0].rowCount += 1
              }
            }
          }
        }
      }
    }
    swap(&marks, &columns.scratch.opened)
  }

  /// Copies the marked rows to runs of their own, and decodes those.
  private mutating func decodeBranches(
    _ ranges: Range<Int>, _ parent: Int, _ start: Int, _ wordCount: Int
  ) {
    let parentRun = columns.runs[parent]
    let firstWord = wordEnd
    for range in ranges {
      let section = Int(plan.ranges[range].section)
      let rowCount = columns.runs[section].rowCount
      // A section with several ranges comes up more than once; its words are placed the first time.
      guard rowCount > 0, columns.scratch.sectionWords[section] < 0 else { continue }
      openRun(section, rowCount)
      columns.scratch.sectionWords[section] = wordEnd
      columns.scratch.cursors[section] = 0
      wordEnd += rowCount * wordCount
    }
    guard wordEnd > firstWord || wordCount == 0 else { return }
    growRows()
    for row in 0..<parentRun.rowCount {
      let section = Int(columns.scratch.opened[row])
      guard section >= 0 else { continue }
      let run = columns.runs[section]
      let target = Int(columns.scratch.cursors[section])
      columns.scratch.cursors[section] += 1
      columns.times[run.firstRow + target] = columns.times[parentRun.firstRow + row]
      columns.frames[run.firstRow + target] = columns.frames[parentRun.firstRow + row]
      columns.scratch.lengths[run.firstRow + target] =
        columns.scratch.lengths[parentRun.firstRow + row]
      let base = columns.scratch.sectionWords[section]
      for word in 0..<wordCount {
        columns.scratch.words[base + word * run.rowCount + target] =
          columns.scratch.words[start + word * parentRun.rowCount + row]
      }
    }
    for range in ranges {
      let section = Int(plan.ranges[range].section)
      let base = columns.scratch.sectionWords[section]
      guard base >= 0 else { continue }
      columns.scratch.sectionWords[section] = -1
      decodeSection(section, wordsAt: base, wordCount: wordCount)
    }
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
