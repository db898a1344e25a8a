import Foundation
import MQTT
import TestSupport
import Testing

/// In a process of its own, so that nothing else is counted. 300 connections; with IIOT_SOAK=1 10,000.
@Suite(.enabled(if: Mosquitto.isInstalled, "needs mosquitto"), .timeLimit(.minutes(20)))
struct LeakTests {
  @Test func connectionsThatComeAndGoLeaveNothingBehind() async throws {
    // The process ends well either way, so that its words are heard.
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let rounds = Soak.isOn ? 10_000 : 300
      let broker = try await Mosquitto()
      for round in 0..<50 { try await connectOnce(to: broker, round) }
      let before = try await settled(Resources.now())
      for round in 0..<rounds { try await connectOnce(to: broker, round) }
      let after = try await settled(before)
      broker.kill()
      // Much less than a session a round. An arena of the allocator that comes into use takes 132 KiB once.
      let allowance = 200_000 + 8 * rounds
      guard after.threads <= before.threads, after.descriptors <= before.descriptors,
        after.bytes <= before.bytes + allowance
      else {
        let report = "before: \(before); after \(rounds) connections: \(after)\n"
        FileHandle.standardError.write(Data(report.utf8))
        return
      }
    }
    let report = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(report.isEmpty, "\(report)")
  }
}

/// Connects in one of the ways that there are, uses the connection and ends it or lets it go.
private func connectOnce(to broker: Mosquitto, _ round: Int) async throws {
  var options = MQTTOptions(version: round % 3 == 0 ? .v311 : .v5)
  if round % 4 == 0 { options.session = .persistent(clientIdentifier: "leak") }
  let client = try MQTTClient(broker.url, options: options)
  let subscription = try await client.subscribe("x/#")
  try await client.publish("\(round)", to: "x/long enough for an alias", qos: .atMostOnce)
  try await client.publish("\(round)", to: "x/y", qos: round % 2 == 0 ? .atLeastOnce : .exactlyOnce)
  _ = try await collect(2, from: subscription)
  if round % 4 == 0 {
    let durable = try await client.durableSubscription("x/#")
    try await client.publish("d", to: "x/y")
    var iterator = durable.makeAsyncIterator()
    try await iterator.next()?.acknowledge()
    if round % 8 == 0 { await durable.close() }
  }
  // Half of them are just let go.
  if round % 2 == 0 { await client.close() }
}

/// What the process has when the last of the clients that were let go have ended: no more than before, or what is left after a
/// long wait.
private func settled(_ before: Resources) async throws -> Resources {
  var now = try Resources.now()
  for _ in 0..<400 {
    try await Task.sleep(for: .milliseconds(25))
    let next = try Resources.now()
    if next.threads <= before.threads, next.threads == now.threads,
      next.descriptors == now.descriptors
    {
      return next
    }
    now = next
  }
  return now
}
