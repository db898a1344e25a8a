/// Something that a server does wrong on purpose, to see what a client makes of it.
public struct ModbusFault: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case delay(Duration)
    case drop
    case transaction(UInt16)
    case unit(UInt8)
    case truncate(Int)
    case split(Int, Duration)
    case duplicate
    case exception(ExceptionCode)
    case hole(RegisterTable, Range<Int>)
    case registerLimit(Int)
    case hangUp
    case reset
  }

  let kind: Kind
  /// The unit whose answers are spoilt; nil for all.
  public var unit: UInt8?
  /// Every how many of those answers is spoilt, counted from the first: 1 for each, 3 for the third, the sixth and so on.
  public var every: Int

  private init(_ kind: Kind) {
    self.kind = kind
    every = 1
  }

  /// The answer comes late; other answers pass it by.
  public static func delay(_ duration: Duration) -> ModbusFault { .init(.delay(duration)) }
  /// No answer.
  public static let drop = ModbusFault(.drop)
  /// The answer bears another transaction id: the right one plus `difference`.
  public static func wrongTransaction(by difference: UInt16 = 1) -> ModbusFault {
    .init(.transaction(difference))
  }
  /// The answer bears another unit.
  public static func wrongUnit(_ unit: UInt8) -> ModbusFault { .init(.unit(unit)) }
  /// Only the first bytes of the answer come, and then the connection ends.
  public static func truncate(to byteCount: Int) -> ModbusFault { .init(.truncate(byteCount)) }
  /// The answer comes in two pieces, the second a pause later.
  public static func split(
    after byteCount: Int, pause: Duration = .milliseconds(20)
  ) -> ModbusFault { .init(.split(byteCount, pause)) }
  /// The answer comes twice.
  public static let duplicate = ModbusFault(.duplicate)
  /// The device refuses, and does not do what it was asked.
  public static func exception(_ code: ExceptionCode) -> ModbusFault { .init(.exception(code)) }
  /// `count` places from `place` on do not exist: a request that touches one is refused with exception 2.
  public static func hole(_ place: RegisterAddress, count: Int = 1) -> ModbusFault {
    let start = Int(place.offset)
    return .init(.hole(place.table, start..<(start + min(max(1, count), 65_536))))
  }
  /// Requests for more registers than that are refused with exception 3, as by devices with less memory than the
  /// specification has in mind.
  public static func registerLimit(_ count: Int) -> ModbusFault { .init(.registerLimit(count)) }
  /// The connection ends in order instead of an answer.
  public static let hangUp = ModbusFault(.hangUp)
  /// The connection is reset instead of an answer, as by a device that restarts.
  public static let reset = ModbusFault(.reset)

  /// The refusal of a request that is never carried out; nil when the fault lets it pass.
  static func refusal(_ kind: Kind, _ pdu: UnsafeRawBufferPointer) -> ExceptionCode? {
    switch kind {
    case .exception(let code): return code
    case .hole(let table, let hole):
      let touches = RequestShape.ranges(pdu).contains {
        $0.table == table && $0.start < hole.upperBound && hole.lowerBound < $0.start + $0.count
      }
      return touches ? .illegalDataAddress : nil
    case .registerLimit(let limit):
      let isBeyond = RequestShape.ranges(pdu).contains { !$0.table.isBits && $0.count > limit }
      return isBeyond ? .illegalDataValue : nil
    default: return nil
    }
  }

  /// The fault for one unit only.
  public func of(unit: UInt8) -> ModbusFault {
    var fault = self
    fault.unit = unit
    return fault
  }

  /// The fault in every so many answers only.
  public func every(_ count: Int) -> ModbusFault {
    var fault = self
    fault.every = max(1, count)
    return fault
  }
}

/// The faults of a server, and how many answers each has seen.
struct FaultPlan: Sendable {
  private var faults: [(fault: ModbusFault, seen: Int)] = []

  init(_ faults: [ModbusFault] = []) { self.faults = faults.map { ($0, 0) } }

  /// The faults that spoil the next answer of a unit.
  mutating func next(unit: UInt8) -> [ModbusFault.Kind] {
    var kinds: [ModbusFault.Kind] = []
    for index in faults.indices where (faults[index].fault.unit ?? unit) == unit {
      faults[index].seen &+= 1
      if faults[index].seen % max(1, faults[index].fault.every) == 0 {
        kinds.append(faults[index].fault.kind)
      }
    }
    return kinds
  }
}
