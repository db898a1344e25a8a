import Formula
import Foundation
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("Formulas remember over a stop and a restart", .timeLimit(.minutes(15)))
struct FormulaMemoryTests {
  let folder: TemporaryFolder
  let events = EventLog()

  init() throws { folder = try TemporaryFolder() }

  @Test("a count goes on where it was, without a number twice or left out")
  func restart() async throws {
    for _ in 0..<3 {
      let gateway = try await GatewayRuntime(configuration(), events: events.add)
      try await run(gateway) { $0.status.stored > 20 }
    }
    let counts = try values(of: "f/count")
    #expect(counts.count > 20 && counts == (1...counts.count).map(Double.init))
    #expect(events.all.isEmpty)
  }

  @Test(
    "what was copied goes on after an end that nobody saw coming, and what was not begins before it"
  )
  func killed() async throws {
    let gateway = try await GatewayRuntime(configuration())
    try await run(gateway) { $0.status.stored > 20 }
    let copied = try Data(contentsOf: URL(filePath: memory))
    let second = try await GatewayRuntime(configuration())
    try await run(second) { $0.status.stored > 20 }
    let before = try values(of: "f/count")
    // As if the second run had been killed before it wrote anything.
    try copied.write(to: URL(filePath: memory))
    let third = try await GatewayRuntime(configuration(), events: events.add)
    try await run(third) { $0.status.stored > 20 }
    let after = try values(of: "f/count").dropFirst(before.count)
    let end = try #require(after.first)
    #expect(end > 1 && end < before.last ?? 0)
    #expect(before.contains(end) && events.all.isEmpty)
  }

  @Test("whatever happened to the file: it begins anew and says so, and the file is put aside")
  func damaged() async throws {
    let whole = MemoryFile.encode(["f/count": Array("not even a memory".utf8), "f/b": []])
    #expect(try MemoryFile.decode(whole).memories.count == 2)
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 1 << UInt8(index % 8)
      #expect(throws: MemoryFile.Unusable.self) { try MemoryFile.decode(bytes) }
      #expect(throws: MemoryFile.Unusable.self) { try MemoryFile.decode(Array(whole[..<index])) }
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("data"), withIntermediateDirectories: true)
    var other = whole
    other[7] = UInt8(ascii: "2")
    for (bytes, message) in [
      (Array(whole.dropLast()), "it is damaged"), ([], "no memory of formulas"),
      (other, "it is damaged"),
    ] {
      try Data(bytes).write(to: URL(filePath: memory))
      let gateway = try await GatewayRuntime(configuration(), events: events.add)
      try await run(gateway) { $0.status.stored > 4 }
      #expect(events.all.last?.message.contains(message) == true, "\(events.all)")
      #expect(try Data(contentsOf: URL(filePath: memory + ".unusable")) == Data(bytes))
    }
    let counts = try values(of: "f/count")
    #expect(counts.count { $0 == 1 } == 3)
    // A sound file with a memory in it that is none: that formula alone begins anew.
    try Data(whole).write(to: URL(filePath: memory))
    let gateway = try await GatewayRuntime(configuration(), events: events.add)
    try await run(gateway) { $0.status.stored > 4 }
    #expect(events.all.last?.source == "formula f/count")
  }

  @Test(
    "a changed call begins anew and says so, its neighbour goes on; one that comes back goes on")
  func changed() async throws {
    let gateway = try await GatewayRuntime(configuration())
    try await run(gateway) { $0.status.stored > 20 }
    let last = try #require(values(of: "f/count").last)
    let edited = configuration(
      "count_if({sim/s} >= 0) * 1000 + count_if({sim/s} >= -1)")
    let second = try await GatewayRuntime(edited, events: events.add)
    try await run(second) { $0.status.stored > 4 }
    #expect(try values(of: "f/count").contains((last + 1) * 1000 + 1))
    #expect(events.all.map(\.source) == ["formula f/count"])
    #expect(events.all.first?.message.contains("1 of its 2 functions") == true)

    var without = edited
    without.formulas = []
    let third = try await GatewayRuntime(without, events: events.add)
    try await run(third) { $0.status.stored > 4 }
    let before = try #require(values(of: "f/count").last)
    let fourth = try await GatewayRuntime(edited, events: events.add)
    try await run(fourth) { gateway in
      guard gateway.status.stored > 4 else { return false }
      // Taken out and put in again while it runs, too.
      try await gateway.reload(without)
      try await gateway.reload(edited)
      return true
    }
    #expect(try values(of: "f/count").contains(before + 1001))
    let counts = try values(of: "f/count").filter { $0 > 1000 }
    #expect(counts == counts.sorted())
    #expect(events.all.count == 1, "\(events.all)")
  }

  @Test("the memory is copied only when all that it is made of is durable")
  func neverAhead() async throws {
    let tags = TagRegistry()
    let memory = FormulaMemory(dataFolder: folder.path, report: events.add)
    let formula = try FormulaSet([("f/n", "count_if({d/a} > 0)")]).members
    var stage = FormulaStage(formula, memory: memory, tags: tags)
    var keeper = FormulaKeeper(memory, interval: .zero)
    func feed() {
      var samples = SampleBatch()
      keeper.begin(&stage, at: 0)
      let sample = Sample(tag: tags.intern("d/a"), value: .double(1))
      stage.apply(to: Moments(samples: SampleBatch([sample]), grouping: .whole), into: &samples)
    }
    func kept() throws -> Double? {
      let state = memory.state(of: "f/n", for: formula[0].formula)
      guard let state else { return nil }
      let slots = formula[0].formula.makeSlots()
      slots.state = state
      slots[0] = 0
      return formula[0].formula.evaluate(slots).value
    }
    feed()
    feed()
    #expect(try kept() == nil)
    keeper.end()
    feed()
    #expect(try kept() == 2)
    feed()
    #expect(try kept() == 2)
    keeper.end()
    keeper.begin(&stage, at: 0)
    #expect(try kept() == 4)
    await memory.write()
    #expect(FileManager.default.fileExists(atPath: folder.file("formulas.memory")))
  }

  @Test("a folder that can't be written to is told, and is no more than that")
  func noFolder() async throws {
    let memory = FormulaMemory(dataFolder: "/proc/no-such-folder", report: events.add)
    await memory.load()
    let formula = try CompiledFormula("count_if({d/a} > 0)")
    memory.keep([("f/n", formula.makeState())])
    await memory.write()
    #expect(events.all.count == 1 && events.all.first?.message.contains("retrying") == true)
  }

  @Test("a clock that is set, in a run or between two, adds nothing to a total")
  func clock() async throws {
    let tags = TagRegistry()
    let tag = tags.intern("d/a")
    let memory = FormulaMemory(dataFolder: folder.path, report: events.add)
    let formula = try FormulaSet([("f/s", "integral({d/a})")]).members
    func second(_ stage: inout FormulaStage, wall: Int64, monotonic: Int64) -> Value? {
      let sample = Sample(
        tag: tag, value: .double(1), gatewayTime: Timestamp(nanoseconds: wall * 1_000_000_000),
        monotonicTime: monotonic * 1_000_000_000)
      var samples = SampleBatch()
      stage.apply(to: Moments(samples: SampleBatch([sample]), grouping: .whole), into: &samples)
      return samples.last?.value
    }
    var stage = FormulaStage(formula, memory: memory, tags: tags)
    stage.restore()
    let walls: [Int64] = [100, 101, 1_700_000_000, 1_700_000_001, 50, 51]
    for (monotonic, wall) in walls.enumerated() {
      #expect(second(&stage, wall: wall, monotonic: Int64(monotonic)) == .double(Double(monotonic)))
    }
    memory.keep(stage.takeMemory(), time: stage.time.newest)
    await memory.write()
    // The next start shows another year, back and then forward; 10 seconds between two starts count as such.
    for (wall, total) in [(0, 5.0), (115, 15)] as [(Int64, Double)] {
      let next = FormulaMemory(dataFolder: folder.path, report: events.add)
      await next.load()
      stage = FormulaStage(formula, memory: next, tags: tags)
      stage.restore()
      #expect(second(&stage, wall: wall, monotonic: 7) == .double(total))
    }
    #expect(events.all.isEmpty)
  }

  // MARK: -

  private var memory: String { folder.file("data/formulas.memory") }

  private func configuration(
    _ expression: String = "count_if({sim/s} >= 0)"
  ) -> GatewayConfiguration {
    var configuration = GatewayConfiguration.simulated(
      in: folder, tags: [SimulatedTag(name: "s", shape: .walk)],
      formulas: [.init(tag: "f/count", expression: expression)])
    configuration.sinks = [
      .init(name: "a", kind: .file(path: folder.file("a.csv"), format: .csv))
    ]
    return configuration
  }

  private func values(of tag: String) throws -> [Double] {
    try folder.text(of: "a.csv").split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return fields.count > 2 && fields[1] == tag ? Double(fields[2]) : nil
    }
  }
}
