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
