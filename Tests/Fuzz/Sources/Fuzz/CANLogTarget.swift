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
      9999999999.0 1  100             Rx   d 0
      922337203.5 1  100             Rx   d 0

      """,
      """
      date 30.09.2017 15:06
      date Die Mrz 5 03:06:13:191 am 2019
      Begin Triggerblock fr. 30 juil. 12:06:13 am 2021
      base hex
      ; a remark
      no internal events logged
      previous log file: x.asc
         0.1 1  100 Rx d 8 11 22 33 44 55 66 77 88
         0.2 1  100 Tx r 5
         0.3 1  100x Rx r
         0.4 CANFD 1 Rx 18EBFF00x Engine 1 0 9 12 11 c2 03 04 05 06 07 08 09 0a 0b 0c 102203 133 303000 0
         0.5 CANFD 1 Tx 300 1 1 8 8 11 c2 03 04 05 06 07 08 102203 133 0 0
         0.6 CANFD 1 Rx 300 0 0 8 8 11 c2 03 04 05 06 07 08 102203 133 10 0
         0.7 CANFD 1 TxRq 300 0 0 0 0
         0.8 1 ErrorFrame
         0.9 2 Statistic: D 0 R 0 XD 0 XR 0 E 0 O 0 B 0.00%
         1.0 CAN 1 Status:chip status error passive
      End TriggerBlock

      """,
      // Each of these breaks another rule.
      """
      base hex timestamps absolute
      base oct
      base hex timestamps later
      date Sat Sep 30 10:06:13.191 PM
      date Sat Sep 30 10:06:13.191 PM 2017 11:00
      date Sat Sep 30 13:06:13.191 PM 2017
      date Sat Sep 31 10:06:61 2017
      date Sat Sep 30 10 2017
      date Sat Sep 3x 10:06:13 2017
      date Sat Sep 30 10:06:13 9999
      rubbish
         1 1 100 Rx d 0
         1.x 1 100 Rx d 0
         1.0 1x 100 Rx d 0
         1.0 0 100 Rx d 0
         1.0 x 100 Rx d 0
         1.0 1 900 Rx d 0
         1.0 1 20000000x Rx d 0
         1.0 1 xyz Rx d 0
         1.0 1 100 Zx d 0
         1.0 1 100 Rx q 0
         1.0 1 100 Rx d
         1.0 1 100 Rx d 2 11
         1.0 1 100 Rx d 1 xx
         1.0 CANXL 1 Rx 100
         1.0 CANFD x Rx 100 0 0 0 0
         1.0 CANFD 1 Zx 100 0 0 0 0
         1.0 CANFD 1 Rx xyz 0 0 0 0
         1.0 CANFD 1 Rx 100 0 2 0 0
         1.0 CANFD 1 Rx 100 0 0x 0 0
         1.0 CANFD 1 Rx 100 0 0 1F 0
         1.0 CANFD 1 Rx 100 0 0 0 99
         1.0 1 100 Rx r
      """,
      "base hex timestamps absolute\n" + String(repeating: "1", count: 5000)
        + "\n0.1 1 100 Rx d 1 1",
      "base hex timestamps absolute\n0.1 CANFD 1 Rx 300 0 0 1 1 11 102203",
      "0.1 1 100 Rx d 1 11\n" + String(repeating: "1", count: 5000),
      "0.1 1 100 Rx d 1 11\n0.1 1 100 Rx r", "0.1 1 100 Rx d 1 11\n0.1 1 100 Rx d 1",
      "0.1 1 100 Rx d 1 11\r\n0.1 1 100 Rx d 0",
      "begin triggerblock\n0.1 1 100 Rx d 1 11", "date 30.09.2017 15:06\n0.1 1 100 Rx d 1 11",
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
          14)     48938.6 1  Tx         0704 - 2    01 02

      """,
      """
      ;----+-   ---+---  ----+---  +  -+ -- -- ...
           1)     17535  00000100  3  00 01 02
           2)     17540  FFFFFFFF  4  00 00 00 08 -- -- -- -- BUSHEAVY
          12)     48937      0704  1  RTR

      """,
      """
      ;$FILEVERSION=2.0
      ;$STARTTIME=44548,6028595139
      ;$COLUMNS=N,O,T,I,d,l,D
            1     17535.400 DT 00000100 Tx 3  00 01 02
            2     17540.300 ST          Rx    00 00 00 08
           12     48937.600 RR     0704 Rx 1
           13     48938.000 FB     0123 Rx 12 00 01 02 03 04 05 06 07 08 09 0A 0B
           13     48938.000 FD     0123 Rx 0
           13     48938.000 FE     0123 Rx 0
           14     48939.000 ER          Rx    00 01
           15     48939.000 EC          Rx    00 01
           16     48939.000 EV          remark

      """,
      // Each of these breaks another rule.
      """
      ;$FILEVERSION=2.1
      ;$FILEVERSION=x
      ;$FILEVERSION=3.0
      ;$STARTTIME=x
      ;$STARTTIME=999999.9
      ;$COLUMNS=N,O
      ;$COLUMNS=N,O,T,B,I,d,R,L,D
            1     17535.4x0 DT 1  00000100 Tx -  1    00
            1     17535. DT 1  00000100 Tx -  1    00
            1     x DT 1  00000100 Tx -  1    00
            2     17535.400 QT 1  00000100 Tx -  1    00
            2     17535.400 Q 1  00000100 Tx -  1    00
            2     17535.400 XL 1  00000100 Tx -  1    00
            3     17535.400 DT x  00000100 Tx -  1    00
            3     17535.400 DT 0  00000100 Tx -  1    00
            4     17535.400 DT 1  20000100 Tx -  1    00
            4     17535.400 DT 1  12 Tx -  1    00
            4     17535.400 DT 1  123x Tx -  1    00
            5     17535.400 DT 1  00000100 Zx -  1    00
            6     17535.400 DT 1  00000100 Tx -  16   00
            7     17535.400 DT 1  00000100 Tx -  3    00 01
            7     17535.400 DT 1  00000100 Tx -  3    00 01 xx
            8x    17535.400 DT 1  00000100 Tx -  1    00
            9) 17535 1x Rx 0704 1 00
            9) 999999999999.0 1 Rx 0704 1 00
            9) 9999999999999 1 Rx 0704 1 00
      rubbish
            1) 17535.4 1 Rx 0704 - 1
      """,
      ";$FILEVERSION=2.0\n;$COLUMNS=N,O,T,I,d,l,D\n1 1.0 DT 0100 Rx 9 00 01 02 03 04 05 06 07 08\n"
        + "2 1.0 RR 0704 Rx 1",
      ";$FILEVERSION=2.1\n1 1.0 ER 1 Tx",
      "1) 17535.4 1 Rx 0704 - 1 22\n1 1 1", "1) 17535.4 1 Rx 0704 - 1",
    ])

  /// Vector's binary log: objects with and without a container.
  static let blf = canLog(.blf, seeds: BLFSeed.all)

  static func canLog(_ format: CANLogFormat, texts: [String]) -> FuzzTarget {
    canLog(format, seeds: texts.map { Array($0.utf8) })
  }

  /// Reads the log as what it is said to be, a few frames at a time, and as what it looks like.
  private static func canLog(_ format: CANLogFormat, seeds: [[UInt8]]) -> FuzzTarget {
    FuzzTarget(name: format.rawValue, seeds: seeds) { bytes in
      var options = CANLogOptions(format: format)
      options.batchCapacity = 1 + bytes.count % 7
      let (frames, channels) = read(bytes, options)
      if format == .candump || format == .candumpScreen {
        CandumpRoundTrip.check(frames, channels: channels)
      }
      options = CANLogOptions()
      options.relativeTimesAreDeltas = true
      options.startTime = Int64.max - 1_000_000_000_000
      options.utcOffset = -3600
      _ = read(bytes, options)
    }
  }

  private static func read(
    _ bytes: [UInt8], _ options: CANLogOptions
  ) -> (frames: [CANFrame], channels: [String]) {
    var log = CANLogReader(bytes: bytes, options: options)
    var batch = CANFrameBatch()
    var frames: [CANFrame] = []
    var channels: [String] = []
    do {
      while try log.next(into: &batch) {
        precondition(batch.headers.count <= max(1, options.batchCapacity))
        for frame in batch {
          precondition(frame.payload.count <= (frame.flags.contains(.fd) ? 64 : 8))
          precondition(Int(frame.channel) < batch.channels.count)
          frames.append(frame)
        }
        channels = batch.channels
      }
    } catch {}
    return (frames, channels)
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
    let (small, large) = (objects[0], objects[8])
    let packed = container(inside)
    var seeds: [[UInt8]] = []
    func add(_ parts: [UInt8]...) { seeds.append(parts.flatMap { $0 }) }
    func first(_ count: Int, of bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix(count)) }
    func without(_ count: Int, _ bytes: [UInt8]) -> [UInt8] { Array(bytes.dropLast(count)) }

    add(head, inside)
    add(head, packed)
    add(head, container(inside + inside), inside)
    // Packed; with the end missing, something behind it, the check wrong, all of it wrong.
    let zlib = stored(inside)
    add(head, container(zlib, method: 2))
    add(head, container(first(40, of: zlib), method: 2))
    add(head, container(zlib + data(20), method: 2), inside)
    add(head, container(without(1, zlib), method: 2), inside)
    add(head, container(without(1, zlib) + [1], method: 2), inside)
    add(head, container(zlib.map { $0 ^ 1 }, method: 2), inside)
    add(head, container(inside, method: 7), inside)
    // An object that begins in one container and ends in the next; containers cut off and without their size.
    let rest = Array(inside.dropFirst(100))
    add(head, container(first(100, of: inside)), container(rest))
    add(head, container(first(100, of: inside)))
    add(head, without(30, packed))
    add(head, first(20, of: packed))
    add(head, resized(packed, 0), inside)
    add(head, resized(container(zlib, method: 2), 0), inside)
    // Sizes that are wrong, padding, rubbish.
    for size: UInt16 in [200, 20, 5000] {
      add(head, resized(small, size), inside)
      add(head, container(resized(small, size) + inside))
    }
    for size: UInt16 in [8, 5000] {
      add(head, resized(large, size), inside)
      add(head, container(resized(large, size) + inside))
      add(head, resized(large, size))
    }
    add(head, container(data(40) + inside))
    add(head, data(40), inside, data(40))
    add(head, inside, [0, 0, 0, 0], inside, [0, 0, 0, 0])
    add(head, without(20, inside))
    add(head, inside, [0x4C, 0x4F, 0x42])
    add(head, inside, first(12, of: inside))
    add(head, inside, first(20, of: inside))
    // Headers of version 2, of another one, a time too late, bodies that are too short.
    add(head, altered(small, 6, [2, 0]), altered(small, 6, [3, 0]), inside)
    add(head, altered(small, 24, [UInt8](repeating: 0xFF, count: 8)), inside)
    add(head, altered(small, 24, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), inside)
    add(head, objects.flatMap { resized(first(33, of: $0), 33) + [0, 0, 0] })
    // No date, a wrong one, a longer header, none at all, a part of one.
    add(first(40, of: head), [UInt8](repeating: 0, count: 104), inside)
    add(first(40, of: head), [UInt8](repeating: 0xFF, count: 104), inside)
    add(altered(head, 4, [200, 0]), data(56), inside)
    add(inside)
    add(first(50, of: head))
    return seeds
  }

  private static func altered(_ bytes: [UInt8], _ place: Int, _ new: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(place..<(place + new.count), with: new)
    return bytes
  }

  /// With another size in its header.
  private static func resized(_ object: [UInt8], _ size: UInt16) -> [UInt8] {
    altered(object, 8, [UInt8(size & 255), UInt8(size >> 8), 0, 0])
  }

  /// As zlib has it, in one stored block.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    var packed: [UInt8] = [0x78, 1, 1]
    for word in [count, ~count] { packed += [UInt8(word & 255), UInt8(word >> 8)] }
    packed += bytes
    for word in [high, low] { packed += [UInt8(word >> 8), UInt8(word & 255)] }
    return packed
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

  private static func container(_ bytes: [UInt8], method: UInt8 = 0) -> [UInt8] {
    let size = 32 + bytes.count
    var head = Array("LOBJ".utf8)
    head += [16, 0, 1, 0, UInt8(size & 255), UInt8(size >> 8), 0, 0, 10, 0, 0, 0, method]
    return head + [UInt8](repeating: 0, count: 15) + bytes
  }
}
