#if Gateway
  import CANCore
  import Foundation
  import IndustrialModel
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("The journal knows on which channel a frame was", .timeLimit(.minutes(15)))
  struct JournalChannelTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A message of 9 bytes, all of them `byte`, as a source sends it to all: its three frames.
    private func broadcast(_ byte: UInt8, channel: UInt16) -> [CANFrame] {
      let data: [[UInt8]] = [
        [0x20, 9, 0, 2, 0xFF, 0xCA, 0xFE, 0], [1] + Array(repeating: byte, count: 7),
        [2, byte, byte, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      ]
      return zip(data, [0x9CEC_FF10, 0x9CEB_FF10, 0x9CEB_FF10] as [UInt32]).map { bytes, raw in
        CANFrame(
          identifier: CANIdentifier(truncating: raw), channel: channel,
          payload: CANPayload(bytes) ?? CANPayload())
      }
    }

    private func time(_ milliseconds: Int) -> WireTime {
      WireTime(
        gateway: Timestamp(
          nanoseconds: 1_700_000_000_000_000_000 + Int64(milliseconds) * 1_000_000),
        monotonic: 77 + Int64(milliseconds) * 1_000_000)
    }

    private func entry(_ frames: [CANFrame], at milliseconds: Int = 0) -> JournalEntry {
      let time = time(milliseconds)
      let timed = frames.map { frame in
        var frame = frame
        frame.time = time.gateway.nanoseconds
        return frame
      }
      return .wire("can", .frames(CANFrameBatch(timed)), time)
    }

    @Test("one source sends at the same time on two channels: what is replayed is what was stored")
    func interleaved() async throws {
      try folder.write(
        """
        VERSION ""
        BU_: E
        BO_ 2566834942 Big: 9 E
         SG_ A : 0|8@1+ (1,0) [0|0] "" E
         SG_ B : 64|8@1+ (1,0) [0|0] "" E
        BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
        BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
        BA_ "VFrameFormat" BO_ 2566834942 3;

        """, to: "j.dbc")
      let configuration = try GatewayConfiguration(
        yaml: """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("data"))}
          journal: {}
          buses: {can: {driver: can-log, path: /no/such.log, dbc: \(folder.file("j.dbc"))}}
          devices: {d: {bus: can}}
          """)
      try FileManager.default.createDirectory(
        atPath: folder.file("data"), withIntermediateDirectories: true)
      var bench = try await LaneBench(configuration, version: 1)
      let (first, second) = (broadcast(0x11, channel: 0), broadcast(0x22, channel: 1))
      // In one batch, and in batches of their own.
      bench.put(entry([first[0], first[1], second[0], second[1], first[2], second[2]]))
      for (index, pair) in zip(first, second).enumerated() {
        bench.put(entry([pair.1], at: 10 + 2 * index))
        bench.put(entry([pair.0], at: 11 + 2 * index))
      }
      try await bench.finish()

      let samples = try storedSamples(in: folder.file("data"))
      #expect(
        samples.map(\.tag) == Array(repeating: ["d/Big.A", "d/Big.B"], count: 4).flatMap(\.self))
      #expect(
        samples.map { $0.sample.value.doubleValue } == [17, 17, 34, 34, 34, 34, 17, 17])
      let (again, findings) = try replayed(folder.file("data/journal"))
      #expect(try again == stored(in: folder.file("data")))
      #expect(findings == [])
    }

    @Test("frames keep their channels; those of channel 0 alone stand as they always did")
    func codec() throws {
      let frames = [0, 1, 65535, 0, 7].flatMap { broadcast(UInt8($0 & 0xFF), channel: $0) }
      let bytes = entry(frames).encoded()
      #expect(bytes.first == JournalCodec.Kind.channelFrames.rawValue)
      guard case .wire("can", .frames(let read), _)? = JournalEntry(bytes) else {
        Issue.record("no frames")
        return
      }
      #expect(read.map(\.channel) == frames.map(\.channel))
      #expect(read.map(\.payload) == frames.map(\.payload))

      // An entry of a journal of before: byte by byte as docs/journal.md has it.
      let one = CANFrame(
        time: 1, identifier: CANIdentifier(truncating: 5), flags: [], payload: [0xAB])
      let plain = JournalEntry.wire(
        "b", .frames(CANFrameBatch([one])),
        WireTime(gateway: Timestamp(nanoseconds: 0), monotonic: 0))
      let old: [UInt8] =
        [16] + Array(repeating: 0, count: 16) + [1, UInt8(ascii: "b"), 1, 2, 5, 0, 1, 1, 0xAB]
      #expect(plain.encoded() == old)
      guard case .wire("b", .frames(let known), _)? = JournalEntry(old) else {
        Issue.record("no frames")
        return
      }
      #expect(Array(known) == [one] && known.first?.channel == 0)
      // A channel that no batch can have is no entry.
      let wide =
        [22] + Array(repeating: 0, count: 16)
        + [1, UInt8(ascii: "b"), 1, 0x80, 0x80, 0x04, 2, 5, 0, 1, 1, 0xAB]
      #expect(JournalEntry(wide) == nil)
    }
  }
#endif
