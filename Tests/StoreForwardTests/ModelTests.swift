import Glibc
import TestSupport
import Testing

@testable import StoreForward

/// Random lives of a store beside a model that is nothing but sets of numbers.
@Suite("A store does what a list would do, whatever befalls it")
struct ModelTests {
  static let seeds: [UInt64] = {
    let fresh = UInt64.random(in: 1000...UInt64(UInt32.max))
    return [1, 2, 3] + (0..<Soak.cases(isCI ? 25 : 5, full: 400)).map { fresh &+ $0 }
  }()

  @Test("random operations, crashes, failures and damage", arguments: seeds)
  func life(seed: UInt64) throws {
    var model = try ModelledStore(seed: seed)
    for step in 0..<(Soak.isOn ? 2500 : 250) {
      try model.step()
      if step % 25 == 0 { try model.checkContents() }
      #expect(model.faults.isEmpty, "seed \(seed), step \(step), after \(model.recent)")
      if !model.faults.isEmpty { return }
    }
    try model.checkContents()
    #expect(model.faults.isEmpty, "seed \(seed), at the end, after \(model.recent)")
  }
}

/// A store on a simulated disk, and what it owes us.
struct ModelledStore {
  private typealias Core = StoreCore<FaultyFileSystem<SimulatedFileSystem>>

  private var generator: SeededGenerator
  private var options: StoreOptions
  private var fs = FaultyFileSystem(SimulatedFileSystem())
  private var core: Core

  /// The bytes of every number whose append returned or that was read.
  private var promised: [UInt64: [UInt8]] = [:]
  /// The bytes that a number got in an append that threw: it may be there or not.
  private var possible: [UInt64: [UInt8]] = [:]
  private var highest: UInt64 = 0
  /// Flipped bits that may still cost a record each.
  private var flips: UInt64 = 0
  /// Numbers that were reported as damaged: they may stay so.
  private var damaged: Set<UInt64> = []

  /// The cursor: all up to a number is acknowledged, and some beyond.
  private var acknowledged: UInt64 = 0
  private var beyond: Set<UInt64> = []
  private var savedAcknowledged: UInt64 = 0
  private var nextDelivery: UInt64 = 1

  private(set) var faults: [String] = []
  private(set) var recent: [String] = []

  init(seed: UInt64) throws {
    generator = SeededGenerator(seed: seed)
    options = .small(
      segments: 3 + Int(seed % 3),
      sync: seed % 2 == 0 ? .everyCommit : .manual,
      overflow: seed % 5 < 3 ? .dropOldest : .rejectNewest)
    core = try Core(fileSystem: fs, options: options)
    try core.openCursor("sink", start: .saved)
  }

  private mutating func note(_ what: String) {
    recent.append(what)
    if recent.count > 12 { recent.removeFirst() }
  }

  mutating func step() throws {
    switch Int.random(in: 0..<40, using: &generator) {
    case 0..<16: try append()
    case 16..<24: try deliver()
    case 24..<26: try acknowledgeBeyond()
    case 26: try rewind()
    case 27..<29:
      note("sync")
      try core.sync()
    case 29:
      note("save")
      try core.saveCursorsNow()
      savedAcknowledged = acknowledged
    case 30: try resize()
    case 31..<33: try failingAppend()
    case 33..<35: try crash()
    case 35..<37: try kill()
    case 37: try flip()
    default:
      note("close")
      try core.close()
      savedAcknowledged = acknowledged
      try reopen(mayLoseAfter: .max)
    }
  }

  private mutating func fill(_ batch: inout RecordBatch) throws -> [[UInt8]] {
    var all: [[UInt8]] = []
    for _ in 0..<Int.random(in: 1...20, using: &generator) {
      let size = Int.random(in: 0..<20, using: &generator) == 0 ? 9000 : 1500
      let bytes = payload(
        generator.next(), size: Int.random(in: 0...size, using: &generator))
      try batch.append(
        bytes, time: 7, labels: size == 9000 ? [LabelCount(label: 1, count: 1)] : [])
      all.append(bytes)
    }
    return all
  }

  private mutating func append() throws {
    var batch = RecordBatch()
    let bytes = try fill(&batch)
    let first = core.nextSequence
    note("append \(bytes.count) from \(first)")
    do throws(StoreError) {
      let receipt = try core.append(batch)
      if receipt.firstSequence != first || receipt.count != bytes.count {
        faults.append("receipt \(receipt), expected \(first)")
      }
      for (number, bytes) in zip(receipt.firstSequence..., bytes) { promise(number, bytes) }
    } catch {
      guard error.code == .full, options.overflow == .rejectNewest else { throw error }
    }
  }

  private mutating func promise(_ number: UInt64, _ bytes: [UInt8]) {
    if promised[number] != nil || number <= highest { faults.append("\(number) is used twice") }
    promised[number] = bytes
    highest = max(highest, number)
  }

  /// The disk fails or is full at one call.
  private mutating func failingAppend() throws {
    var batch = RecordBatch()
    let bytes = try fill(&batch)
    let first = core.nextSequence
    let error = Bool.random(using: &generator) ? EIO : ENOSPC
    var left = Int.random(in: 0...6, using: &generator)
    note("append \(bytes.count) from \(first) with error \(error) at call \(left)")
    fs.script = { _, call in
      switch call {
      case .read: return nil
      default:
        left -= 1
        return left == -1 ? .fail(error) : nil
      }
    }
    defer { fs.script = { _, _ in nil } }
    do throws(StoreError) {
      let receipt = try core.append(batch)
      for (number, bytes) in zip(receipt.firstSequence..., bytes) { promise(number, bytes) }
    } catch {
      for (number, bytes) in zip(first..., bytes) { possible[number] = bytes }
      fs.script = { _, _ in nil }
      if core.currentMetrics().state == .readOnly {
        // A supervisor starts it anew. What was not durable may be gone.
        let durable = core.durableThrough
        try? core.close()
        try reopen(mayLoseAfter: durable)
      }
    }
  }

  private mutating func deliver() throws {
    let storage = BatchStorage()
    try core.next(
      "sink", into: storage, maxBytes: Int.random(in: 4096...50_000, using: &generator),
      maxRecords: Int.random(in: 1...40, using: &generator))
    guard !storage.records.isEmpty || !storage.gaps.isEmpty else { return }
    note("deliver \(storage.firstSequence) to \(storage.lastSequence)")
    if storage.firstSequence > nextDelivery,
      !(nextDelivery..<storage.firstSequence).allSatisfy({
        $0 <= acknowledged || beyond.contains($0)
      })
    {
      faults.append("delivery at \(storage.firstSequence), expected \(nextDelivery)")
    }
    let given = Set(storage.records.map(\.sequence))
    for number in promised.keys
    where number >= nextDelivery && number <= storage.lastSequence && !given.contains(number) {
      let isInGap = storage.gaps.contains { $0.first <= number && number <= $0.last }
      if !isInGap, number > acknowledged, !beyond.contains(number) {
        faults.append("\(number) was not delivered")
      }
    }
    nextDelivery = storage.lastSequence + 1
    if Int.random(in: 0..<4, using: &generator) > 0 {
      core.acknowledge("sink", nil, through: storage.lastSequence)
      acknowledged = max(acknowledged, min(storage.lastSequence, core.durableThrough))
      absorb()
      checkCursor()
    }
  }

  private mutating func acknowledgeBeyond() throws {
    let durable = core.durableThrough
    guard durable > acknowledged + 4 else { return }
    let first = durable - UInt64.random(in: 0...3, using: &generator)
    note("acknowledge \(first) to \(durable)")
    core.acknowledge("sink", first...(durable + 5), through: nil)
    for number in first...durable where number > acknowledged { beyond.insert(number) }
    absorb()
    checkCursor()
  }

  private mutating func absorb() {
    while beyond.remove(acknowledged + 1) != nil { acknowledged += 1 }
    beyond = beyond.filter { $0 > acknowledged }
  }

  private mutating func checkCursor() {
    let found = core.cursorStatus()[0].acknowledged
    if found != acknowledged { faults.append("cursor at \(found), expected \(acknowledged)") }
  }

  private mutating func rewind() throws {
    if Bool.random(using: &generator) {
      note("rewind to saved")
      try core.rewind("sink", to: .saved)
      nextDelivery = acknowledged + 1
    } else {
      let target = UInt64.random(in: 1...max(1, core.durableThrough), using: &generator)
      note("rewind to \(target)")
      try core.rewind("sink", to: .sequence(target))
      acknowledged = target - 1
      savedAcknowledged = acknowledged
      beyond = []
      nextDelivery = target
    }
    checkCursor()
  }

  private mutating func resize() throws {
    let slots = Int.random(in: 3...7, using: &generator)
    note("resize to \(slots)")
    do throws(StoreError) {
      try core.resize(to: .bytes(slots * (64 << 10)))
      if core.slotCount > slots { faults.append("\(core.slotCount) files, limit \(slots)") }
      savedAcknowledged = acknowledged
    } catch {
      guard error.code == .full, options.overflow == .rejectNewest else { throw error }
    }
  }

  private mutating func crash() throws {
    let durable = core.durableThrough
    let choices = [
      CrashChoice(.nothing), CrashChoice(.everything),
      CrashChoice(.random(torn: Bool.random(using: &generator)), seed: generator.next()),
    ]
    let choice = choices.randomElement(using: &generator) ?? choices[0]
    note("power cut, \(choice.kind)")
    fs = FaultyFileSystem(SimulatedFileSystem(fs.base.disk.crashed(choice)))
    try reopen(mayLoseAfter: durable)
  }

  private mutating func kill() throws {
    note("kill")
    fs = FaultyFileSystem(SimulatedFileSystem(fs.base.disk.killed()))
    try reopen(mayLoseAfter: .max)
  }

  private mutating func flip() throws {
    let names = fs.base.disk.names.keys.sorted()
    guard let name = names.randomElement(using: &generator),
      let size = fs.base.disk.files[fs.base.disk.names[name] ?? 0]?.cached.count, size > 0
    else { return }
    // While nobody has the store: bits flip on the disk, not under a write.
    try core.close()
    savedAcknowledged = acknowledged
    let offset = Int.random(in: 0..<size, using: &generator)
    let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
    note("flip \(name) at \(offset)")
    let disk = fs.base.disk.damaging(name) { $0[offset] ^= bit }
    fs = FaultyFileSystem(SimulatedFileSystem(disk))
    flips += 1
    try reopen(mayLoseAfter: .max)
  }

  private mutating func reopen(mayLoseAfter durable: UInt64) throws {
    core = try Core(fileSystem: fs, options: options)
    let status = core.cursorStatus()
    guard status.count == 1 else {
      faults.append("\(status.count) cursors")
      return
    }
    let found = status[0].acknowledged
    if found > acknowledged || found < savedAcknowledged {
      faults.append("cursor at \(found), acknowledged \(acknowledged), saved \(savedAcknowledged)")
    }
    // Of the acknowledged ones beyond, some may not have been saved; none may have come to it.
    let cursor = core.cursors[0]
    let known = Array(promised.keys) + Array(possible.keys)
    let saved = Set(known.filter { $0 > found && cursor.isAcknowledged($0) })
    if let odd = saved.first(where: { $0 > acknowledged && !beyond.contains($0) }) {
      faults.append("\(odd) is acknowledged and was not")
    }
    beyond = saved
    acknowledged = found
    savedAcknowledged = found
    if durable < .max {
      for number in promised.keys where number > durable {
        possible[number] = promised.removeValue(forKey: number)
      }
    }
    try core.openCursor("sink", start: .saved)
    nextDelivery = acknowledged + 1
    if core.nextSequence <= promised.keys.max() ?? 0 {
      faults.append("next is \(core.nextSequence), used up to \(promised.keys.max() ?? 0)")
    }
    try checkContents()
    highest = core.nextSequence - 1
  }

  /// Everything that is owed is there, or evicted, or the price of a flipped bit.
  mutating func checkContents() throws {
    let storage = BatchStorage()
    var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 18, maxRecords: .max)
    var next: UInt64 = 1
    var present: Set<UInt64> = []
    var lost: [UInt64] = []
    while true {
      try core.read(into: storage, &request)
      if storage.records.isEmpty, storage.gaps.isEmpty { break }
      var items = storage.gaps.map { ($0.first, $0.last, Optional($0.reason)) }
      items += storage.records.map { ($0.sequence, $0.sequence, nil) }
      for (first, last, reason) in items.sorted(by: { $0.0 < $1.0 }) {
        if first != next { faults.append("\(first) comes, expected \(next)") }
        next = last + 1
        switch reason {
        case nil, .evicted?: break
        case .damaged?: lost += promised.keys.filter { $0 >= first && $0 <= last }
        case .unused?:
          let wrong = promised.keys.filter { $0 >= first && $0 <= last }
          if let one = wrong.first { faults.append("\(one) is called unused") }
        }
      }
      for index in storage.records.indices {
        let number = storage.records[index].sequence
        present.insert(number)
        let bytes = [UInt8](storage.bytes(at: index))
        if let owed = promised[number] ?? possible[number] {
          if owed != bytes { faults.append("\(number) has wrong bytes") }
          // Once shown it stays.
          promised[number] = owed
          possible[number] = nil
        } else {
          faults.append("\(number) was never appended")
        }
      }
    }
    let evicted = core.evictedThrough
    // If the new segment could not be begun, a crash may bring back what all had acknowledged.
    for number in promised.keys where number <= evicted {
      possible[number] = promised.removeValue(forKey: number)
    }
    let durable = core.durableThrough
    for number in promised.keys where number <= durable && !present.contains(number) {
      if !lost.contains(number) { faults.append("\(number) is gone without a word") }
    }
    let new = lost.filter { !damaged.contains($0) }
    if new.count > flips { faults.append("\(new.count) records damaged by \(flips) flips") }
    flips -= min(flips, UInt64(new.count))
    damaged.formUnion(new)
    if let back = damaged.first(where: present.contains) { damaged.remove(back) }
    let limit = core.slotLimit * core.segmentSize + (256 << 10)
    if fs.base.disk.byteCount > limit { faults.append("\(fs.base.disk.byteCount) bytes on disk") }
  }
}
