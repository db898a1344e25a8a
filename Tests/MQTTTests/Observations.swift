import Foundation
import MQTT

/// Collects messages of a subscription until there are enough.
func collect(_ count: Int, from subscription: MQTTSubscription) async throws -> [MQTTMessage] {
  var all: [MQTTMessage] = []
  if count == 0 { return all }
  for try await batch in subscription {
    all += batch
    if all.count >= count { break }
  }
  return all
}

/// Number of threads and descriptors of this process.
func resources() throws -> (threads: Int, descriptors: Int) {
  (
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count,
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  )
}
