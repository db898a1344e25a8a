import CANCore
import Foundation
import SocketCAN
import TestSupport
import Testing

/// Against the kernel's own sockets, with can-utils on the other side; one test at a time, as they share the bus.
@Suite(
  "On a virtual bus", .serialized, .enabled(if: VirtualBus.isThere, "\(VirtualBus.reason)"))
enum VirtualBusTests {}

/// Two virtual CAN interfaces of the machine, where it has them: `Tests/vcan/run` starts a guest with them.
enum VirtualBus {
  static let isThere = if_nametoindex("vcan0") != 0 && if_nametoindex("vcan1") != 0
  static let reason = "needs vcan0 and vcan1 (Tests/vcan/run)"

  /// A tool of can-utils.
  static func tool(_ name: String) throws -> String {
    guard let path = PeerProcess.find(name) else { throw Missing(tool: name) }
    return path
  }

  struct Missing: Error { var tool: String }

  /// Starts candump and returns when it listens: it is sent frames until it has shown one.
  static func candump(
    _ arguments: [String], into folder: TemporaryFolder, probing bus: CANBus
  ) async throws -> PeerProcess {
    try folder.write("", to: "candump")
    let process = try PeerProcess(
      try tool("candump"), arguments, output: folder.file("candump"),
      errors: folder.file("candump"))
    for _ in 0..<200 where try folder.text(of: "candump").isEmpty {
      try await bus.send(CANFrame(identifier: probe, payload: []))
      try await Task.sleep(for: .milliseconds(20))
    }
    return process
  }

  /// The identifier of the frames that only find out whether somebody listens.
  static let probe = CANIdentifier(truncating: 0x7FF)

  /// What a file has once it has so many lines that `isWanted` takes.
  static func lines(
    of name: String, in folder: TemporaryFolder, count: Int,
    where isWanted: (String) -> Bool = { !$0.contains("7FF#") }
  ) async throws -> [String] {
    for _ in 0..<500 {
      let text = try folder.text(of: name)
      let lines = text.split(separator: "\n").map(String.init).filter(isWanted)
      if lines.count >= count, text.hasSuffix("\n") { return lines }
      try await Task.sleep(for: .milliseconds(20))
    }
    return try folder.text(of: name).split(separator: "\n").map(String.init).filter(isWanted)
  }
}
