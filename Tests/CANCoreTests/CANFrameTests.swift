import CANCore
import Testing

@Suite struct CANFrameTests {
  @Test func identifiersOfDifferentKindsDiffer() throws {
    let standard = try #require(CANIdentifier(standard: 0x123))
    let extended = try #require(CANIdentifier(extended: 0x123))
    #expect(standard != extended)
    #expect(standard.value == extended.value)
    #expect(standard.description == "123")
    #expect(extended.description == "00000123")
    #expect(CANIdentifier(standard: 0x800) == nil)
    #expect(CANIdentifier(extended: 0x2000_0000) == nil)
    #expect(CANIdentifier(truncating: 0xFFFF_FFFF).value == 0x1FFF_FFFF)
    #expect(CANIdentifier(truncating: 0x7FFF_FFFF).value == 0x7FF)
  }

  @Test func payloadHoldsUpToSixtyFourBytes() throws {
    let bytes = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
    let payload = try #require(CANPayload(bytes))
    #expect(Array(payload) == bytes)
    #expect(CANPayload(bytes + [0]) == nil)
    #expect(CANPayload([0xDE, 0xAD]).map(\.description) == "dead")
  }

  @Test(arguments: -1...66)
  func payloadOfAWordIsTheSameAsOfItsBytes(count: Int) throws {
    let word: UInt64 = 0x8877_6655_4433_2211
    let bytes = (0..<min(max(count, 0), 64)).map { index in
      index < 8 ? UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) : 0
    }
    let payload = CANPayload(word: word, count: count)
    #expect(Array(payload) == bytes)
    // Also past the count, where frames are compared by whole words.
    let expected = try #require(CANPayload(bytes))
    #expect((0..<8).allSatisfy { payload.word($0) == expected.word($0) })
  }

  @Test(arguments: 0...64)
  func batchGivesBackWhatWasAppended(count: Int) throws {
    let identifier = try #require(CANIdentifier(extended: 0x18FE_F100))
    let payload = try #require(CANPayload((0..<count).map { UInt8($0 + 1) }))
    let frame = CANFrame(time: 5, identifier: identifier, channel: 1, flags: .fd, payload: payload)
    let batch = CANFrameBatch([frame, frame, frame], channels: ["can0", "can1"])
    #expect(Array(batch) == [frame, frame, frame])
    #expect(batch.words.last == 0)
    #expect(batch.words.count == 3 * ((count + 7) / 8) + 1)
    #expect(batch.channelName(of: batch.headers[2]) == "can1")
  }

  @Test(arguments: 0...8)
  func wordAppendClearsBytesPastTheCount(count: Int) throws {
    let identifier = try #require(CANIdentifier(standard: 1))
    var batch = CANFrameBatch()
    batch.append(
      time: 0, identifier: identifier, dataLengthCode: UInt8(count), count: count, word: .max)
    #expect(Array(batch[0].payload) == Array(repeating: 0xFF, count: count))
    #expect(batch.words == (count == 0 ? [0] : [UInt64.max >> UInt64(64 - 8 * count), 0]))
  }

  @Test(arguments: [.min, -1, 9, .max] as [Int])
  func wordAppendBoundsTheCount(count: Int) throws {
    let identifier = try #require(CANIdentifier(standard: 1))
    var batch = CANFrameBatch()
    batch.append(time: 0, identifier: identifier, dataLengthCode: 8, count: count, word: .max)
    let bounded = count < 0 ? 0 : 8
    #expect(batch.headers[0].count == UInt8(bounded))
    #expect(Array(batch[0].payload) == Array(repeating: 0xFF, count: bounded))
  }

  @Test func dataLengthCodesFollowTheStandard() {
    #expect((0...8).map { CANFrame.dataLengthCode(forByteCount: $0) } == Array(0...8))
    let long = [12, 16, 20, 24, 32, 48, 64]
    #expect(long.map { CANFrame.dataLengthCode(forByteCount: $0) } == Array(9...15))
    #expect((9...15).map { CANFrame.byteCount(forDataLengthCode: $0, isFD: true) } == long)
    #expect(CANFrame.byteCount(forDataLengthCode: 15, isFD: false) == 8)
  }
}
