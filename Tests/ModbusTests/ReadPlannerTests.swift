import TestSupport
import Testing

@testable import Modbus

@Suite("The read planner finds the fewest legal requests")
struct ReadPlannerTests {
  private func span(_ start: Int, _ count: Int) -> ReadPlanner.Span {
    ReadPlanner.Span(unit: 1, table: .holding, start: start, count: count)
  }

  /// The fewest requests by trying all ways to put the spans, sorted, into groups.
  private func fewest(_ spans: [ReadPlanner.Span], _ limits: ReadLimits) -> Int {
    func isLegal(_ group: [ReadPlanner.Span]) -> Bool {
      let sorted = group.sorted { $0.start < $1.start }
      guard let first = sorted.first else { return true }
      var end = first.end
      for next in sorted.dropFirst() {
        if next.start - end > limits.maximumGap { return false }
        end = max(end, next.end)
      }
      return sorted.count == 1 || end - first.start <= limits.maximumRegisters
    }
    func search(_ rest: ArraySlice<ReadPlanner.Span>, _ groups: [[ReadPlanner.Span]], _ best: Int)
      -> Int
    {
      if groups.count >= best { return best }
      guard let next = rest.first else {
        return groups.allSatisfy(isLegal) ? groups.count : best
      }
      var best = best
      for index in groups.indices {
        var extended = groups
        extended[index].append(next)
        best = search(rest.dropFirst(), extended, best)
      }
      return search(rest.dropFirst(), groups + [[next]], best)
    }
    return search(spans[...], [], spans.count + 1)
  }

  @Test("no way to group them needs fewer", arguments: UInt64(0)..<150)
  func optimal(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let spans = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
      span(Int.random(in: 0...30, using: &generator), Int.random(in: 1...4, using: &generator))
    }
    let limits = ReadLimits(
      maximumRegisters: Int.random(in: 4...12, using: &generator),
      maximumGap: Int.random(in: 0...4, using: &generator))
    let planner = ReadPlanner(spans, limits: limits)
    #expect(planner.blocks.count == fewest(spans, limits), "seed \(seed): \(spans) \(limits)")
    for (index, span) in spans.enumerated() {
      let block = planner.blocks[planner.blockOfSpan[index]]
      #expect(Int(block.address) <= span.start && span.end <= Int(block.address) + block.count)
      #expect(block.count <= limits.maximumRegisters)
    }
  }

  /// Lets a planner learn from a device until nothing changes; gives the rounds it took.
  private func settle(
    _ planner: inout ReadPlanner, refusal: (RegisterBlock) -> ExceptionCode?
  ) -> Int {
    for round in 1...200 {
      let blocks = planner.blocks
      let hasLearnt = planner.learn { block in
        refusal(blocks[block]).map { .refused($0) } ?? .answered
      }
      if !hasLearnt { return round }
    }
    return .max
  }

  @Test("holes are found, stand alone, and everything else is read", arguments: UInt64(0)..<60)
  func holes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 2...120, using: &generator)
    let holes = Set(
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        Int.random(in: 0..<count, using: &generator)
      })
    var planner = ReadPlanner((0..<count).map { span($0, 1) }, limits: ReadLimits())
    let rounds = settle(&planner) { block in
      holes.contains { $0 >= Int(block.address) && $0 < Int(block.address) + block.count }
        ? .illegalDataAddress : nil
    }
    #expect(rounds < 60, "seed \(seed)")
    for hole in holes {
      #expect(planner.blockOfSpan[hole] == -1, "seed \(seed)")
    }
    for place in 0..<count where !holes.contains(place) {
      let block = planner.blocks[planner.blockOfSpan[place]]
      #expect(
        !holes.contains { $0 >= Int(block.address) && $0 < Int(block.address) + block.count },
        "seed \(seed)")
    }
    #expect(planner.blocks.count <= holes.count + 1, "seed \(seed): \(planner.blocks.count)")
  }

  @Test(
    "of spans that overlap, those that run into a hole are left out and no others",
    arguments: UInt64(0)..<100)
  func overlaps(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let spans = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
      span(Int.random(in: 0...30, using: &generator), Int.random(in: 1...8, using: &generator))
    }
    var missing = Set(
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        Int.random(in: 0...38, using: &generator)
      })
    let limits = ReadLimits(maximumGap: Int.random(in: 0...4, using: &generator))
    var planner = ReadPlanner(spans, limits: limits)
    let first = planner.blocks
    func refusal(_ block: RegisterBlock) -> ExceptionCode? {
      let places = Int(block.address)..<(Int(block.address) + block.count)
      return missing.contains { places.contains($0) } ? .illegalDataAddress : nil
    }
    func check(_ planner: ReadPlanner) {
      for (index, span) in spans.enumerated() {
        let block = planner.blockOfSpan[index]
        let isThere = !missing.contains { span.range.contains($0) }
        #expect((block >= 0) == isThere, "seed \(seed): \(span)")
        guard block >= 0 else { continue }
        #expect(refusal(planner.blocks[block]) == nil, "seed \(seed): \(span)")
      }
    }
    let rounds = settle(&planner, refusal: refusal)
    #expect(rounds < 60, "seed \(seed)")
    check(planner)
    // The holes are asked for again now and then, and nothing else comes of it.
    let settled = planner.blocks
    for _ in 0..<(3 * ReadPlanner.roundsBetweenChecks) {
      let blocks = planner.blocks
      _ = planner.learn { block in refusal(blocks[block]).map { .refused($0) } ?? .answered }
      if planner.blocks == settled { check(planner) }
    }
    // The device has got what it lacked: gaps stay left out, and nothing else does.
    missing = []
    for _ in 0..<(3 * ReadPlanner.roundsBetweenChecks) { _ = planner.learn { _ in .answered } }
    check(planner)
    if limits.maximumGap == 0 { #expect(planner.blocks == first, "seed \(seed)") }
  }

  @Test("a device that gives each of its objects and never two is asked for each, for good")
  func objects() {
    let spans = [span(100, 4), span(102, 4), span(104, 4)]
    var planner = ReadPlanner(spans, limits: ReadLimits())
    #expect(planner.blocks == [RegisterBlock(.holding, 100, count: 8)])
    for _ in 0..<(3 * ReadPlanner.roundsBetweenChecks) {
      let blocks = planner.blocks
      _ = planner.learn { blocks[$0].count > 4 ? .refused(.illegalDataAddress) : .answered }
      #expect(planner.blocks.map(\.count) == [4, 4, 4])
    }
    #expect(planner.blockOfSpan == [0, 1, 2])
  }

  @Test("what lies in a hole's span and is there still shares a request with what is before it")
  func behindTheEnd() {
    // The device ends at 104; a text begins at 100.
    let spans = (90..<104).map { span($0, 1) } + [span(100, 10)]
    var planner = ReadPlanner(spans, limits: ReadLimits())
    _ = settle(&planner) { Int($0.address) + $0.count > 104 ? .illegalDataAddress : nil }
    #expect(planner.blocks == [RegisterBlock(.holding, 90, count: 14)])
    #expect(planner.blockOfSpan.last == -1)
  }

  @Test("a gap that can't be read is left out, and a device's own limit is found")
  func gapsAndLimits() {
    var planner = ReadPlanner([span(0, 2), span(5, 2)], limits: ReadLimits(maximumGap: 8))
    #expect(planner.blocks == [RegisterBlock(.holding, 0, count: 7)])
    _ = settle(&planner) { $0.count > 2 ? .illegalDataAddress : nil }
    #expect(
      planner.blocks == [
        RegisterBlock(.holding, 0, count: 2), RegisterBlock(.holding, 5, count: 2),
      ])

    var limited = ReadPlanner((0..<125).map { span($0, 1) }, limits: ReadLimits())
    _ = settle(&limited) { $0.count > 32 ? .illegalDataValue : nil }
    #expect(limited.blocks.count == 5)
    #expect(limited.blocks.allSatisfy { $0.count <= 32 })
  }

  @Test("a place that is refused as an illegal value costs itself, and no limit for all others")
  func holesBySecondName() {
    for hole in [0, 10, 62, 124] {
      var planner = ReadPlanner((0..<125).map { span($0, 1) }, limits: ReadLimits())
      let rounds = settle(&planner) { block in
        let places = Int(block.address)..<(Int(block.address) + block.count)
        return places.contains(hole) ? .illegalDataValue : nil
      }
      #expect(rounds < 60, "hole \(hole)")
      #expect(planner.blockOfSpan[hole] == -1, "hole \(hole)")
      #expect(planner.blocks.count == (hole == 0 || hole == 124 ? 1 : 2), "hole \(hole)")
    }
  }

  @Test("a device that refuses all values for a while is asked for as much as before")
  func allRefusedForAWhile() {
    var planner = ReadPlanner((0..<30).map { span($0 * 2, 2) }, limits: ReadLimits())
    #expect(settle(&planner) { _ in nil } == 1)
    #expect(settle(&planner) { _ in .illegalDataValue } < 100)
    for _ in 0..<(2 * ReadPlanner.roundsBetweenChecks) { _ = planner.learn { _ in .answered } }
    #expect(planner.blocks == [RegisterBlock(.holding, 0, count: 60)])
  }

  @Test("a device that refuses everything does not keep the planner busy")
  func allRefused() {
    var planner = ReadPlanner((0..<30).map { span($0 * 2, 2) }, limits: ReadLimits())
    #expect(settle(&planner) { _ in .illegalDataAddress } < 100)
    #expect(planner.blocks.isEmpty)
    #expect(settle(&planner) { _ in .illegalDataValue } < 100)
    // And when the device has started, everything is found again.
    for _ in 0..<(2 * ReadPlanner.roundsBetweenChecks) { _ = planner.learn { _ in .answered } }
    #expect(planner.blocks == [RegisterBlock(.holding, 0, count: 60)])
  }
}
