import CANSignals
import CANTransport
import DBC
import IndustrialModel
import Testing

@Suite("Frames without signals, too short ones, messages of several frames")
struct SignalSamplerTests {
  static let text = """
    BO_ 256 Pump: 8 Node
     SG_ Speed : 0|16@1+ (0.5,-100) [0|0] "rpm" Node
     SG_ Count : 16|16@1- (1,0) [0|0] "" Node
     SG_ Level : 48|16@1+ (1,0) [0|0] "" Node
    BO_ 2566841342 EngineConfiguration: 39 Node
     SG_ SpeedAtIdle : 0|16@1+ (0.125,0) [0|0] "rpm" Node
     SG_ MaximumSpeed : 295|16@0+ (0.125,0) [0|0] "rpm" Node
    BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
    BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
    BA_ "VFrameFormat" BO_ 2566841342 3;

    """

  private var sampler: SignalSampler

  init() throws {
    sampler = SignalSampler(
      try Database(parsing: Array(Self.text.utf8)), device: "d", tags: TagRegistry())
  }

  private static func frame(
    _ raw: UInt32, _ bytes: [UInt8], at time: Int64 = 7, flags: CANFlags = []
  ) -> CANFrame {
    CANFrame(
      time: time, identifier: CANIdentifier(truncating: raw), flags: flags,
      payload: CANPayload(bytes) ?? [])
  }

  private mutating func sample(_ frames: [CANFrame]) -> SampleBatch {
    var samples = SampleBatch()
    sampler.append(CANFrameBatch(frames), to: &samples)
    return samples
  }

  @Test mutating func aShortFrameHasBadSignalsAndIsCounted() {
    let samples = sample([Self.frame(256, [0, 0, 1, 0])])
    #expect(samples.map(\.quality.isGood) == [true, true, false])
    #expect(samples.last?.quality == .badDecodingError)
    #expect(sampler.shortFrames == 1)
  }

  @Test mutating func framesWithoutSignalsGiveNone() {
    let samples = sample([
      Self.frame(256, [], flags: .remote),
      Self.frame(256, [1, 2, 3, 4, 5, 6, 7, 8], flags: .error),
      Self.frame(1000, [1]),
    ])
    #expect(samples.isEmpty)
    #expect(sampler.unknownFrames == 1)
    #expect(sampler.shortFrames == 0)
  }

  private static var configuration: [UInt8] {
    var bytes = [UInt8](repeating: 0xFF, count: 39)
    (bytes[0], bytes[1]) = (0xC0, 0x12)  // 600 rpm
    (bytes[36], bytes[37]) = (0x4B, 0x04)  // 2400.5 rpm
    return bytes
  }

  @Test mutating func messagesOfSeveralFramesArePutTogether() {
    let bytes = Self.configuration
    var frames = [Self.frame(0x9CEC_FF21, [0x20, 39, 0, 6, 0xFF, 0xE3, 0xFE, 0])]
    for packet in 0..<6 {
      let part = Array(bytes[(packet * 7)..<min(39, packet * 7 + 7)])
      frames.append(
        Self.frame(
          0x9CEB_FF21,
          [UInt8(packet + 1)] + part + [UInt8](repeating: 0xFF, count: 7 - part.count),
          at: Int64(packet) + 10))
    }
    let samples = sample(frames)
    #expect(samples.map(\.value) == [.double(600), .double(2400.5)])
    #expect(samples.allSatisfy { $0.sourceTime == Timestamp(nanoseconds: 15) })
    #expect(sampler.unknownFrames == 0)
    // Half a message says nothing, and is told.
    #expect(sample([frames[0], frames[1], frames[3]]).isEmpty)
    #expect(sampler.brokenMessages == 1)
  }

  @Test mutating func messagesThatCameWholeAreTaken() {
    var samples = SampleBatch()
    for bytes in [Self.configuration, [0xC0, 0x12]] {
      sampler.append(
        TransportMessage(
          firstTime: 1, time: 3, channel: 0,
          identifier: CANIdentifier(truncating: 0x98FE_E300), address: nil, bytes: bytes),
        to: &samples)
    }
    #expect(samples.map(\.value) == [.double(600), .double(2400.5), .double(600), .none])
    #expect(samples.map(\.quality.isGood) == [true, true, true, false])
  }
}
