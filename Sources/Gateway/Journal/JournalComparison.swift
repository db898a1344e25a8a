public import IndustrialModel

/// What would have been stored otherwise with another configuration, by a journal: see `iiotctl gateway diff --journal`.
public struct JournalComparison: Sendable {
  /// What is different of one tag.
  public struct Tag: Sendable {
    /// Two samples of the same time; nil where one of the configurations stores none.
    public struct Example: Sendable, Equatable {
      /// The device's time, else the gateway's.
      public var time: Timestamp
      /// The value under the old configuration.
      public var old: Value?
      /// The value under the new configuration.
      public var new: Value?
    }

    /// Its path.
    public var name: String
    /// So many samples the old configuration stores.
    public var oldCount = 0
    /// So many samples the new configuration stores.
    public var newCount = 0
    /// So many samples have another value or quality, or are stored by one of them only.
    public var differing = 0
    /// Between two numbers of the same time, in the tag's unit; nil where no two are different.
    public var largestDifference: Double?
    /// The first that is different; nil where none is.
    public var first: Example?
  }

  /// What a configuration costs.
  public struct Load: Sendable, Equatable {
    /// Samples that are stored.
    public var samples = 0
    /// Bytes of these in the buffer, without what the store adds to a record.
    public var bytes = 0
    /// Requests a second to Modbus devices; 0 where there are none.
    public var requestRate = 0.0
  }

  /// The tags that are different, by their paths.
  public private(set) var tags: [Tag] = []
  /// What the old configuration costs.
  public private(set) var old = Load()
  /// What the new configuration costs.
  public private(set) var new = Load()
  /// From the first event of the journal to the last.
  public private(set) var span: Duration = .zero
  /// What the journal can't answer, of the old and the new configuration.
  public private(set) var findings: [String] = []

  /// Replays a journal with both configurations. Samples are the same ones when tag and time are.
  ///
  /// - Parameters:
  ///   - folder: The journal.
  ///   - old: One configuration.
  ///   - new: The other.
  /// - Throws: `JournalError` or `ConfigurationError`.
  public init(
    folder: String, from old: GatewayConfiguration, to new: GatewayConfiguration
  ) throws {
    // One table of names, so that tags have the same numbers on both sides.
    let names = TagRegistry()
    var sides = Sides()
    var before = try JournalReplay(folder: folder, configuration: old, tags: names)
    var after = try JournalReplay(folder: folder, configuration: new, tags: names)
    while true {
      // As far in both, so that little waits for the other side.
      let (first, second) = (
        try before.next(entries: Self.step), try after.next(entries: Self.step)
      )
      if first == nil, second == nil { break }
      if let first { Self.add(first, names, to: &self.old) }
      if let second { Self.add(second, names, to: &self.new) }
      sides.take(first, second)
    }
    sides.finish()
    for (number, tag) in sides.tags.enumerated() where tag.differing > 0 {
      var tag = tag
      tag.name = names.name(of: TagID(rawValue: UInt32(number)))
      tags.append(tag)
    }
    tags.sort { $0.name < $1.name }
    span = before.span
    findings = before.findings.map { "old: \($0)" } + after.findings.map { "new: \($0)" }
    self.old.requestRate = try Self.requestRate(of: old)
    self.new.requestRate = try Self.requestRate(of: new)
  }

  private static let step = 1024

  private static func add(_ samples: SampleBatch, _ names: TagRegistry, to load: inout Load) {
    var block: [UInt8] = []
    if !samples.isEmpty { SampleCodec.encode(samples, names: names.names, into: &block) }
    load.samples += samples.count
    load.bytes += block.count
  }

  private static func requestRate(
    of configuration: GatewayConfiguration
  ) throws(ConfigurationError) -> Double {
    try configuration.readSchedules().flatMap(\.rounds).reduce(0) {
      $0 + Double($1.cost.requests) / ($1.every / .seconds(1))
    }
  }
}

/// The samples of two replays that wait for those of the same tag and time on the other side.
private struct Sides {
  private struct Entry {
    var time: Timestamp
    var value: Value
    var quality: Quality
  }

  private struct Waiting {
    var old: ArraySlice<Entry> = []
    var new: ArraySlice<Entry> = []
  }

  /// By tag number.
  private(set) var tags: [JournalComparison.Tag] = []
  private var waiting: [Waiting] = []
  private var touched: Set<Int> = []

  /// So many wait for a side that has nothing.
  private static let limit = 65_536

  mutating func take(_ old: SampleBatch?, _ new: SampleBatch?) {
    for sample in old ?? SampleBatch() {
      let number = place(of: sample)
      waiting[number].old.append(
        Entry(time: sample.time, value: sample.value, quality: sample.quality))
      tags[number].oldCount += 1
    }
    for sample in new ?? SampleBatch() {
      let number = place(of: sample)
      waiting[number].new.append(
        Entry(time: sample.time, value: sample.value, quality: sample.quality))
      tags[number].newCount += 1
    }
    for number in touched { match(number, keeping: Self.limit) }
    touched.removeAll()
  }

  mutating func finish() {
    for number in waiting.indices { match(number, keeping: 0) }
  }

  private mutating func place(of sample: Sample) -> Int {
    let number = Int(sample.tag.rawValue)
    while tags.count <= number {
      tags.append(JournalComparison.Tag(name: ""))
      waiting.append(Waiting())
    }
    touched.insert(number)
    return number
  }

  private mutating func match(_ number: Int, keeping limit: Int) {
    var (old, new) = (waiting[number].old, waiting[number].new)
    while true {
      switch (old.first, new.first) {
      case (let first?, let second?) where first.time == second.time:
        old.removeFirst()
        new.removeFirst()
        compare(number, first, second)
      case (let first?, let second?):
        if first.time < second.time {
          old.removeFirst()
          compare(number, first, nil)
        } else {
          new.removeFirst()
          compare(number, nil, second)
        }
      case (let first?, nil) where old.count > limit:
        old.removeFirst()
        compare(number, first, nil)
      case (nil, let second?) where new.count > limit:
        new.removeFirst()
        compare(number, nil, second)
      default:
        waiting[number].old = ArraySlice(Array(old))
        waiting[number].new = ArraySlice(Array(new))
        return
      }
    }
  }

  private mutating func compare(_ number: Int, _ old: Entry?, _ new: Entry?) {
    if let old, let new {
      if old.quality == new.quality, Self.isSame(old.value, new.value) { return }
      if let a = old.value.doubleValue, let b = new.value.doubleValue, (a - b).isFinite, a != b {
        tags[number].largestDifference = max(
          tags[number].largestDifference ?? 0, (a - b).magnitude)
      }
    }
    tags[number].differing += 1
    if tags[number].first == nil, let time = old?.time ?? new?.time {
      tags[number].first = .init(time: time, old: old?.value, new: new?.value)
    }
  }

  /// Bit for bit: a value that is not a number is itself.
  private static func isSame(_ old: Value, _ new: Value) -> Bool {
    if case .double(let a) = old, case .double(let b) = new { return a.bitPattern == b.bitPattern }
    return old == new
  }
}
