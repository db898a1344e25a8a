import Foundation
import MQTT
import TestSupport

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

/// What this process has taken of the system and its memory.
struct Resources: CustomStringConvertible {
  var threads: Int
  var descriptors: Int
  var bytes: Int

  static func now() throws -> Resources {
    Resources(
      threads: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count,
      descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count,
      bytes: bytesInUse())
  }

  var description: String { "\(threads) threads, \(descriptors) descriptors, \(bytes) bytes" }
}
