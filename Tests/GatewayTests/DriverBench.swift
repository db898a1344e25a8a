import Foundation
import IndustrialModel
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A driver at work, and all that it hands over.
final class DriverBench: Sendable {
  private struct State {
    var samples: [Sample] = []
    var latest: [TagID: Sample] = [:]
  }

  let tags = TagRegistry()
  let events = EventLog()
  private let intake: Intake
  private let state = Mutex(State())
  private let driver: any Driver
  private let reading = Mutex<Task<Void, Never>?>(nil)
  private let taking = Mutex<Task<Void, Never>?>(nil)

  /// - Parameter limit: So many samples it may hand over before somebody takes them.
  init(_ configuration: GatewayConfiguration, limit: Int = 10_000) throws {
    intake = Intake(limit: limit)
    driver = try #require(try configuration.makeDrivers(tags: tags).first).driver
  }

  var samples: [Sample] { state.withLock { $0.samples } }
  /// How often something was handed over that nobody has taken yet.
  var waiting: Int { intake.waiting }

  /// The latest sample of each tag, by name.
  var latest: [String: Sample] {
    let latest = state.withLock { $0.latest }
    return Dictionary(uniqueKeysWithValues: latest.map { (tags.name(of: $0), $1) })
  }

  /// Starts the driver.
  func start() {
    let context = DriverContext(intake: intake, report: events.add)
    reading.withLock { $0 = Task.detached { [driver] in await driver.run(context) } }
  }

  /// Takes what it hands over, until `stop`.
  func take() {
    taking.withLock {
      $0 = Task.detached { [intake] in
        while let batches = await intake.take() {
          self.keep(batches)
          for batch in batches { batch.onStored?(true) }
        }
      }
    }
  }

  private func keep(_ batches: [Moments]) {
    state.withLock { state in
      for batch in batches {
        for sample in batch.samples {
          state.samples.append(sample)
          state.latest[sample.tag] = sample
        }
      }
    }
  }

  /// Waits until something holds; the suite's limit ends a wait for ever.
  func wait(until isSo: (DriverBench) async throws -> Bool) async throws {
    while try await !isSo(self) { try await Task.sleep(for: .milliseconds(5)) }
  }

  /// Whether the driver has ended by itself or when told, within a time that is generous.
  func stop() async -> Bool {
    let running = reading.withLock { $0 }
    running?.cancel()
    let hasEnded = await Self.ends(running, within: .seconds(120))
    intake.finish()
    await taking.withLock { $0 }?.value
    return hasEnded
  }

  private static func ends(_ task: Task<Void, Never>?, within limit: Duration) async -> Bool {
    guard let task else { return true }
    return await withTaskGroup(of: Bool.self) { group in
      let end = AsyncStream<Void>.makeStream()
      Task {
        await task.value
        end.continuation.finish()
      }
      group.addTask {
        for await _ in end.stream {}
        return !Task.isCancelled
      }
      group.addTask {
        try? await Task.sleep(for: limit)
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      return first
    }
  }
}
