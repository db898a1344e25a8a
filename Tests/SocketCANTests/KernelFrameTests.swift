import CANCore
import Testing

@testable import SocketCAN

/// The bytes of linux/can.h, written out by hand (little-endian machines).
@Suite struct KernelFrameTests {
  static func decode(_ bytes: [UInt8], length: Int? = nil) -> CANFrame? {
    var slot = [UInt8](repeating: 0xEE, count: 72)
    slot.replaceSubrange(0..<bytes.count, with: bytes)
    var batch = CANFrameBatch()
    let isFrame = slot.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return false }
      return KernelFrame.append(
        base, length: length ?? bytes.count, time: 7, channel: 2, transmitted: false, to: &batch)
    }
    return isFrame ? batch.first : nil
  }

  static func encode(_ frame: CANFrame) -> [UInt8] {
    var slot = [UInt8](repeating: 0, count: 72)
    let length = slot.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { KernelFrame.write(frame, to: $0) } ?? 0
    }
    return Array(slot.prefix(length))
  }

  static let standard = CANIdentifier(truncating: 0x123)
  static let extended = CANIdentifier(truncating: 0x98FE_F100)

  static let pairs: [([UInt8], CANFrame)] = [
    (
      [0x23, 0x01, 0, 0, 3, 0, 0, 0, 0xAA, 0xBB, 0xCC, 0, 0, 0, 0, 0],
      CANFrame(time: 7, identifier: standard, channel: 2, payload: [0xAA, 0xBB, 0xCC])
    ),
    (
      [0x00, 0xF1, 0xFE, 0x98, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
      CANFrame(
        time: 7, identifier: extended, channel: 2, payload: [1, 2, 3, 4, 5, 6, 7, 8])
    ),
    (
      [0x23, 0x01, 0, 0x40, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      CANFrame(time: 7, identifier: standard, channel: 2, flags: .remote, dataLengthCode: 5)
    ),
    (
      [0x88, 0, 0, 0x20, 8, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0],
      CANFrame(
        time: 7, identifier: CANIdentifier(truncating: 0x8000_0088), channel: 2, flags: .error,
        payload: [0, 0, 0x80, 0, 0, 0, 0, 0])
    ),
    (
      [0x23, 0x01, 0, 0, 8, 0, 0, 13, 1, 2, 3, 4, 5, 6, 7, 8],
      CANFrame(
        time: 7, identifier: standard, channel: 2, payload: [1, 2, 3, 4, 5, 6, 7, 8],
        dataLengthCode: 13)
    ),
    (
      [0x23, 0x01, 0, 0, 12, 0x01, 0, 0] + (1...12) + [UInt8](repeating: 0, count: 52),
      CANFrame(
        time: 7, identifier: standard, channel: 2, flags: [.fd, .bitRateSwitch],
        payload: CANPayload(1...12) ?? [])
    ),
  ]

  @Test(arguments: 0..<pairs.count)
  func framesAndBytesBelongTogether(index: Int) {
    let (bytes, frame) = Self.pairs[index]
    #expect(Self.decode(bytes) == frame)
    #expect(Self.encode(frame) == bytes)
  }

  @Test func receivedFDFramesCarryAMarkThatIsNoFlag() {
    // The kernel sets 0x04 (FDF) in received CAN FD frames.
    let bytes: [UInt8] = [0x23, 0x01, 0, 0, 1, 0x07, 0, 0, 9] + [UInt8](repeating: 0, count: 63)
    #expect(Self.decode(bytes)?.flags == [.fd, .bitRateSwitch, .errorStateIndicator])
    #expect(Self.decode(bytes)?.payload == [9])
  }

  @Test(arguments: [-0.1, 1.1, .nan, .infinity] as [Double])
  func aSamplePointOutsideOfABitIsRefused(point: Double) {
    let settings = CANControllerSettings(bitRate: 500_000, samplePoint: point)
    let error = #expect(throws: CANBusError.self) { try settings.apply(to: "no-such-can0") }
    #expect(error?.code == .notPossible)
    #expect(error?.interface == "no-such-can0")
  }

  @Test func lengthsThatNoFrameHasAreCut() {
    let classic: [UInt8] = [0x23, 0x01, 0, 0, 255, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    #expect(Self.decode(classic)?.payload == [1, 2, 3, 4, 5, 6, 7, 8])
    let fd: [UInt8] = [0x23, 0x01, 0, 0, 255, 0, 0, 0] + (1...64)
    #expect(Self.decode(fd)?.payload.count == 64)
    for length in [-1, 0, 8, 15, 17, 71, 73, 2060] {
      #expect(Self.decode(classic, length: length) == nil)
    }
  }
}
