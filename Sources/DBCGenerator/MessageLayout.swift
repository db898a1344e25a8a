internal import DBC

/// What the source of a message is written from: its signals with their names in Swift, in the order of the file, and
/// which are active under which values of which multiplexor.
struct MessageLayout {
  let message: Message
  let identifier: CANIdentifier
  let typeName: String
  let caseName: String
  let isParameterGroup: Bool
  var signals: [SignalLayout] = []
  /// The signals without condition that a frame can have, by place in `signals`.
  var roots: [Int] = []
  /// The branches below each multiplexor, by place in `signals`.
  var branches: [Int: [Branch]] = [:]

  /// Signals that the same values of a multiplexor make active.
  struct Branch {
    var ranges: [ClosedRange<UInt64>]
    var signals: [Int]
  }

  init(
    _ message: Message, _ identifier: CANIdentifier, typeName: String, _ omissions: inout [String]
  ) {
    self.message = message
    self.identifier = identifier
    self.typeName = typeName
    caseName = SwiftName.member(typeName)
    isParameterGroup = message.frameFormat == .j1939 && identifier.isExtended
    var names = NameScope(reserved: SwiftName.reservedMembers)
    var types = NameScope(reserved: SwiftName.reservedTypes)
    var places: [Int: Int] = [:]
    for signal in message.signals {
      guard signal.isDecodable, signal.multiplexor?.isDecodable ?? true else {
        omissions.append("signal \(message.name).\(signal.name) is never decoded")
        continue
      }
      places[signal.index] = signals.count
      signals.append(
        SignalLayout(
          signal, isParameterGroup: isParameterGroup, byteCount: message.byteCount, &names, &types))
    }
    // What no frame can have is in none of the lists: it is nil whatever comes.
    for (place, layout) in signals.enumerated() where !layout.isBeyondFrames {
      guard let multiplexor = layout.signal.multiplexor else {
        roots.append(place)
        continue
      }
      guard let parent = places[multiplexor.index] else { continue }
      let limit = UInt64.max >> UInt64(64 - multiplexor.bitCount)
      let ranges = Self.merged(layout.signal.selectorRanges, upTo: limit)
      if ranges.isEmpty { continue }
      var list = branches[parent] ?? []
      if let branch = list.firstIndex(where: { $0.ranges == ranges }) {
        list[branch].signals.append(place)
      } else {
        list.append(Branch(ranges: ranges, signals: [place]))
      }
      branches[parent] = list
    }
  }

  /// Sorted, joined where they touch, without what the multiplexor can't say.
  private static func merged(
    _ ranges: [ClosedRange<UInt64>], upTo limit: UInt64
  ) -> [ClosedRange<UInt64>] {
    var result: [ClosedRange<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound })
    where range.lowerBound <= limit {
      let upper = min(range.upperBound, limit)
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, upper)
      } else {
        result.append(range.lowerBound...upper)
      }
    }
    return result
  }

  /// Whether no value makes two of the branches active.
  static func areDisjoint(_ branches: [Branch]) -> Bool {
    let ranges = branches.flatMap(\.ranges).sorted { $0.lowerBound < $1.lowerBound }
    return zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
  }

  /// The bytes that a payload must have to be the message at all: those of the signals without condition.
  var neededByteCount: Int {
    roots.map { signals[$0] }.filter { !$0.mayLackBytes }.map(\.endByte).max() ?? 0
  }

  /// The signals that can be active, by place in `signals`: those that meet a condition, below multiplexors that meet it.
  func reachable(where isIncluded: (SignalLayout) -> Bool) -> [Int] {
    var places: [Int] = []
    var open = roots
    while let place = open.popLast() {
      guard isIncluded(signals[place]) else { continue }
      places.append(place)
      for branch in branches[place] ?? [] { open += branch.signals }
    }
    return places
  }
}
