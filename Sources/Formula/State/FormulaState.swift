/// What the functions with memory of one formula remember: totals, windows, last values.
///
/// It is a value: copy it to keep a moment, export it to survive a restart. A formula without such functions has
/// an empty one.
///
/// ```
/// var state = formula.makeState()
/// formula.evaluate(slots, state: &state, at: sample.time)
/// try file.write(state.bytes)
/// // after the restart, the formula perhaps edited
/// let (state, restored) = try formula.makeState(from: bytes)
/// ```
public struct FormulaState: Sendable, Hashable {
  var words: [UInt64]
  let keys: [UInt64]
  let sizes: [Int]

  init(_ layout: StateLayout) {
    words = [UInt64](repeating: 0, count: layout.size)
    keys = layout.sites.map(\.key)
    sizes = layout.sites.map(\.size)
  }

  /// How many calls of functions with memory there are.
  public var callCount: Int { keys.count }

  /// The memory in a form that outlives the program; ``CompiledFormula/makeState(from:)`` reads it.
  ///
  /// The form is version 1: the mark `IIOTFST1`, the number of calls, for each call its key, its length and its
  /// words, then a check word; all 64 bits, little-endian.
  public var bytes: [UInt8] {
    var writer = StateBytes.Writer()
    writer.append(UInt64(keys.count))
    var offset = 0
    for (key, size) in zip(keys, sizes) {
      writer.append(key)
      writer.append(UInt64(size))
      for word in words[offset..<(offset + size)] { writer.append(word) }
      offset += size
    }
    return writer.finish()
  }
}

extension CompiledFormula {
  /// Whether the formula has functions with memory, so that its results depend on the samples before.
  public var isStateful: Bool { !program.layout.sites.isEmpty }

  /// Memory that remembers nothing yet.
  public func makeState() -> FormulaState { FormulaState(program.layout) }

  /// Memory from exported bytes, of this formula or of another edition of it.
  ///
  /// A call finds its memory by its text and, among equal calls, by its order: edits elsewhere in the formula
  /// leave it its memory, a changed call starts anew.
  /// - Returns: The memory, and how many of this formula's calls found theirs.
  /// - Throws: ``FormulaError`` (``FormulaError/Code/state``) if the bytes are damaged or no exported memory.
  public func makeState(
    from bytes: [UInt8]
  ) throws(FormulaError) -> (state: FormulaState, restoredCalls: Int) {
    var state = makeState()
    do throws(Complaint) {
      var reader = try StateBytes.Reader(bytes)
      var restored = 0
      let calls = try reader.next()
      for _ in 0..<calls {
        let key = try reader.next()
        let words = try reader.words(reader.next())
        for site in program.layout.sites where site.key == key {
          guard let count = site.restored(of: words.count) else { continue }
          state.words.replaceSubrange(
            site.offset..<(site.offset + count), with: words.prefix(count))
          restored += 1
          break
        }
      }
      try reader.finish()
      return (state, restored)
    } catch {
      throw FormulaError(error, in: "")
    }
  }
}
