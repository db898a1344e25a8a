import TestSupport
import Testing

@testable import StoreForward

/// The store under `SyncPolicy.interval`, with a clock that the test turns.
@Suite("Under a sync every so often a power cut costs that much and no more")
struct IntervalTests {
  @Test("only what is above the watermark, and younger than the interval, is lost")
  func loss() throws {
    for seed in UInt64(0)..<Soak.cases(isCI ? 20 : 4, full: 500) {
      var generator = SeededGenerator(seed: seed)
      let interval: UInt64 = 100_000_000
      let options = StoreOptions.small(segments: 6, sync: .interval(.milliseconds(100)))
      let fs = SimulatedFileSystem()
      let core = try StoreCore(fileSystem: fs, options: options)
      var appended: [(last: UInt64, time: UInt64)] = []
      for _ in 0..<80 {
        let pause = Bool.random(using: &generator) ? interval / 50 : interval / 3
        fs.disk.time += UInt64.random(in: 0...pause, using: &generator)
        let count = Int.random(in: 1...20, using: &generator)
        let receipt = try core.append(try batch(from: core.nextSequence, count: count))
        #expect(receipt.isDurable == (receipt.lastSequence <= core.durableThrough))
        appended.append((receipt.lastSequence, fs.disk.time))
        let choice = CrashChoice(.random(torn: true), seed: seed &+ receipt.lastSequence)
        for choice in [CrashChoice(.nothing), choice] {
          let after = try StoreCore(
            fileSystem: SimulatedFileSystem(fs.disk.crashed(choice)), options: options)
          let batch = BatchStorage()
          var request = ReadRequest(next: 1, hint: nil, maxBytes: 1 << 20, maxRecords: .max)
          var present: Set<UInt64> = []
          repeat {
            try after.read(into: batch, &request)
            for index in batch.records.indices {
              let number = batch.records[index].sequence
              present.insert(number)
              #expect(batch.bytes(at: index).elementsEqual(payload(number)), "seed \(seed)")
            }
          } while !batch.records.isEmpty || !batch.gaps.isEmpty
          #expect(present.isSuperset(of: 1..<(core.durableThrough + 1)), "seed \(seed)")
          // The calls of the append under way turn the clock by some microseconds.
          let old = appended.last { $0.time + interval + 1_000_000 < fs.disk.time }?.last ?? 0
          #expect(core.durableThrough >= old, "seed \(seed)")
        }
      }
    }
  }
}
