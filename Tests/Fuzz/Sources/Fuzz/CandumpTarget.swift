import CANCore
import CANLog

extension FuzzTarget {
  /// A CAN log of any format.
  static let candump = FuzzTarget(
    name: "candump",
    texts: [
      """
      (1700000000.000001) can0 123#1122334455667788
      (1700000000.000002) can1 18FEF100#DEADBEEF
      (1700000000.000003) vcan0 123#R8
      (1700000000.000004) can0 123##3112233445566778899AABBCC
      (1700000000.000005) can0 20000080#0000000000000000
      (1700000000.000006) can0 123#11.22.33_F R

      """,
      """
       (000.000000)  can0  RX - -  123   [8]  11 22 33 44 55 66 77 88   '."3DUfw.'
        can0  18FEF100   [4]  DE AD BE EF
        can0  123  [12]  11 22 33 44 55 66 77 88 99 AA BB CC
        can0  123   [8]  remote request
       (2024-01-01 00:00:00.000000)  can0  20000080   [8]  00 00 00 00 00 00 00 00   ERRORFRAME

      """,
    ]
  ) { bytes in
    var log = CANLogReader(bytes: bytes)
    var batch = CANFrameBatch()
    do {
      while try log.next(into: &batch) {
        for frame in batch { precondition(frame.payload.count <= 64) }
      }
    } catch {}
  }
}
