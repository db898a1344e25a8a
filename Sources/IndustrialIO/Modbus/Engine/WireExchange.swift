/// The exchange of either kind of wire.
struct WireExchange {
  private let isRTU: Bool
  private var mbap: MBAPExchange
  private var rtu = RTUExchange()

  init(isRTU: Bool, acceptsAnyUnit: Bool) {
    self.isRTU = isRTU
    mbap = MBAPExchange(acceptsAnyUnit: acceptsAnyUnit)
  }

  var count: Int { isRTU ? rtu.count : mbap.count }
  var nextDeadline: Int64 { isRTU ? rtu.nextDeadline : mbap.nextDeadline }
  var retiredCount: Int { mbap.retiredCount }
  var strayFrames: UInt64 { mbap.strayFrames }
  var lateFrames: UInt64 { mbap.lateFrames }
  var lastLateUnit: UInt8? { mbap.lastLateUnit }
  /// The length of an answer of another length than was asked for, if one has come on a serial line.
  var otherLength: Int? { isRTU ? rtu.otherLength : nil }
  var skippedBytes: UInt64 { isRTU ? rtu.skippedBytes : mbap.skippedBytes }

  mutating func begin(
    unit: UInt8, function: UInt8, replyLength: Int, deadline: Int64
  ) -> (id: UInt16, slot: Int)? {
    guard isRTU else {
      return mbap.begin(
        unit: unit, function: function, replyLength: replyLength, deadline: deadline)
    }
    return rtu.begin(
      unit: unit, function: function, replyLength: replyLength, deadline: deadline
    ).map { (0, $0) }
  }

  mutating func expire(at now: Int64) -> Int? {
    isRTU ? rtu.expire(at: now) : mbap.expire(at: now)
  }

  mutating func abandon() -> Int? { isRTU ? rtu.abandon() : mbap.abandon() }

  mutating func connectionDidStart() { mbap.connectionDidStart() }

  mutating func next(in bytes: RawSpan, from offset: inout Int) -> MBAPExchange.Event? {
    isRTU ? rtu.next(in: bytes, from: &offset) : mbap.next(in: bytes, from: &offset)
  }
}
