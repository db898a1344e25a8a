import Foundation
import TestSupport
import Testing

@testable import StoreForward

/// More cases than every run needs: IIOT_SOAK=1.
let isSoak = ProcessInfo.processInfo.environment["IIOT_SOAK"] != nil

@Suite("Power cuts at every point of a simulated disk lose nothing")
struct SimulatedCrashTests {
  static let seeds: [UInt64] = {
    // The last one opens a store again whose sync had failed, and then the power goes.
    let fixed: [UInt64] = [1, 2, 3_667_264_820]
    let fresh = UInt64.random(in: 1000...UInt64(UInt32.max))
    return fixed + [fresh] + (isSoak ? (0..<200).map { fresh &+ 1 &+ $0 } : [])
  }()

  @Test("every crash point, every kind of loss", arguments: seeds)
  func crashes(seed: UInt64) throws {
    let dropping = seed % 2 == 1
    var workload = CrashWorkload(seed: seed)
    workload.options = .small(segments: 3, overflow: dropping ? .dropOldest : .rejectNewest)
    if seed % 3 == 2 { workload.failSyncOneIn = 9 }
    let snapshots = try workload.run()
    var states = 0
    for (index, snapshot) in snapshots.enumerated() {
      // In a short run every fourth point, beginning anywhere.
      guard isSoak || (UInt64(index) &+ seed) % 4 == 0 else { continue }
      let choices = CrashWorkload.choices(
        pending: isSoak ? snapshot.disk.pendingCount : 7, random: isSoak ? 16 : 2,
        seed: seed &+ UInt64(index))
      for choice in choices {
        states += 1
        let violations = CrashWorkload.check(
          snapshot.disk.crashed(choice), snapshot.model, options: workload.options,
          seed: seed &+ UInt64(index))
        #expect(violations.isEmpty, "seed \(seed), point \(index), \(choice.kind)")
        if !violations.isEmpty { return }
      }
    }
    // Two failing syncs in a row end the workload, however early.
    #expect(states > (workload.failSyncOneIn == nil ? 30 : 0), "seed \(seed)")
  }
}
