import Foundation

/// What this process holds of the machine.
public struct Footprint: Equatable, Sendable {
  /// Threads, without those of Swift's pool, which come and go as they like.
  public var threads: Int
  /// Open files and sockets.
  public var descriptors: Int

  /// Of this moment.
  public init() throws {
    func entries(_ folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(folder)")
    }
    func name(_ task: String) -> String? {
      try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
    }
    // Those of the pool bear the name of the program, or of the queue that they worked for last; ours have names of their own.
    let program = name("\(getpid())")
    threads = try entries("task").count { task in
      guard let name = name(task), name != program else { return false }
      return !name.contains("-qos")
    }
    descriptors = try entries("fd").count
  }

  /// What the open descriptors stand for.
  public static func openFiles() throws -> [String] {
    let folder = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }.sorted()
  }

  /// Threads and sockets end a moment after what they belong to: waits until there are no more than wanted, or no fewer than a
  /// moment ago.
  public static func settled(atMost wanted: Footprint?) async throws -> Footprint {
    var last = try Footprint()
    for _ in 0..<300 {
      try await Task.sleep(for: .milliseconds(wanted == nil ? 200 : 20))
      let now = try Footprint()
      if let wanted {
        if now.threads <= wanted.threads, now.descriptors <= wanted.descriptors { return now }
      } else if now == last {
        return now
      }
      last = now
    }
    return last
  }
}
