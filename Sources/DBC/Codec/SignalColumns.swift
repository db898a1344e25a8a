internal import CDecodeKernels

/// The signals of a batch of frames as columns: memory that is used again from batch to batch.
///
/// ```swift
/// let columns = decoder.decodeColumns(batch)
/// let speed = columns[decoder.slot(of: signal)]
/// for row in speed.indices where speed.isValid(row) { plot(speed.times[row], speed.values[row]) }
/// ```
public struct SignalColumns: Sendable {
  /// What the run over the batch did.
  public internal(set) var counts = DecodeCounts()

  let plan: DecodePlan
  /// By section: its rows in `times` and `frames`, and where the values of its first signal begin.
  var runs: [Run]
  var times: [Int64] = []
  var frames: [UInt32] = []
  var values: [Double] = []
  /// One byte a value, 0 where there is none; empty as long as all values are valid.
  var validity: [UInt8] = []
  var scratch = ColumnScratch()

  struct Run: Sendable {
    var firstRow = 0
    var rowCount = 0
    var firstValue = 0
  }

  init(_ plan: DecodePlan) {
    self.plan = plan
    runs = Array(repeating: Run(), count: plan.sectionCount)
  }

  /// The column of the signal in a slot.
  public subscript(slot: Int) -> SignalColumn {
    let section = Int(plan.sectionOfSlot[slot])
    let run = runs[section]
    let local = slot - Int(plan.plan.sections[section].firstSignal)
    let first = run.firstValue + local * run.rowCount
    return SignalColumn(
      times: times[run.firstRow..<(run.firstRow + run.rowCount)],
      frames: frames[run.firstRow..<(run.firstRow + run.rowCount)],
      values: values[first..<(first + run.rowCount)],
      validity: validity.isEmpty ? nil : validity[first..<(first + run.rowCount)])
  }
}

/// One signal over a batch: a row for each frame in which it was active, in the order of the frames.
public struct SignalColumn: Sendable, RandomAccessCollection {
  private let timeSlice: ArraySlice<Int64>
  private let frameSlice: ArraySlice<UInt32>
  private let valueSlice: ArraySlice<Double>
  private let validity: ArraySlice<UInt8>?

  init(
    times: ArraySlice<Int64>, frames: ArraySlice<UInt32>, values: ArraySlice<Double>,
    validity: ArraySlice<UInt8>?
  ) {
    timeSlice = times
    frameSlice = frames
    valueSlice = values
    self.validity = validity
  }

  /// One row.
  public struct Row: Sendable, Hashable {
    /// When the frame was on the bus, in nanoseconds since 1970.
    public let time: Int64
    /// The place of the frame in the batch.
    public let frame: Int
    /// The physical value; nil when the frame was too short for the signal, or when J1939 calls it not available.
    public let value: Double?
  }

  /// Always 0.
  public var startIndex: Int { 0 }

  /// The number of rows.
  public var endIndex: Int { valueSlice.count }

  /// The row at `position`.
  public subscript(position: Int) -> Row {
    Row(
      time: timeSlice[timeSlice.startIndex + position],
      frame: Int(frameSlice[frameSlice.startIndex + position]),
      value: isValid(position) ? valueSlice[valueSlice.startIndex + position] : nil)
  }

  /// When the frames were on the bus, in nanoseconds since 1970, a row each.
  public var times: ArraySlice<Int64> { timeSlice }

  /// The places of the frames in the batch, a row each.
  public var frames: ArraySlice<UInt32> { frameSlice }

  /// The physical values, a row each; not a number where a row is not valid.
  public var values: ArraySlice<Double> { valueSlice }

  /// Whether all rows have a value.
  public var isAllValid: Bool { validity?.allSatisfy { $0 != 0 } ?? true }

  /// Whether the row has a value: the frame was long enough, and J1939 does not call it not available.
  public func isValid(_ row: Int) -> Bool {
    validity.map { $0[$0.startIndex + row] != 0 } ?? true
  }
}
