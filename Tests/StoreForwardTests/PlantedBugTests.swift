import Glibc
import TestSupport
import Testing

@testable import StoreForward

@Suite("The crash tests catch the mistakes that they are there for")
struct PlantedBugTests {
  /// Runs the simulation with a mistake until something is found; nil if nothing is.
  private func find(
    _ bug: PlantedBug, options: StoreOptions, failSyncOneIn: Int? = nil
  ) throws -> String? {
    for seed in UInt64(1)...12 {
      var workload = CrashWorkload(seed: seed)
      workload.options = options
      workload.failSyncOneIn = failSyncOneIn
      let found = try PlantedBug.$planted.withValue(bug) { () -> String? in
        for (index, snapshot) in try workload.run().enumerated() {
          let choices = CrashWorkload.choices(pending: 7, random: 2, seed: seed &+ UInt64(index))
          for choice in choices {
            let violations = CrashWorkload.check(
              snapshot.disk.crashed(choice), snapshot.model, options: options, seed: seed)
            if let first = violations.first { return "seed \(seed), point \(index): \(first)" }
          }
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
    #expect(try find(.recycleBeforeCursorIsDurable, options: options) != nil)
  }

  @Test("a failed sync asked again")
  func retrySyncAfterError() throws {
    #expect(
      try find(.retrySyncAfterError, options: .small(segments: 3), failSyncOneIn: 6) != nil)
  }

  @Test("last lap's records under this lap's header")
  func noGenerationInChecksum() throws {
    #expect(try find(.noGenerationInChecksum, options: .small(segments: 3)) != nil)
  }

  @Test("records appended right behind a torn one")
  func appendAfterTornTail() throws {
    #expect(try find(.appendAfterTornTail, options: .small(segments: 3)) != nil)
  }

  @Test("a length that no checksum covers")
  func checksumWithoutLength() throws {
    let damage = { try DamageTests.worstLoss(flippingEvery: 1, in: 0..<24 * 40) }
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
