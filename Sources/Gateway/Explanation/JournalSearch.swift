internal import IndustrialModel

/// Looks for a tag's sample in a journal, and for what it was made of: at which entries. Keeps of each tag the last only.
final class JournalSearch: FlowWitness {
  /// A sample that was acquired, and which ones it was made of.
  final class Node {
    let tag: TagID
    let record: SampleBatch.Record
    /// The journal's record that ends its entry.
    let entry: UInt64
    /// Which of the tag's samples of the entry it is, from 0.
    let index: Int
    /// A formula's inputs at that moment, in the order of its slots.
    let inputs: [Node?]
    /// Whether it came of a window.
    let isResult: Bool
    /// Its number, once it is stored.
    var sequence: UInt64?

    init(
      _ record: SampleBatch.Record, entry: UInt64, index: Int, inputs: [Node?] = [],
      isResult: Bool = false
    ) {
      (tag, self.record, self.entry, self.index) = (record.tag, record, entry, index)
      (self.inputs, self.isResult) = (inputs, isResult)
    }

    func isSame(as other: SampleBatch.Record) -> Bool {
      record.time == other.time && record.gatewayTime == other.gatewayTime
        && record.monotonicTime == other.monotonicTime && record.bits == other.bits
        && record.kind == other.kind
    }
  }

  /// Those whose time is the one asked for: the last few.
  private(set) var exact: [Node] = []
  private(set) var exactCount = 0
  /// The stored one with the latest time before it.
  private(set) var before: Node?
  /// Those that the buffer has, by their numbers there.
  private(set) var known: [UInt64: Node] = [:]
  /// When the configurations began to hold, by the number of the first sample after it.
  private(set) var began: [UInt32: Timestamp] = [:]
  /// The journal's first and last entry by the gateway's clock.
  private(set) var span: ClosedRange<Timestamp>?

  let tags = TagRegistry()
  let looksBetweenMoments = false
  private let time: Timestamp
  private let wanted: [Sample]
  private var watched: WatchedTags
  private var latest: [TagID: Node] = [:]
  /// Of the tag asked about: those of which it is not known whether they are stored.
  private var unsettled: [Node] = []
  private var entry: UInt64 = 0
  private var version: UInt32 = 0
  private var entryTime = Timestamp(nanoseconds: 0)
  private static let limit = 16

  /// - Parameter wanted: Samples of the tag that the buffer has.
  init(_ name: String, at time: Timestamp, wanted: [Sample]) {
    (self.time, self.wanted) = (time, wanted)
    watched = WatchedTags(name, in: tags)
  }

  func configured(_ configuration: GatewayConfiguration, version: UInt32, isNewRun: Bool) {
    watched.configure(configuration)
    if isNewRun {
      latest = [:]
      unsettled = []
    }
    if version != self.version || began[version] == nil { began[version] = entryTime }
    self.version = version
  }

  func missed() {}

  func willTake(_ entry: JournalEntry, record: UInt64, at time: Timestamp) {
    (self.entry, entryTime) = (record, time)
    span.reach(time)
  }

  func willApply(_ stages: borrowing Stages, to moment: SampleBatch) {}
  func didApply(
    _ stages: borrowing Stages, to moment: SampleBatch, _ samples: SampleBatch, from first: Int
  ) {}

  func willReduce(_ stages: borrowing Stages, _ samples: SampleBatch, from first: Int) {
    var counts: [TagID: Int] = [:]
    for record in samples.records[first...] where watched.contains(record.tag) {
      let index = counts[record.tag, default: 0]
      counts[record.tag] = index + 1
      let inputs = watched.inputs[record.tag]?.map { latest[$0] } ?? []
      let node = Node(record, entry: entry, index: index, inputs: inputs)
      latest[record.tag] = node
      if record.tag == watched.tag { acquired(node) }
    }
  }

  func didStore(_ samples: SampleBatch, from first: Int) {
    var count = 0
    for record in samples.records[first...] where record.tag == watched.tag {
      if let place = unsettled.firstIndex(where: { $0.isSame(as: record) }) {
        stored(unsettled[place], record)
        unsettled.remove(at: place)
      } else {
        let node = Node(record, entry: entry, index: count, isResult: true)
        count += 1
        acquired(node)
        unsettled.removeLast()
        stored(node, record)
      }
    }
    // A door holds back none but the newest.
    if unsettled.count > 1 { unsettled.removeFirst(unsettled.count - 1) }
  }

  private func acquired(_ node: Node) {
    unsettled.append(node)
    guard node.record.time == time else { return }
    exactCount += 1
    exact.append(node)
    if exact.count > Self.limit { exact.removeFirst() }
  }

  private func stored(_ node: Node, _ record: SampleBatch.Record) {
    node.sequence = record.sequence
    for sample in wanted
    where sample.sourceTime == record.sourceTime && sample.gatewayTime == record.gatewayTime
      && sample.monotonicTime == record.monotonicTime
    {
      // Of several that look alike, the one with the buffer's own number.
      if known[sample.sequence]?.sequence != sample.sequence { known[sample.sequence] = node }
    }
    guard node.record.time < time else { return }
    if let before, before.record.time > node.record.time { return }
    before = node
  }
}
