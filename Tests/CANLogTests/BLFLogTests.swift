import CANCore
import CANLog
import Foundation
import TestSupport
import Testing

/// BLF built by hand, object by object: what writers leave, split, pad and break.
@Suite struct BLFLogTests {
  static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A file header that says 2023-11-17 18:38:03.250.
  static func head() -> [UInt8] {
    var head: [UInt8] = Array("LOGG".utf8) + little(UInt32(144)) + [UInt8](repeating: 0, count: 32)
    for field: UInt16 in [2023, 11, 5, 17, 18, 38, 3, 250] { head += little(field) }
    return head + [UInt8](repeating: 0, count: 144 - head.count)
  }

  static let start: Int64 = 1_700_246_283_250_000_000

  static func object(
    _ kind: UInt32, _ body: [UInt8], time: UInt64 = 0, flags: UInt32 = 2, version: UInt16 = 1,
    size: Int? = nil
  ) -> [UInt8] {
    let header = version == 1 ? 32 : 40
    var bytes: [UInt8] = Array("LOBJ".utf8) + little(UInt16(header)) + little(version)
    bytes += little(UInt32(size ?? header + body.count)) + little(kind)
    bytes += little(flags) + [0, 0, 0, 0] + little(time)
    if version == 2 { bytes += [UInt8](repeating: 0, count: 8) }
    bytes += body
    return bytes + [UInt8](repeating: 0, count: bytes.count % 4)
  }

  static func classic(_ identifier: UInt32, time: UInt64 = 0, _ data: [UInt8]) -> [UInt8] {
    object(
      1,
      little(UInt16(1)) + [0, UInt8(data.count)] + little(identifier) + data
        + [UInt8](repeating: 0, count: 8 - data.count), time: time)
  }

  static func container(_ data: [UInt8], size: Int? = nil, padding: Int? = nil) -> [UInt8] {
    let total = 32 + data.count
    var bytes: [UInt8] = Array("LOBJ".utf8) + little(UInt16(16)) + little(UInt16(1))
    bytes += little(UInt32(size ?? total)) + little(UInt32(10)) + little(UInt16(0))
    bytes += [UInt8](repeating: 0, count: 6) + little(UInt32(data.count)) + [0, 0, 0, 0] + data
    return bytes + [UInt8](repeating: 0, count: padding ?? total % 4)
  }

  /// A container whose data is a zlib stream of one stored block; with a wrong sum at its end when it is damaged.
  static func packed(_ data: [UInt8], isDamaged: Bool = false) -> [UInt8] {
    let count = UInt16(data.count)
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in data {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    let sum = (high << 16 | low) ^ (isDamaged ? 1 : 0)
    let stream =
      [0x78, 0x01, 0x01] + little(count) + little(~count) + data + little(sum.byteSwapped)
    var bytes = container(stream)
    bytes.replaceSubrange(16..<18, with: little(UInt16(2)))
    bytes.replaceSubrange(24..<28, with: little(UInt32(data.count)))
    return bytes
  }

  /// The last frame of the container before it is known to be whole only when the next container comes, and that one gives nothing.
  @Test(arguments: [1, 2, 1000])
  func aDamagedContainerCostsNothingBeforeIt(batch: Int) throws {
    let objects = (0..<7).map { Self.classic(0x100 + $0, time: UInt64($0), [UInt8($0)]) }
    func joined(_ range: Range<Int>) -> [UInt8] { objects[range].flatMap { $0 } }
    var options = CANLogOptions()
    options.batchCapacity = batch
    for half in [0, 4, 20, 40] {
      // A frame that begins before the damage and ends in it is lost with it.
      let (begin, rest) = (objects[3].prefix(half), objects[3].dropFirst(half))
      let bytes =
        Self.head() + Self.packed(joined(0..<3) + begin)
        + Self.packed(rest + joined(4..<5), isDamaged: true) + Self.packed(joined(5..<7))
      let log = try ReadLog(CANLogReader(bytes: bytes, options: options))
      #expect(
        log.frames.map(\.identifier.value) == [0x100, 0x101, 0x102, 0x105, 0x106], "\(half)")
      #expect(log.findings.map(\.code) == [.damaged], "\(half): \(log.findings)")
    }
    // Undamaged, in the same pieces.
    let sound = Self.head() + Self.packed(joined(0..<3)) + Self.packed(joined(3..<7))
    let log = try ReadLog(CANLogReader(bytes: sound, options: options))
    #expect(log.frames.count == 7 && log.findings == [])
  }

  @Test func readsEveryKindOfObject() throws {
    let fdData = (0..<12).map { UInt8($0) }
    let objects: [[UInt8]] = [
      Self.classic(0x123, time: 1, [1, 2, 3]),
      // CAN_MESSAGE2, sent, extended, tens of microseconds, header of version 2
      Self.object(
        86,
        Self.little(UInt16(2)) + [0x01, 2] + Self.little(UInt32(0x8000_0123))
          + [9, 8, 7, 7, 7, 7, 7, 7] + [UInt8](repeating: 0, count: 8), time: 100, flags: 1,
        version: 2),
      // remote
      Self.object(
        1,
        Self.little(UInt16(1)) + [0x80, 5] + Self.little(UInt32(0x124))
          + [UInt8](repeating: 0xFF, count: 8), time: 3_000_000),
      // CAN FD
      Self.object(
        100,
        Self.little(UInt16(1)) + [0, 9] + Self.little(UInt32(0x125)) + [0, 0, 0, 0, 0, 0x07, 12]
          + [0, 0, 0, 0, 0] + fdData + [UInt8](repeating: 0, count: 52), time: 4_000_000),
      // CAN FD 64 with as much data as there is, and other data behind it
      Self.object(
        101,
        [1, 9, 12, 0] + Self.little(UInt32(0x8000_0126)) + Self.little(UInt32(0))
          + Self.little(UInt32(0x3000)) + [UInt8](repeating: 0, count: 16) + [0, 0, 1, 84]
          + [0, 0, 0, 0] + fdData + [1, 2, 3, 4], time: 5_000_000),
      // a classic frame in such an object
      Self.object(
        101,
        [1, 2, 2, 0] + Self.little(UInt32(0x127)) + Self.little(UInt32(0))
          + Self.little(UInt32(0)) + [UInt8](repeating: 0, count: 16) + [0, 0, 0, 0]
          + [0, 0, 0, 0] + [5, 6], time: 6_000_000),
      // error frames
      Self.object(2, Self.little(UInt16(1)) + [0, 0, 0, 0, 0, 0], time: 7_000_000),
      Self.object(
        73,
        Self.little(UInt16(1)) + [0, 0, 0, 0, 0, 0, 0, 0, 2, 0] + [0, 0, 0, 0]
          + Self.little(UInt32(0x8000_0088)) + [0, 0, 0, 0] + [1, 2, 0, 0, 0, 0, 0, 0],
        time: 8_000_000),
      Self.object(
        104, [1, 0, 0, 0] + [UInt8](repeating: 0, count: 40), time: 9_000_000),
      // a statistic, which is passed over
      Self.object(4, [UInt8](repeating: 0, count: 29)),
    ]
    let bytes = Self.head() + Self.container(objects.flatMap { $0 })
    let log = try ReadLog(CANLogReader(bytes: bytes))
    #expect(log.findings == [])
    #expect(log.format == .blf)
    #expect(log.timeBase == .absolute)
    #expect(log.channels == ["can0", "can1"])
    let payload = CANPayload(fdData) ?? CANPayload()
    let ms: Int64 = 1_000_000
    let expected = [
      CANFrame(time: Self.start + 1, identifier: standard(0x123), payload: [1, 2, 3]),
      CANFrame(
        time: Self.start + ms, identifier: extended(0x123), channel: 1, flags: .transmitted,
        payload: [9, 8]),
      CANFrame(
        time: Self.start + 3 * ms, identifier: standard(0x124), flags: .remote, dataLengthCode: 5),
      CANFrame(
        time: Self.start + 4 * ms, identifier: standard(0x125),
        flags: [.fd, .bitRateSwitch, .errorStateIndicator], payload: payload),
      CANFrame(
        time: Self.start + 5 * ms, identifier: extended(0x126),
        flags: [.fd, .bitRateSwitch, .transmitted], payload: payload),
      CANFrame(time: Self.start + 6 * ms, identifier: standard(0x127), payload: [5, 6]),
      CANFrame(time: Self.start + 7 * ms, identifier: extended(0), flags: .error),
      CANFrame(
        time: Self.start + 8 * ms, identifier: extended(0x88), flags: .error, payload: [1, 2]),
      CANFrame(time: Self.start + 9 * ms, identifier: standard(0), flags: .error),
    ]
    #expect(log.frames == expected)
    // The same without containers.
    let bare = try ReadLog(CANLogReader(bytes: Self.head() + objects.flatMap { $0 }))
    #expect(bare.findings == [])
    #expect(bare.frames == expected)
  }

  /// What an object of a kind has behind its header: identifier 0x123, data 7 and 8.
  private static func body(_ kind: UInt32, direction: UInt8) -> [UInt8] {
    let identifier = little(UInt32(0x123))
    var body: [UInt8] = [1, 0, direction, 2] + identifier
    switch kind {
    case 1: body += [7, 8, 0, 0, 0, 0, 0, 0]
    case 86: body += [7, 8] + [UInt8](repeating: 0, count: 14)
    case 100:
      body += [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 7, 8]
      body += [UInt8](repeating: 0, count: 62)
    default:
      body = [1, 2, 2, 0] + identifier
      body += [0, 0, 0, 0, 0, 0x10, 0, 0]
      body += [UInt8](repeating: 0, count: 18)
      body += [direction, 0, 0, 0, 0, 0, 7, 8]
    }
    return body
  }

  /// What a node sends stands there twice: as it was asked for (TxRq), and as it was on the bus (Tx).
  @Test(arguments: [1, 86, 100, 101] as [UInt32])
  func aRequestToSendIsNoFrame(kind: UInt32) throws {
    let objects = (0..<3).map {
      Self.object(kind, Self.body(kind, direction: UInt8($0)), time: UInt64($0))
    }
    let log = try ReadLog(
      CANLogReader(bytes: Self.head() + Self.container(objects.flatMap { $0 })))
    #expect(log.findings == [])
    #expect(log.frames.map(\.time) == [Self.start, Self.start + 1])
    #expect(log.frames.map { $0.flags.contains(.transmitted) } == [false, true])
    #expect(log.frames.map { $0.flags.contains(.fd) } == [kind >= 100, kind >= 100])
    for frame in log.frames { #expect(frame.payload == [7, 8]) }
  }

  /// Above the direction stand other bits: remote, wake-up, the error of a wire.
  @Test func theOtherFlagsAreNoDirection() throws {
    let objects = ([0xE0, 0xE1, 0xE2, 0x60, 0x61] as [UInt8]).map { flags in
      Self.object(1, Self.body(1, direction: flags))
    }
    let log = try ReadLog(
      CANLogReader(bytes: Self.head() + Self.container(objects.flatMap { $0 })))
    #expect(log.findings == [])
    let expected: [CANFlags] = [.remote, [.remote, .transmitted], [], .transmitted]
    #expect(log.frames.map(\.flags) == expected)
  }

  /// A request on a channel of its own makes no channel.
  @Test func aRequestMakesNoChannel() throws {
    var request = Self.body(1, direction: 2)
    request[0] = 9
    let log = try ReadLog(
      CANLogReader(
        bytes: Self.head() + Self.container(Self.object(1, request) + Self.classic(0x123, [1]))))
    #expect(log.findings == [])
    #expect(log.frames.count == 1)
    #expect(log.channels == ["can0"])
  }

  @Test func objectsMayBeSplitAnywhereAndPaddedAnyhow() throws {
    let objects = (0..<6).map { Self.classic(0x100 + $0, time: UInt64($0), [UInt8($0)]) }
    let all = objects.flatMap { $0 }
    for cut in stride(from: 1, to: all.count, by: 7) {
      for padding in [0, 1, 3] {
        let bytes =
          Self.head() + Self.container(Array(all[..<cut]), padding: padding)
          + Self.container(Array(all[cut...]), padding: padding)
        let log = try ReadLog(CANLogReader(bytes: bytes))
        #expect(log.findings == [], "cut \(cut), padding \(padding)")
        #expect(log.frames.map(\.identifier.value) == Array(0x100..<0x106), "cut \(cut)")
      }
    }
  }

  @Test func damageCostsOneObjectAndIsSaid() throws {
    var objects = (0..<5).map { Self.classic(0x100 + $0, time: UInt64($0), [UInt8($0)]) }
    // A size of zero, and one that reaches over the next objects.
    for size: UInt32 in [0, 4, 100, 3000, 0xFFFF_FFFF] {
      objects[2].replaceSubrange(8..<12, with: Self.little(size))
      let log = try ReadLog(
        CANLogReader(bytes: Self.head() + Self.container(objects.flatMap { $0 })))
      #expect(log.frames.map(\.identifier.value) == [0x100, 0x101, 0x103, 0x104], "size \(size)")
      #expect(log.findings.count == 1, "size \(size)")
      let bare = try ReadLog(CANLogReader(bytes: Self.head() + objects.flatMap { $0 }))
      #expect(
        bare.frames.map(\.identifier.value) == [0x100, 0x101, 0x103, 0x104], "bare, size \(size)")
      #expect(bare.findings.count == 1, "bare, size \(size)")
    }
    // A recorder that was cut off leaves the last container without its size.
    let last = Self.container(objects[0] + objects[1], size: 0)
    let log = try ReadLog(
      CANLogReader(bytes: Self.head() + Self.container(objects[0] + objects[1]) + last))
    #expect(log.frames.count == 4)
    #expect(log.findings.map(\.reason) == ["a container without its size"])
  }

  @Test func theRecordersOwnLossesAreSaid() throws {
    let objects =
      Self.classic(1, [1]) + Self.object(125, [UInt8](repeating: 0, count: 16))
      + Self.classic(2, [1])
    let log = try ReadLog(CANLogReader(bytes: Self.head() + Self.container(objects)))
    #expect(log.frames.count == 2)
    #expect(log.findings.map(\.code) == [.framesDropped])
  }

  /// Three packed containers of our own writer, cut at every 97th byte: what comes is a beginning of what was.
  @Test func aCutOffFileIsSalvagedToItsLastWholeObject() throws {
    let frames = LogRoundTripTests.randomFrames(6000, seed: 3, errors: true)
    let whole = try LogRoundTripTests.write(frames, .blf)
    var last = 0
    for length in stride(from: 144, to: whole.count, by: 97 * (Soak.isOn ? 1 : 40)) {
      let log = try ReadLog(CANLogReader(bytes: Array(whole.prefix(length))))
      #expect(log.frames.count >= last, "cut at byte \(length)")
      #expect(log.findings.allSatisfy { $0.code == .truncated }, "cut at byte \(length)")
      #expect(
        log.frames.map(\.payload) == frames.prefix(log.frames.count).map(\.payload),
        "cut at byte \(length)")
      last = log.frames.count
    }
    #expect(last > 5000)
  }

  @Test func aDamagedContainerCostsNoOther() throws {
    let frames = LogRoundTripTests.randomFrames(9000, seed: 4, errors: false)
    var bytes = try LogRoundTripTests.write(frames, .blf)
    let middle = bytes.count / 2
    for index in middle..<(middle + 40) { bytes[index] ^= 0x5A }
    let log = try ReadLog(CANLogReader(bytes: bytes))
    #expect(!log.findings.isEmpty)
    #expect(log.frames.first?.payload == frames.first?.payload)
    #expect(log.frames.last?.payload == frames.last?.payload)
    #expect(log.frames.count > 4000)
    // Nothing was made up: what was read is a subsequence of what was written.
    var rest = frames[...]
    for frame in log.frames {
      guard
        let place = rest.firstIndex(where: { $0.time == frame.time && $0.payload == frame.payload })
      else {
        Issue.record("a frame that was never written")
        break
      }
      rest = rest[(place + 1)...]
    }
  }
}
