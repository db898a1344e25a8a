import CANCore
import Foundation
import TestSupport
import Testing

@testable import DBC

/// The three ways to decode give the same bits: one frame at a time, slots and columns, portable and vectors.
@Suite struct BatchDecodingTests {
  /// A bus on which everything of the database happens: random payloads of all lengths, unknown identifiers, remote
  /// and error frames.
  static func traffic(_ database: Database, _ count: Int, _ seed: UInt64) -> CANFrameBatch {
    var generator = SeededGenerator(seed: seed)
    let messages = database.messages.filter { $0.identifier != nil }
    var frames: [CANFrame] = []
    for time in 0..<count {
      guard let message = messages.randomElement(using: &generator),
        let identifier = message.identifier
      else { break }
      var length = min(64, message.byteCount)
      if Int.random(in: 0..<8, using: &generator) == 0 {
        length = Int.random(in: 0...min(64, message.byteCount + 3), using: &generator)
      }
      var bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      // Small selectors, so that branches open.
      if !bytes.isEmpty, Bool.random(using: &generator) { bytes[0] &= 7 }
      if bytes.count > 1, Bool.random(using: &generator) { bytes[1] &= 15 }
      var frame = CANFrame(
        time: Int64(time), identifier: identifier, payload: CANPayload(bytes) ?? CANPayload())
      switch Int.random(in: 0..<40, using: &generator) {
      case 0: frame.flags = .remote
      case 1: frame.flags = .error
      case 2: frame.identifier = CANIdentifier(truncating: 0x9FFF_FFFE)
      default: break
      }
      frames.append(frame)
    }
    return CANFrameBatch(frames)
  }

  /// What slots and columns must hold, by decoding frame after frame.
  static func check(_ database: Database, _ batch: CANFrameBatch, vectors: Bool, _ context: Comment)
  {
    let decoder = database.decoder()
    var values = [Double](repeating: .nan, count: decoder.slotCount)
    var times = [Int64?](repeating: nil, count: decoder.slotCount)
    var rows = [[(time: Int64, value: Double)]](repeating: [], count: decoder.slotCount)
    var expected = DecodeCounts()
    for frame in batch {
      guard frame.flags.isDisjoint(with: [.remote, .error]),
        let decoded = try? decoder.decode(frame.identifier, frame.payload)
      else {
        expected.unmatched += 1
        continue
      }
      expected.frames += 1
      expected.signals += decoded.signals.count
      for signal in decoded.signals {
        guard let slot = decoder.slot(of: signal.signal) else { continue }
        values[slot] = signal.status == .valid ? signal.value : .nan
        times[slot] = frame.time
        if signal.status == .valid { rows[slot].append((frame.time, signal.value)) }
      }
    }
    var slots = decoder.makeSlots()
    let slotCounts = decoder.decode(batch, into: &slots, vectors: vectors)
    expected.shortened = slotCounts.shortened
    #expect(slotCounts == expected, context)
    var columns = decoder.makeColumns()
    var slotDifferences = 0
    for slot in 0..<decoder.slotCount {
      if values[slot].bitPattern != slots.values[slot].bitPattern,
        !(values[slot].isNaN && slots.values[slot].isNaN)
      {
        slotDifferences += 1
      }
      if times[slot] != slots.time(of: slot) { slotDifferences += 1 }
    }
    #expect(slotDifferences == 0, context)
    for kernel in ColumnKernel.allCases where kernel.isPresent {
      // Twice, so that used memory is used again.
      decoder.decode(batch, into: &columns, by: kernel)
      #expect(decoder.decode(batch, into: &columns, by: kernel) == expected, context)
      var differences = 0
      for slot in 0..<decoder.slotCount {
        let column = columns[slot]
        let present = column.filter { $0.value != nil }
        if present.count != rows[slot].count { differences += 1 }
        for (row, reference) in zip(present, rows[slot]) {
          let isSame =
            row.value?.bitPattern == reference.value.bitPattern
            || (row.value?.isNaN == true && reference.value.isNaN)
          if row.time != reference.time || !isSame || batch[row.frame].time != row.time {
            differences += 1
          }
        }
      }
      #expect(differences == 0, "\(context), \(kernel)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [false, true])
  func allWaysAgree(seed: UInt64, vectors: Bool) throws {
    guard !vectors || FrameDecoder.hasVectors else { return }
    let database = try Database(parsing: plantText + manyKindsText + allStatementsText)
    let batch = Self.traffic(database, 3000, seed)
    Self.check(database, batch, vectors: vectors, "seed \(seed)")
  }

  @Test func headersHaveTheLayoutOfTheKernels() {
    #expect(MemoryLayout<CANFrameBatch.Header>.stride == 24)
    #expect(MemoryLayout<CANFrameBatch.Header>.offset(of: \.identifier) == 8)
    #expect(MemoryLayout<CANFrameBatch.Header>.offset(of: \.firstWord) == 12)
    #expect(MemoryLayout<CANFrameBatch.Header>.offset(of: \.count) == 18)
    #expect(MemoryLayout<CANFrameBatch.Header>.offset(of: \.flags) == 19)
  }

  @Test func slotsKeepTimesOfShortFramesApart() throws {
    let database = try Database(parsing: plantText)
    let decoder = database.decoder()
    let pump = try #require(database.message(named: "PumpStatus"))
    let speed = try #require(pump.signal(named: "Speed").flatMap { decoder.slot(of: $0) })
    let heat = try #require(pump.signal(named: "Temperature").flatMap { decoder.slot(of: $0) })
    let identifier = try #require(pump.identifier)
    var slots = decoder.makeSlots()
    #expect(slots.time(of: speed) == nil)
    decoder.decode(
      CANFrameBatch([CANFrame(time: 5, identifier: identifier, payload: [4, 0])]), into: &slots)
    #expect(slots.values[speed] == 1 && slots.time(of: speed) == 5)
    #expect(slots.values[heat].isNaN && slots.time(of: heat) == nil)
    let whole = CANFrame(time: 6, identifier: identifier, payload: [8, 0, 0, 0, 0, 41, 0, 0])
    decoder.decode(CANFrameBatch([whole]), into: &slots)
    #expect(slots.values[heat] == 1 && slots.time(of: heat) == 6 && slots.time(of: speed) == 6)
    decoder.decode(
      CANFrameBatch([CANFrame(time: 7, identifier: identifier, payload: [0, 0])]), into: &slots)
    #expect(slots.time(of: heat) == 6 && slots.time(of: speed) == 7)
    #expect(slots.frameCount(of: speed) == 3)
  }

  @Test(.enabled(if: Corpus.isPresent, "needs the corpus (IIOT_CORPUS)"))
  func allWaysAgreeOnTheCorpus() throws {
    for (index, file) in Corpus.files.enumerated() where Soak.isOn || index % 4 == 0 {
      let database = try Database(parsing: Corpus.bytes(file))
      let batch = Self.traffic(database, Soak.isOn ? 2000 : 60, 7)
      for vectors in FrameDecoder.hasVectors ? [false, true] : [false] {
        Self.check(database, batch, vectors: vectors, "\(file)")
      }
    }
  }
}

/// Signals of every kind and place: all lengths, both orders, nine bytes, halves, overlapping selector ranges.
let manyKindsText: String = {
  var text = "\nBO_ 700 Kinds: 64 Panel\n"
  var start = 0
  var types = ""
  for bits in 1...64 where start + bits <= 500 {
    let sign = bits % 2 == 0 ? "-" : "+"
    text += " SG_ L\(bits) : \(start)|\(bits)@1\(sign) (0.\(bits),-\(bits)) [0|0] \"\" Panel\n"
    let byte = start / 8
    text += " SG_ B\(bits) : \(byte * 8 + 7 - start % 8)|\(bits)@0\(sign) (3,1) [0|0] \"\" Panel\n"
    start += bits > 30 ? 5 : 3
  }
  text += "\nBO_ 701 Floats: 24 Panel\n"
  for (index, bits) in [16, 32, 64, 16, 32, 64].enumerated() {
    let order = index < 3 ? 1 : 0
    let place = index < 3 ? [0, 16, 50][index] : [103, 119, 127][index - 3]
    text += " SG_ F\(index) : \(place)|\(bits)@\(order)- (1,0) [0|0] \"\" Panel\n"
    types += "SIG_VALTYPE_ 701 F\(index) : \(bits == 64 ? 2 : 1);\n"
  }
  text += "\nBO_ 702 Open: 8 Panel\n SG_ Sel M : 0|12@1+ (1,0) [0|0] \"\" Panel\n"
  for index in 0..<5 {
    text += " SG_ R\(index) m\(index) : \(16 + 8 * index)|8@1- (1,0) [0|0] \"\" Panel\n"
    types += "SG_MUL_VAL_ 702 R\(index) Sel \(index)-\(index * 3), 7-\(7 + index), 900-4000;\n"
  }
  return text + "\n" + types
}()
