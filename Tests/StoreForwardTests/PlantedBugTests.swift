import Glibc
import TestSupport
import Testing

@testable import StoreForward

#if DEBUG  // a release build has no mistakes to plant
  @Suite("The crash tests catch the mistakes that they are there for")
  struct PlantedBugTests {
    /// Runs the simulation with a mistake until something is found; nil if nothing is.
    ///
    /// - Parameter firstSeed: One of those that find it soon.
    private func find(
      _ bug: PlantedBug, options: StoreOptions, failSyncOneIn: Int? = nil, largest: Int = 1800,
      withKills: Bool = false, firstSeed: UInt64 = 1
    ) throws -> String? {
      for seed in firstSeed...(firstSeed + 5) {
        var workload = CrashWorkload(seed: seed)
        workload.options = options
        workload.failSyncOneIn = failSyncOneIn
        workload.largest = largest
        let found = try PlantedBug.$planted.withValue(bug) { () -> String? in
          for (index, snapshot) in try workload.run().enumerated() {
            let choices = CrashWorkload.choices(pending: 7, random: 2, seed: seed &+ UInt64(index))
            for choice in choices {
              let violations = CrashWorkload.check(
                snapshot.disk.crashed(choice), snapshot.model, options: options, seed: seed)
              if let first = violations.first { return "seed \(seed), point \(index): \(first)" }
            }
            guard withKills else { continue }
            let violations = CrashWorkload.checkKill(
              snapshot.disk, snapshot.model, options: options, seed: seed)
            if let first = violations.first { return "seed \(seed), point \(index): \(first)" }
          }
          return nil
        }
        if let found { return found }
      }
      return nil
    }

    @Test("acknowledged before it was synced")
    func acknowledgeBeforeSync() throws {
      #expect(try find(.acknowledgeBeforeSync, options: .small(segments: 3)) != nil)
    }

    @Test("a new file whose name was not synced")
    func noDirectorySync() throws {
      #expect(try find(.noDirectorySync, options: .small(segments: 3)) != nil)
    }

    @Test("a cursor saved before its consumer was done")
    func cursorSavedBeforeDelivery() throws {
      #expect(try find(.cursorSavedBeforeDelivery, options: .small(segments: 3)) != nil)
    }

    @Test("space given free by an acknowledgement that was not durable")
    func recycleBeforeCursorIsDurable() throws {
      let options = StoreOptions.small(segments: 3, overflow: .rejectNewest)
      #expect(try find(.recycleBeforeCursorIsDurable, options: options, largest: 9000) != nil)
    }

    @Test("a failed sync asked again")
    func retrySyncAfterError() throws {
      #expect(
        try find(.retrySyncAfterError, options: .small(segments: 3), failSyncOneIn: 6, firstSeed: 2)
          != nil)
    }

    @Test("what a failed sync left in the page cache taken for durable")
    func trustPageCache() throws {
      let options = StoreOptions.small(segments: 3)
      #expect(
        try find(.trustPageCache, options: options, failSyncOneIn: 6, withKills: true) != nil)
    }

    @Test("last lap's records under this lap's header")
    func noGenerationInChecksum() throws {
      #expect(
        try find(.noGenerationInChecksum, options: .small(segments: 3), largest: 9000) != nil)
    }

    @Test("records appended right behind a torn one")
    func appendAfterTornTail() throws {
      #expect(try TornTail.resurrected().isEmpty)
      #expect(
        try !PlantedBug.$planted.withValue(.appendAfterTornTail) { try TornTail.resurrected() }
          .isEmpty)
    }

    @Test("a length that no checksum covers")
    func checksumWithoutLength() throws {
      let damage = { try DamageTests.worstLoss(flippingEvery: 1, in: 64..<196) }
      #expect(try damage() <= 1)
      #expect(try PlantedBug.$planted.withValue(.checksumWithoutLength) { try damage() } > 1)
    }

    @Test("numbers that begin again where a damaged log ends")
    func numbersFromLogEndOnly() throws {
      #expect(try DamageTests.reusedNumbers() == 0)
      #expect(
        try PlantedBug.$planted.withValue(.numbersFromLogEndOnly) {
          try DamageTests.reusedNumbers()
        } > 0)
    }
  }

  /// A group of which the first record is torn and the others are whole; then a record of the same size.
  enum TornTail {
    /// Numbers that come up though they were gone at an earlier look.
    static func resurrected() throws -> [UInt64] {
      let options = StoreOptions.small(segments: 3)
      let fs = SimulatedFileSystem()
      let core = try StoreCore(fileSystem: fs, options: options)
      try core.append(try batch(from: 1, count: 10))
      let place = core.window.start
      var torn: SimulatedDisk?
      fs.beforeChange = { (operation) throws(StoreIOError) in
        if operation == .sync("seg-0000"), torn == nil { torn = fs.disk }
      }
      try core.append(try batch(from: 11, count: 3, size: { _ in 1000 }))
      let cut = place..<(place + Layout.groupHeaderSize + 1024)
      var disk = try #require(torn).crashed(CrashChoice(.everything)).damaging("seg-0000") {
        for index in cut { $0[index] = 0 }
      }
      // Numbers jump after a restart of the machine, which would hide the mistake.
      disk.boot = fs.disk.boot
      let second = SimulatedFileSystem(disk)
      let reopened = try StoreCore(fileSystem: second, options: options)
      var allowed = numbers(reopened)
      let receipt = try reopened.append(try batch(from: 11, count: 1, size: { _ in 1000 }))
      allowed.insert(receipt.firstSequence)
      let last = try StoreCore(
        fileSystem: SimulatedFileSystem(second.disk.killed()), options: options)
      return numbers(last).subtracting(allowed).sorted()
    }

    private static func numbers(_ core: StoreCore<SimulatedFileSystem>) -> Set<UInt64> {
      var model = CrashModel(slots: 3, mayEvict: true)
      model.see(core)
      return model.seen
    }
  }
#endif
