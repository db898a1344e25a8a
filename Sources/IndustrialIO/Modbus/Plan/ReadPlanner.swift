/// Finds the fewest legal requests that read a set of spans, and learns from a device's refusals.
///
/// No span is cut in two. Spans that touch, overlap or lie within the gap bound share a request, up to the limits. When a device
/// refuses a request with "illegal data address", its gaps are left out; if that does not help it is
/// halved until the place that does not exist stands alone; that hole is remembered and left out, and asked for again
/// now and then. Where spans overlap a request can't be halved: the longest are then asked for by themselves, so that a place that
/// one of them lacks costs no other. After "illegal data value" the device is asked for less at once, unless it has given as much elsewhere: then it means the
/// place, and is treated as above.
struct ReadPlanner: Sendable {
  /// Consecutive places that belong together.
  struct Span: Sendable, Hashable {
    var unit: UInt8
    var table: RegisterTable
    var start: Int
    var count: Int

    var end: Int { start + count }
    var range: Range<Int> { start..<end }
  }

  /// A table of a unit.
  private struct Area: Hashable {
    var unit: UInt8
    var table: RegisterTable

    init(_ block: RegisterBlock) { (unit, table) = (block.unit, block.table) }
    init(_ span: Span) { (unit, table) = (span.unit, span.table) }
  }

  /// What has been learnt about an area.
  private struct Knowledge {
    /// Where requests must not run across, for now.
    var cuts: Set<Int> = []
    /// Spans that the device does not have, or not wholly.
    var holes: [Range<Int>] = []
    /// Spans that share a request with their equals only: they overlap others, and the request for all of them was refused.
    var apart: Set<Range<Int>> = []
    /// The most places that the device gives at once, as far as is known.
    var maximumCount: Int?
    /// The most places that it has given at once.
    var answeredCount = 0
  }

  /// What became of a request.
  enum Outcome {
    case answered
    case refused(ExceptionCode)
    case failed
  }

  /// A hole is asked for again after so many rounds: a device that was starting may have refused everything.
  static let roundsBetweenChecks = 100

  private let spans: [Span]
  private let limits: ReadLimits
  private var knowledge: [Area: Knowledge] = [:]
  /// The requests.
  private(set) var blocks: [RegisterBlock] = []
  /// The request that holds each span, in the order in which the spans were given; -1 for one in a known hole.
  private(set) var blockOfSpan: [Int] = []
  /// Whether a request's first answer has been taken note of.
  private var isNoted: [Bool] = []
  private var rounds = 0
  private var asksForHoles = false
  private let order: [Int]

  init(_ spans: [Span], limits: ReadLimits) {
    self.spans = spans
    self.limits = limits
    order = spans.indices.sorted { left, right in
      let (a, b) = (spans[left], spans[right])
      return (a.unit, a.table.rawValue, a.start, a.count)
        < (b.unit, b.table.rawValue, b.start, b.count)
    }
    build()
  }

  private mutating func build() {
    blocks.removeAll()
    blockOfSpan = Array(repeating: -1, count: spans.count)
    var lone: [Int] = []
    for index in order {
      let span = spans[index]
      if !asksForHoles, isHole(span) { continue }
      if isApart(span) {
        lone.append(index)
      } else {
        add(index, joining: blocks.last.map { canJoin(span, $0) } ?? false)
      }
    }
    // Behind the others, which join as if these were not there.
    var previous: Span?
    for index in lone {
      add(index, joining: previous == spans[index])
      previous = spans[index]
    }
    isNoted = Array(repeating: false, count: blocks.count)
  }

  /// Puts a span into the last request, or begins the next one with it.
  private mutating func add(_ index: Int, joining: Bool) {
    let span = spans[index]
    if joining, let last = blocks.last {
      blocks[blocks.count - 1].count = max(last.count, span.end - Int(last.address))
    } else {
      blocks.append(
        RegisterBlock(
          span.table, UInt16(truncatingIfNeeded: span.start), count: span.count, unit: span.unit))
    }
    blockOfSpan[index] = blocks.count - 1
  }

  private func canJoin(_ span: Span, _ block: RegisterBlock) -> Bool {
    let start = Int(block.address)
    guard block.unit == span.unit, block.table == span.table,
      span.start - (start + block.count) <= limits.maximumGap
    else { return false }
    let known = knowledge[Area(span)]
    let limit = min(limits.maximumCount(span.table), known?.maximumCount ?? .max)
    let end = max(start + block.count, span.end)
    guard end - start <= limit else { return false }
    guard let known else { return true }
    return !known.cuts.contains { start < $0 && $0 <= span.start }
      && !known.holes.contains { hole in
        // What others share with a span that is asked for by itself may well be there, but not all of it.
        known.apart.contains(hole)
          ? start <= hole.lowerBound && hole.upperBound <= end
          : (start < hole.lowerBound && hole.lowerBound <= span.start)
            || (start < hole.upperBound && hole.upperBound <= span.start)
      }
  }

  // MARK: - Learning

  /// A span that only overlaps a hole may well be there.
  private func isHole(_ span: Span) -> Bool {
    knowledge[Area(span)]?.holes.contains(span.range) ?? false
  }

  private func isApart(_ span: Span) -> Bool {
    knowledge[Area(span)]?.apart.contains(span.range) ?? false
  }

  /// Takes note of what became of a round's requests; true when there was something to learn from it.
  mutating func learn(_ outcome: (_ block: Int) -> Outcome) -> Bool {
    rounds += 1
    var hasLearnt = false
    var refused: [Int] = []
    var limited: [Int] = []
    for (index, block) in blocks.enumerated() {
      switch outcome(index) {
      case .refused(.illegalDataAddress): refused.append(index)
      case .refused(.illegalDataValue): limited.append(index)
      case .answered:
        noteAnswer(index)
        if asksForHoles { hasLearnt = forgetHoles(in: block) || hasLearnt }
      default: break
      }
    }
    for index in limited {
      let block = blocks[index]
      if block.count <= knowledge[Area(block)]?.answeredCount ?? 0 {
        refused.append(index)
      } else {
        hasLearnt = learnLimit(from: block) || hasLearnt
      }
    }
    // Holes first: they take back older cuts, and must not take back those of this round.
    for index in refused where seams(of: index).all.isEmpty {
      if setApart(index) {
        hasLearnt = true
        continue
      }
      guard learnHole(blocks[index]) else { continue }
      hasLearnt = true
      // It may have been this place alone that a limit was learnt from.
      if limited.contains(index) { knowledge[Area(blocks[index])]?.maximumCount = nil }
    }
    for index in refused { hasLearnt = cut(index) || hasLearnt }
    let asked = asksForHoles
    asksForHoles =
      rounds % Self.roundsBetweenChecks == 0 && knowledge.values.contains { !$0.holes.isEmpty }
    if hasLearnt || asked != asksForHoles { build() }
    return hasLearnt
  }

  /// Forgets the holes whose places have all been read. What overlaps one of them may go together again, and is set apart again if that
  /// is refused: there is no hole to be asked for then, and so it stays.
  private mutating func forgetHoles(in block: RegisterBlock) -> Bool {
    let area = Area(block)
    guard var known = knowledge[area] else { return false }
    let (start, end) = (Int(block.address), Int(block.address) + block.count)
    let count = known.holes.count
    known.holes.removeAll { start <= $0.lowerBound && $0.upperBound <= end }
    guard known.holes.count < count else { return false }
    known.apart.formIntersection(known.holes)
    knowledge[area] = known
    return true
  }

  /// Only the first answer to a request says something new.
  private mutating func noteAnswer(_ index: Int) {
    guard !isNoted[index] else { return }
    isNoted[index] = true
    let block = blocks[index]
    let count = max(block.count, knowledge[Area(block)]?.answeredCount ?? 0)
    knowledge[Area(block), default: Knowledge()].answeredCount = count
  }

  private mutating func learnLimit(from block: RegisterBlock) -> Bool {
    guard block.count > 1 else { return false }
    let old = knowledge[Area(block)]?.maximumCount ?? .max
    let new = block.count / 2
    guard new < old else { return false }
    knowledge[Area(block), default: Knowledge()].maximumCount = new
    return true
  }

  /// Where a request could be cut without cutting a span, and those of the places before which nobody wants something.
  private func seams(of index: Int) -> (all: [Int], behindGaps: [Int]) {
    var all: [Int] = []
    var behindGaps: [Int] = []
    var end: Int?
    for member in order where blockOfSpan[member] == index {
      let span = spans[member]
      if let end, span.start >= end {
        all.append(span.start)
        if span.start > end { behindGaps.append(span.start) }
      }
      end = max(end ?? 0, span.end)
    }
    return (all, behindGaps)
  }

  private mutating func cut(_ index: Int) -> Bool {
    let (all, behindGaps) = seams(of: index)
    let cuts = behindGaps.isEmpty ? all.isEmpty ? [] : [all[all.count / 2]] : behindGaps
    knowledge[Area(blocks[index]), default: Knowledge()].cuts.formUnion(cuts)
    return !cuts.isEmpty
  }

  /// Spans that overlap one another were refused together, and nobody knows for which of them: from now on the longest are asked for by
  /// themselves. False when the request is for one span only, or for equals.
  private mutating func setApart(_ index: Int) -> Bool {
    var ranges: Set<Range<Int>> = []
    for member in order where blockOfSpan[member] == index { ranges.insert(spans[member].range) }
    guard ranges.count > 1, let longest = ranges.map(\.count).max() else { return false }
    let area = Area(blocks[index])
    knowledge[area, default: Knowledge()].apart.formUnion(ranges.filter { $0.count == longest })
    return true
  }

  private mutating func learnHole(_ block: RegisterBlock) -> Bool {
    let area = Area(block)
    let hole = Int(block.address)..<(Int(block.address) + block.count)
    var known = knowledge[area] ?? Knowledge()
    guard !known.holes.contains(hole) else { return false }
    known.holes.append(hole)
    // The halving has done its work: what lies on either side goes together again.
    known.cuts = known.cuts.filter { isGap($0, area) }
    knowledge[area] = known
    return true
  }

  /// Whether a cut stands behind a gap rather than in the middle of wanted places.
  private func isGap(_ cut: Int, _ area: Area) -> Bool {
    !spans.contains { Area($0) == area && $0.start < cut && $0.end >= cut }
  }
}
