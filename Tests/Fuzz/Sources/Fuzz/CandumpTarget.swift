import CANCore
import CANLog

extension FuzzTarget {
  /// candump's log file. What was read is written again and must come back the same.
  static let candump = canLog(
    .candump,
    texts: [
      """
      (1700000000.000001) can0 123#1122334455667788
      (1700000000.000001) can0 123#1122334455667788 T
      (1700000000.000002) can1 18FEF100#DEADBEEF
      (1700000001.000002) can1 18FEF100#DEADBEEF R
      (1700000000.000003) vcan0 123#R8
      (1700000000.000003) vcan0 123#R
      (1700000000.000003) vcan0 123#R8_C
      (1700000000.000004) can0 123##3112233445566778899AABBCC
      (1700000000.000004) can0 123##3112233445566778899AABBCC T
      (1700000000.000004) can0 123##0
      (1700000000.000005) can0 20000080#0000000000000000
      (1700000000.000006) can0 123#11.22.33
      (1700000000.000007) can0 123#1122334455667788_F R
      (1700000000.123456789) a-name-that-is-long 7FF#

      """,
      // Each of these breaks another rule.
      """
      (1700000000.000001) can0 123#11
      (1700000000.000001) can0 123#1
      (1700000000.000001) can0 823#11
      (1700000000.000001) can0 60000000#11
      (1700000000.000001) can0 20000080#R
      (1700000000.000001) can0 123#112233445566778899
      (1700000000.000001) can0 123#R9
      (1700000000.000001) can0 123#R_9
      (1700000000.000001) can0 123#11_9
      (1700000000.000001) can0 123##
      (1700000000.000001) can0 123##X11
      (1700000000.000001) can0 12345#81:00:12345678#11
      (1700000000.000001) can0 1234#11
      (1700000000.000001) can0 123#11 X
      (1700000000.000001)can0 123#11
      (1700000000.000001 can0 123#11
      (1700000000.) can0 123#11
      (1700000000.0000000001) can0 123#11
      (1700000000) can0 123#11
      (.1) can0 123#11
      (9999999999.000001) can0 123#11
      (99999999999999999.000001) can0 123#11
      (1700000000.000001) can0 123
      (1700000000.000001) can0
      (1700000000.000001) 0123456789012345678901234567890123456789012345678901234567890123456789 123#11
      DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 7)

      (1700000000.000001) can0 123#11
      """,
      "(1700000000.000001) can0 123#11\r\n(1700000000.000001) can0 123#1122\r\n(1700000000.000002) can0 123#11",
      "(1700000000.000001) can0 123#11\n" + String(repeating: "1", count: 5000) + "\n"
        + "(1700000000.000001) can0 123#11 R",
      "(1700000000.000001) can0 123##0" + String(repeating: "A5", count: 65) + "\n"
        + "(1700000000.000001) can0 123##0" + String(repeating: "A5", count: 64),
    ])

  /// What candump shows on the screen.
  static let candumpScreen = canLog(
    .candumpScreen,
    texts: [
      """
       (000.000000)  can0  RX - -  123   [8]  11 22 33 44 55 66 77 88   '."3DUfw.'
       (000.000000)  can0  TX B E  123  [08]  11 22 33 44 55 66 77 88   '."3DUfw.'
        can0  18FEF100   [4]  DE AD BE EF
        can0  123  [12]  11 22 33 44 55 66 77 88 99 AA BB CC
        can0  123   [8]  remote request
        can0  123   [0]
       (2024-01-01 00:00:00.000000)  can0  20000080   [8]  00 00 00 00 00 00 00 00   ERRORFRAME
      \tcontroller-problem{rx-error-warning}
       (000.027400)  vcan0       4A5   {C}  BD 17 E3 28 00 00 00 00
        can0  4A5   [2]  00000111 11111111
        can0  4A5   [2]  22`11   `."
       \u{1B}[31m (1.5) \u{1B}[0mcan1  4A5   [1]  07

      """,
      // Each of these breaks another rule.
      """
        can0  123   [1]  11
        can0  123   [9]  11
        can0  123  [65]  11
        can0  123 [065]  11
        can0  123   []  11
        can0  123   [1  11
        can0  123   {X}  11
        can0  123   {9  11
        can0  123   1  11
        can0  123   [2]  11
        can0  123   [2]  11 2
        can0  123   [1]  11 22
        can0  823   [1]  11
        can0  60000000   [1]  11
        can0  1234   [1]  11
        can0  XYZ   [1]  11
        can0  123
       (2024-13-01 00:00:00.000000)  can0  123   [1]  11
       (2024-1-01 00:00:00.000000)  can0  123   [1]  11
       (2024-01)  can0  123   [1]  11
       (2262-12-31 00:00:00.000000)  can0  123   [1]  11
       (9223372036.000000)  can0  123   [1]  11
       (92233720.000000)  can0  123   [1]  11
      DROPCOUNT: dropped 7 CAN frames on 'can0' socket (total drops 7)
        can0  123   [2]  11 22
      """,
      "  can0  123   [1]  11\n" + String(repeating: "1", count: 5000),
    ])
}

/// Writes frames in candump's form and reads them again.
enum CandumpRoundTrip {
  static func check(_ frames: [CANFrame], channels: [String]) {
    var writer = CandumpWriter()
    writer.writesNanoseconds = true
    writer.writesDirection = true
    var text: [UInt8] = []
    writer.append(CANFrameBatch(frames, channels: channels), to: &text)
    var log = CANLogReader(bytes: text, options: CANLogOptions(format: .candump))
    var batch = CANFrameBatch()
    var count = 0
    do {
      while try log.next(into: &batch) {
        for frame in batch {
          // The channels' numbers may be others: they are given out anew.
          var wanted = frames[count]
          wanted.channel = frame.channel
          wanted.time = max(0, wanted.time)
          precondition(frame == wanted, "\(frame) was written as \(frames[count])")
          count += 1
        }
      }
    } catch { preconditionFailure("\(error)") }
    precondition(
      count == frames.count && log.findings.total == 0, "\(log.findings.kept.first as Any)")
  }
}
