/// Something that a server does wrong on purpose, to see what a client makes of it.
public struct ModbusFault: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case delay(Duration)
    case drop
    case transaction(UInt16)
    case unit(UInt8)
    case truncate(Int)
    case duplicate
    case exception(ExceptionCode)
    case hangUp
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
  /// The answer comes twice.
  public static let duplicate = ModbusFault(.duplicate)
  /// The device refuses.
  public static func exception(_ code: ExceptionCode) -> ModbusFault { .init(.exception(code)) }
  /// The connection ends instead of an answer.
  public static let hangUp = ModbusFault(.hangUp)

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
