internal import CDecodeKernels

/// The latest value of every signal: memory of the caller, filled by `FrameDecoder.decode(_:into:)`.
///
/// ```swift
/// var slots = decoder.makeSlots()
/// let rpm = decoder.slot(of: signal)
/// decoder.decode(batch, into: &slots)
/// print(slots.values[rpm], slots.time(of: rpm))
/// ```
///
/// Keep one copy: decoding into a value that shares its memory with another copies it first.
public struct SignalSlots: Sendable {
  let plan: DecodePlan
  /// The physical values by slot; not a number until a frame has brought one.
  public internal(set) var values: [Double]
  /// By section: when all its signals were decoded last.
  var states: [dk_state]
  /// By slot: times of their own for sections whose last frame was short.
  var ownTimes: [Int64]

  static let never = Int64.min

  init(_ plan: DecodePlan) {
    self.plan = plan
    values = Array(repeating: .nan, count: plan.signalCount)
    states = Array(repeating: dk_state(), count: plan.sectionCount)
    ownTimes = Array(repeating: Self.never, count: plan.signalCount)
  }

  /// When the value of a slot was on the bus, in nanoseconds since 1970; nil before there is one.
  public func time(of slot: Int) -> Int64? {
    let state = states[Int(plan.sectionOfSlot[slot])]
    if state.isMixed != 0 { return ownTimes[slot] == Self.never ? nil : ownTimes[slot] }
    return state.count == 0 ? nil : state.time
  }

  /// How many frames have brought a value for the slot's group of signals (its message, or the branch of its
  /// multiplexor); wraps after 2^32.
  public func frameCount(of slot: Int) -> Int {
    Int(states[Int(plan.sectionOfSlot[slot])].count)
  }

  /// Forgets all values and times.
  public mutating func reset() {
    for index in values.indices {
      values[index] = .nan
      ownTimes[index] = Self.never
    }
    for index in states.indices { states[index] = dk_state() }
  }
}

/// What a run over frames did.
public struct DecodeCounts: Sendable, Hashable {
  /// Frames that a message of the database describes.
  public var frames = 0
  /// Frames that none describes, remote frames and error frames.
  public var unmatched = 0
  /// Of `frames`, those shorter than the signals of their message.
  public var shortened = 0
  /// Signals decoded.
  public var signals = 0

  /// Nothing done.
  public init() {}
}
