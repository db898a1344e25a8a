import CANCore
import Foundation
import SocketCAN
import TestSupport
import Testing

@testable import Gateway

@Suite("What of a CAN bus comes to nothing is told, and not too often") struct BusLossTests {
  private let second: Int64 = 1_000_000_000
  private let log = EventLog()

  private func messages() -> [String] { log.all.map(\.message) }

  @Test("dropped frames: at once, then those of some seconds together, and the rest at the end")
  func dropped() {
    var losses = BusLosses(source: "bus can", report: log.add)
    losses.note(dropped: 0, broken: 0, unknown: 0, at: 0)
    #expect(messages().isEmpty)
    losses.note(dropped: 3, broken: 0, unknown: 0, at: second)
    #expect(messages().count == 1 && messages()[0].contains("not taken in time: 3. "))
    for step in 1...9 {
      losses.note(
        dropped: 3 + UInt64(step), broken: 0, unknown: 0, at: second + Int64(step) * second / 2)
    }
    #expect(messages().count == 1)
    losses.note(dropped: 13, broken: 0, unknown: 0, at: 6 * second)
    #expect(messages().count == 2 && messages()[1].contains("in time: 10. "))
    // Nothing new is nothing to tell, however long it is ago.
    losses.note(dropped: 13, broken: 0, unknown: 0, at: 60 * second)
    losses.finish()
    #expect(messages().count == 2)
    losses.note(dropped: 14, broken: 0, unknown: 0, at: 61 * second)
    losses.note(dropped: 16, broken: 0, unknown: 0, at: 62 * second)
    losses.finish()
    #expect(messages().count == 4 && messages()[3].contains("in time: 2. "))
    // A new socket counts from 0.
    losses.opened()
    losses.note(dropped: 5, broken: 0, unknown: 0, at: 80 * second)
    #expect(messages().count == 5 && messages()[4].contains("in time: 5. "))
    #expect(log.all.allSatisfy { $0.level == .warning && $0.source == "bus can" })
  }

  @Test("broken messages and unknown frames: when they are 1, 10, 100")
  func milestones() {
    var losses = BusLosses(source: "bus can", report: log.add)
    for count in 1...120 as ClosedRange<UInt64> {
      losses.note(dropped: 0, broken: count / 2, unknown: count, at: Int64(count))
    }
    #expect(
      messages() == [
        "frames that are in no message of the database: 1 so far",
        "messages of several frames that did not come whole: 1 so far",
        "frames that are in no message of the database: 10 so far",
        "messages of several frames that did not come whole: 10 so far",
        "frames that are in no message of the database: 100 so far",
      ])
  }

  @Test("a recording tells broken messages at its end, as it tells unknown frames")
  func recording() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      VERSION ""
      BU_: E
      BO_ 2566834942 Big: 9 E
       SG_ A : 0|8@1+ (1,0) [0|0] "" E
      BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
      BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
      BA_ "VFrameFormat" BO_ 2566834942 3;

      """, to: "j.dbc")
    // A message whose first packet is missing, and a frame of nobody.
    try folder.write(
      """
      (1700000000.010000) can0 1CECFF10#20090002FFCAFE00
      (1700000000.020000) can0 1CEBFF10#0211FFFFFFFFFFFF
      (1700000000.030000) can0 123#00

      """, to: "j.log")
    let bench = try DriverBench(
      GatewayConfiguration(
        id: "g", dataFolder: folder.file("data"),
        buses: [
          .init(
            name: "b",
            transport: .canLog(path: folder.file("j.log"), database: folder.file("j.dbc")))
        ], devices: [.init(name: "d", bus: "b")]))
    bench.take()
    bench.start()
    try await bench.wait { $0.events.all.count >= 3 }
    #expect(await bench.stop())
    let told = bench.events.all.filter { $0.level == .warning }.map(\.message)
    #expect(
      told == [
        "messages of several frames that did not come whole: 1",
        "frames that are in no message of the database: 1",
      ])
  }
}

extension DriverConformanceTests {
  /// On an interface of its own, while nobody takes what the driver hands over.
  @Test(
    "frames that the kernel drops are told",
    .enabled(
      if: DriverCase.possible.contains { $0.name == "socketcan" },
      "needs virtual CAN interfaces (Tests/vcan/run)"))
  func drops() async throws {
    let peer = try await #require(DriverCase.possible.first { $0.name == "socketcan" })
      .make(folder)
    guard case .socketCAN(let interface, _)? = peer.configuration.buses.first?.transport else {
      Issue.record("no CAN bus")
      return
    }
    let bench = try DriverBench(peer.configuration, limit: 1)
    bench.start()
    // It listens.
    try await bench.wait { bench in
      try await peer.speak()
      return bench.waiting > 0
    }
    // More than the batches that it reads ahead and the socket's buffer hold.
    let sender = try CANBus(interface)
    let frame = CANFrame(identifier: CANIdentifier(truncating: 291), payload: [1, 0, 2, 0])
    for _ in 0..<60_000 { try await sender.send(frame) }
    bench.take()
    try await bench.wait { bench in
      try await sender.send(frame)
      return bench.events.all.contains { $0.message.contains("the kernel dropped frames") }
    }
    #expect(await bench.stop())
  }
}
