import CANCore
import CANLog
import Foundation
import TestSupport
import Testing

/// Damaged input of every kind: nothing traps, hangs or keeps more than its bounds.
@Suite(.timeLimit(.minutes(15))) struct LogFuzzTests {
  static let rounds = Soak.cases(400, full: 40_000)

  static let seeds = [
    """
    (1700640464.000001) can0 123#DEADBEEF
    (1700640464.000002) can0 18FEF100##1000102030405060708090A0B T
    (1700640465.000003) can1 123#R5
    (1700640465.000003) can1 20000088#0000000000000000

    """,
    """
     (1700000000.013700)  vcan0  RX B -  14888FBD   [6]  70 9E BE 04 72 30   'p...r0'
     (000.027400)  vcan0       4A5   {C}  BD 17 E3 28 00 00 00 00
      vcan0  4A5   [0]  remote request
     (2024-02-29 13:00:00.000001)  can0  123  [12]  00 01 02 03 04 05 06 07 08 09 0A 0B
    DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 7)
     \u{1B}[31m (1.5) \u{1B}[0mcan1  4A5   [1]  00000111

    """,
  ]

  /// ASC, TRC and BLF: as many findings as there may be, no trap, no hang, no more than 64 bytes a frame.
  @Test(arguments: [CANLogFormat.asc, .trc, .blf])
  func mutatedLogsOfOtherFormatsAreReadToTheirEnd(format: CANLogFormat) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let frames = LogRoundTripTests.randomFrames(40, seed: 1, errors: true)
    let seeds: [[UInt8]] =
      switch format {
      case .asc: [try LogRoundTripTests.write(frames, .asc)]
      case .blf:
        [
          try LogRoundTripTests.write(frames, .blf),
          BLFLogTests.head()
            + BLFLogTests.container((0..<20).flatMap { BLFLogTests.classic($0, [1, 2, 3]) }),
        ]
      default:
        [
          Array(
            """
            ;$FILEVERSION=2.1
            ;$STARTTIME=44548.6028595139
            ;$COLUMNS=N,O,T,B,I,d,R,L,D
                  1     17535.400 DT 1  00000100 Tx -  3    00 01 02
                 13     48938.000 BI 1      0123 Rx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B
                 14     48939.000 ER 1           Rx -  2    00 01
                 2)     48937.600 2  Rx         0704 - 1    RTR

            """.utf8)
        ]
      }
    for round in 0..<Self.rounds {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, using: &random) }
      var options = CANLogOptions(format: Bool.random(using: &random) ? format : nil)
      options.batchCapacity = Int.random(in: -1...5, using: &random)
      options.startTime = Int64.random(in: Int64.min...Int64.max, using: &random)
      options.utcOffset = Int32.random(in: Int32.min...Int32.max, using: &random)
      do {
        let log = try ReadLog(CANLogReader(bytes: bytes, options: options))
        for frame in log.frames where frame.payload.count > 8 {
          #expect(frame.flags.contains(.fd), "seed \(seed) round \(round)")
        }
      } catch let error as CANLogError {
        #expect(error.code == .unknownFormat, "seed \(seed) round \(round)")
      }
    }
  }

  @Test func mutatedLogsAreReadToTheirEnd() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for round in 0..<Self.rounds {
      var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, using: &random) }
      var options = CANLogOptions(format: Bool.random(using: &random) ? .candump : nil)
      options.batchCapacity = Int.random(in: -1...5, using: &random)
      options.relativeTimesAreDeltas = Bool.random(using: &random)
      options.startTime = Int64.random(in: Int64.min...Int64.max, using: &random)
      options.utcOffset = Int32.random(in: Int32.min...Int32.max, using: &random)
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
      do {
        let log = try ReadLog(CANLogReader(bytes: bytes, options: options))
        #expect(log.frames.count + log.findingCount <= lines, "seed \(seed) round \(round)")
        for frame in log.frames where frame.payload.count > 8 {
          #expect(frame.flags.contains(.fd), "seed \(seed) round \(round)")
        }
      } catch let error as CANLogError {
        #expect(error.code == .unknownFormat, "seed \(seed) round \(round)")
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
    guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: 0...255, using: &random)) }
    let index = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 2: bytes.remove(at: index)
    case 3:
      bytes.insert(Array("0129AFf#R_. \n([])".utf8).randomElement(using: &random) ?? 0, at: index)
    case 4: bytes.removeSubrange(index...)
    case 5:
      let end = Int.random(in: index...bytes.count, using: &random)
      bytes.insert(
        contentsOf: bytes[index..<end], at: Int.random(in: 0..<bytes.count, using: &random))
    default:
      bytes.insert(
        contentsOf: [UInt8](repeating: bytes[index], count: Int.random(in: 1...90, using: &random)),
        at: index)
    }
  }
}
