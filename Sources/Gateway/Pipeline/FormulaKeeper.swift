internal import Formula
internal import IndustrialModel

/// Says when the memory of formulas is copied: every few seconds, and only when all samples that it is made of are durable.
/// So after a kill it may lack the last seconds, and never has what the buffer has not: a message that comes again is counted
/// once.
struct FormulaKeeper {
  private let memory: FormulaMemory?
  /// In nanoseconds.
  private let interval: Int64
  private var copied: Int64?
  /// Whether the lane has stored all that went through the stages.
  private var isStored = true
  private var isForgone = false

  /// With ticks as often as this, no change is older than twice the interval when it is copied.
  static let interval: Duration = .seconds(5)

  init(_ memory: FormulaMemory?, interval: Duration = Self.interval) {
    self.memory = memory
    self.interval = interval.clampedNanoseconds
  }

  /// Before samples are put through the stages that came at a time of the monotonic clock.
  mutating func begin(_ formulas: inout FormulaStage, at now: Int64) {
    let last = copied ?? now
    copied = last
    if isStored, formulas.hasChangedMemory, now.subtractingClamped(last) >= interval {
      keep(&formulas)
      copied = now
    }
    isStored = false
  }

  /// All samples that went through are stored before others come.
  mutating func end() { isStored = true }

  /// What was copied last stays the last: what came since is not all stored.
  mutating func forgo() { isForgone = true }

  /// Goes on for another keeper: what is lost to the buffer stays lost, whoever keeps the memory.
  mutating func inherit(from old: FormulaKeeper) { isForgone = isForgone || old.isForgone }

  /// Copies what there is to copy.
  func keep(_ formulas: inout FormulaStage) {
    guard !isForgone, let memory, formulas.hasChangedMemory else { return }
    memory.keep(formulas.takeMemory(), time: formulas.time.newest)
  }
}
