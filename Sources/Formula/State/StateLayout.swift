/// Where each call of a function with memory keeps it, within the memory of the whole formula.
struct StateLayout: Sendable {
  /// The memory of one call.
  struct Site: Sendable {
    /// What the call looks like, and which of its kind it is: the same after an unrelated edit of the formula.
    var key: UInt64
    var offset: Int
    /// In 64-bit words.
    var size: Int
    /// Whether there is a word for each input of the formula behind the others: an edit elsewhere may change how many there are.
    var notesInputs = false

    /// How many words of an export are taken over that has so many; nil for one that is another call's.
    ///
    /// What was noted of inputs is left behind where it is not of as many. It is missing in exports of versions that noted
    /// nothing.
    func restored(of count: Int) -> Int? {
      if count == size { return size }
      return notesInputs && count >= StateMemory.window ? StateMemory.window : nil
    }
  }

  var sites: [Site] = []
  /// Where the memories of `stale` lie, which are told of every evaluation.
  var staleOffsets: [Int] = []
  /// In 64-bit words.
  var size = 0

  init() {}

  /// Gives each call in `exact` its memory and notes the number of its site in the call's step.
  init(_ exact: inout ExactCode, limits: FormulaLimits) throws(Complaint) {
    guard exact.instructions.contains(where: { $0.operation == .call && $0.function.isStateful })
    else { return }
    let keys = try ExpressionText.keys(exact)
    for index in exact.instructions.indices {
      let step = exact.instructions[index]
      guard step.operation == .call, step.function.isStateful else { continue }
      let window = try Self.window(step, at: index, in: exact, limits: limits)
      let site = Site(
        key: keys[index] ?? 0, offset: size,
        size: StatefulFunction.words(
          step.function, window: window, inputs: exact.inputs.count),
        notesInputs: step.function == .stale)
      if step.function == .stale { staleOffsets.append(site.offset) }
      size += site.size
      guard size * 8 <= limits.stateSize else {
        throw Complaint(
          .limit, "the functions with memory need more than \(limits.stateSize) bytes",
          at: Int(step.offset), length: Int(step.length))
      }
      exact.instructions[index].operand = UInt32(truncatingIfNeeded: sites.count)
      sites.append(site)
    }
  }

  /// The length of a call's window: a number, written as such, as the memory must be known in advance.
  private static func window(
    _ step: ExactInstruction, at index: Int, in exact: ExactCode, limits: FormulaLimits
  ) throws(Complaint) -> Int {
    guard step.function.hasWindow else { return 0 }
    guard step.count > 1 else { return 1 }
    let argument = exact.instructions[index - 1]
    let value = argument.operation == .constant ? exact.constants[Int(argument.operand)] : .nan
    guard value >= 1, value == value.rounded(.towardZero) else {
      throw Complaint(
        .notAllowed, "the length of a window must be written as a whole number from 1 on",
        at: Int(argument.offset), length: Int(argument.length))
    }
    guard value <= Double(limits.window) else {
      throw Complaint(
        .limit, "a window may have \(limits.window) samples", at: Int(argument.offset),
        length: Int(argument.length))
    }
    return Int(value)
  }
}
