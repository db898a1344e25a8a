import CANCore
import CANLog

extension FuzzTarget {
  /// Vector's text.
  static let asc = canLog(
    .asc,
    texts: [
      """
      date Sat Sep 30 10:06:13.191 PM 2017
      base hex  timestamps absolute
      internal events logged
      // version 9.0.0
      Begin Triggerblock Sat Sep 30 10:06:13.191 PM 2017
         0.000000 Start of measurement
         0.015991 CAN 1 Status:chip status error passive
         2.501000 1 ErrorFrame
         2.510001 2 100 Tx r
         2.584921 4 300 Rx r 8 Length = 1704000
         3.098426 1  18EBFF00x       Rx   d 8 01 A0 0F A6 60 3B D1 40  Length = 273910
         3.297743 1  J1939TP FEE3p   6    0  0   -   Rx   d 23 A0 0F A6
        30.005021 CANFD   1 Rx   300  Name  1 0 9 12 11 c2 03 04 05 06 07 08 09 0a 0b 0c   102203  133   303000 0
        30.005044 CANFD   5 Tx ErrorFrame Not Acknowledge error
      End TriggerBlock

      """,
      """
      date 30.09.2017 15:06:13.191
      base dec  timestamps relative
         1.000000 1  100             Rx   d 3 10 200 255
         0.250000 1  418119424x      TxRq d 0

      """,
    ])

  /// PEAK's text.
  static let trc = canLog(
    .trc,
    texts: [
      """
      ;$FILEVERSION=2.1
      ;$STARTTIME=44548.6028595139
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1     17535.400 DT 1  00000100 Tx -  3    00 01 02
           12     48937.600 RR 1      0704 Rx -  1
           13     48938.000 BI 1      0123 Rx -  9    00 01 02 03 04 05 06 07 08 09 0A 0B
           14     48939.000 ER 1           Rx -  2    00 01

      """,
      """
      ;$FILEVERSION=1.3
           1)     17535  00000100  3  00 01 02
           2)     17540.4  Warng  FFFFFFFF  4  00 00 00 08  BUSHEAVY
           2)     48937.600 2  Rx         0704 - 1    RTR
          13)     48938.6  Error      0008  4  00 19 08 08

      """,
    ])

  /// Vector's binary log: objects with and without a container.
  static let blf = canLog(.blf, seeds: BLFSeed.all)

  private static func canLog(_ format: CANLogFormat, texts: [String]) -> FuzzTarget {
    canLog(format, seeds: texts.map { Array($0.utf8) })
  }

  private static func canLog(_ format: CANLogFormat, seeds: [[UInt8]]) -> FuzzTarget {
    FuzzTarget(name: format.rawValue, seeds: seeds) { bytes in
      var options = CANLogOptions(format: format)
      options.batchCapacity = 1 + bytes.count % 7
      var log = CANLogReader(bytes: bytes, options: options)
      var batch = CANFrameBatch()
      do {
        while try log.next(into: &batch) {
          for frame in batch { precondition(frame.payload.count <= 64) }
        }
      } catch {}
    }
  }
}

/// Small BLF files.
private enum BLFSeed {
  static var all: [[UInt8]] {
    let objects: [[UInt8]] = [
      object(1, body: [1, 0, 0, 8, 0x23, 1, 0, 0] + data(8)),
      object(86, body: [1, 0, 0x81, 8, 0x23, 1, 0, 0x80] + data(16)),
      object(
        100, body: [1, 0, 0, 15, 0x23, 1, 0, 0, 0, 0, 0, 0, 0, 7, 64, 0, 0, 0, 0, 0] + data(64)),
      object(
        101,
        body: [1, 9, 12, 0, 0x23, 1, 0, 0] + data(4) + [0, 0x70, 0, 0] + data(18) + [1, 84]
          + data(20)),
      object(2, body: [1, 0, 0, 0]),
      object(73, body: [1, 0] + data(30)),
      object(104, body: [1, 0] + data(42)),
      object(125, body: data(16)),
      object(4, body: data(29)),
    ]
    let inside = objects.flatMap { $0 }
    return [head + inside, head + container(inside), head + container(inside + inside) + inside]
  }

  private static var head: [UInt8] {
    Array("LOGG".utf8) + [144, 0, 0, 0] + data(32) + [
      0xE7, 7, 11, 0, 5, 0, 17, 0, 18, 0, 38, 0, 3, 0, 0, 0,
    ]
      + [UInt8](repeating: 0, count: 88)
  }

  private static func data(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0) } }

  private static func object(_ kind: UInt8, body: [UInt8]) -> [UInt8] {
    let bytes: [UInt8] =
      Array("LOBJ".utf8) + [
        32, 0, 1, 0, UInt8(32 + body.count), 0, 0, 0, kind, 0, 0, 0, 2, 0, 0, 0,
      ]
      + [UInt8](repeating: 0, count: 12) + body
    return bytes + [UInt8](repeating: 0, count: bytes.count % 4)
  }

  private static func container(_ objects: [UInt8]) -> [UInt8] {
    let size = 32 + objects.count
    return Array("LOBJ".utf8) + [
      16, 0, 1, 0, UInt8(size & 255), UInt8(size >> 8), 0, 0, 10, 0, 0, 0,
    ]
      + [UInt8](repeating: 0, count: 16) + objects
  }
}
