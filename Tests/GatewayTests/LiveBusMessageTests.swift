import CANCore
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("Messages of several frames on a live CAN bus while the machine's clock is set")
struct LiveBusMessageTests {
  let folder: TemporaryFolder
  /// What the clock shows at the beginning, in milliseconds.
  private let start: Int64 = 1_700_000_000_000

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      """
      VERSION ""
      BU_: Node
      BO_ 2566841342 EngineConfiguration: 39 Node
       SG_ SpeedAtIdle : 0|16@1+ (0.125,0) [0|0] "rpm" Node
       SG_ MaximumSpeed : 295|16@0+ (0.125,0) [0|0] "rpm" Node
      BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
      BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
      BA_ "VFrameFormat" BO_ 2566841342 3;

      """, to: "m.dbc")
  }

  @Test(
    "come whole, with the stamp of the last frame, whether frames are taken one by one or wait",
    arguments: [3_600_000, -3_600_000, 2000, -2000] as [Int64])
  func steps(by step: Int64) throws {
    let stamps = (0...6 as ClosedRange<Int64>).map { start + $0 * 100 + ($0 < 3 ? 0 : step) }
    let frames = message(stamped: stamps)
    var single = try decoder()
    var samples = SampleBatch()
    for (number, frame) in frames.enumerated() {
      let now = time(stamps[number] + 2, monotonic: 5002 + Int64(number) * 100)
      samples.append(contentsOf: single.decode(.received(CANFrameBatch([frame])), at: now).samples)
    }
    var together = try decoder()
    // By what comes before it is known how far the clocks are apart.
    _ = together.decode(
      .received(CANFrameBatch(message(stamped: [start - 1000]))),
      at: time(start - 998, monotonic: 4002))
    let waited = together.decode(
      .received(CANFrameBatch(frames)), at: time(start + 650 + step, monotonic: 5650))
    for found in [samples, waited.samples] {
      #expect(found.map(\.value) == [.double(600), .double(2400.5)])
      #expect(found.allSatisfy { $0.sourceTime == nil && $0.monotonicTime == 5_600_000_000 })
      #expect(found.allSatisfy { $0.gatewayTime == time(stamps[6], monotonic: 0).gateway })
    }
    #expect(brokenMessages(single) == 0)
    // The one of which only the first frame came.
    #expect(brokenMessages(together) == 1)
  }

  @Test("end with a pause on the bus, also where the clock was set back by as much meanwhile")
  func pause() throws {
    var bus = try decoder()
    for (number, frame) in message(stamped: (0...6).map { start + $0 * 100 }).enumerated() {
      let elapsed = Int64(number) * 100 + 2
      let now = time(start + elapsed, monotonic: elapsed + (number < 3 ? 0 : 2000))
      let samples = bus.decode(.received(CANFrameBatch([frame])), at: now).samples
      #expect(samples.isEmpty)
    }
    #expect(brokenMessages(bus) == 1)
  }

  @Test("of a recording go by its own times")
  func recorded() throws {
    for (pause, count) in [(0, 2), (2000, 0)] as [(Int64, Int)] {
      var bus = try decoder()
      let stamps = (0...6 as ClosedRange<Int64>).map { start + $0 * 100 + ($0 < 3 ? 0 : pause) }
      let frames = CANFrameBatch(message(stamped: stamps))
      let samples = bus.decode(.frames(frames), at: time(start, monotonic: 7)).samples
      #expect(samples.count == count)
      #expect(samples.allSatisfy { $0.sourceTime == time(stamps[6], monotonic: 0).gateway })
      #expect(samples.allSatisfy { $0.monotonicTime == 7_000_000 })
      #expect(brokenMessages(bus) == (pause == 0 ? 0 : 1))
    }
  }

  // MARK: -

  private func decoder() throws -> BusDecoder {
    let configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "can", transport: .socketCAN(interface: "can0", database: folder.file("m.dbc")))
      ], devices: [.init(name: "truck", bus: "can")])
    let decoders = try configuration.makeDecoders(tags: TagRegistry())
    return try #require(decoders["can"])
  }

  private func brokenMessages(_ bus: BusDecoder) -> UInt64? {
    guard case .signals(let signals) = bus else { return nil }
    return signals.brokenMessages
  }

  /// The frames of a broadcast of 600 and 2400.5 rpm, as many as there are times; in milliseconds since 1970.
  private func message(stamped stamps: [Int64]) -> [CANFrame] {
    var bytes = [UInt8](repeating: 0xFF, count: 42)
    (bytes[0], bytes[1]) = (0xC0, 0x12)
    (bytes[36], bytes[37]) = (0x4B, 0x04)
    return stamps.enumerated().map { number, stamp in
      let data: [UInt8] =
        number == 0
        ? [0x20, 39, 0, 6, 0xFF, 0xE3, 0xFE, 0]
        : [UInt8(number)] + bytes[((number - 1) * 7)..<(number * 7)]
      return CANFrame(
        time: stamp * 1_000_000,
        identifier: CANIdentifier(truncating: number == 0 ? 0x9CEC_FF21 : 0x9CEB_FF21),
        payload: CANPayload(data) ?? [])
    }
  }

  /// In milliseconds.
  private func time(_ clock: Int64, monotonic: Int64) -> WireTime {
    WireTime(
      gateway: Timestamp(nanoseconds: clock * 1_000_000), monotonic: monotonic * 1_000_000)
  }
}
