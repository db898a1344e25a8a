/// Which units of a wire are left alone for a while because they did not answer.
///
/// A dead unit must not cost the others its timeout in every round: after some timeouts in a row it is paused, longer each time. On
/// a serial line the first timeout pauses it already, since the answer that it still owes could be taken
/// for the next one's; on a network the second if others share the wire, and the fourth if none does, so that the
/// connection is made anew first.
///
/// Of serial frames over TCP a lost connection leaves an answer owed as well: the device server passes on what the line brings to
/// whoever is connected then. Such a unit has not been silent, so its pause does not grow.
struct UnitPauses {
  private var timeouts: [UInt8] = Array(repeating: 0, count: 256)
  private var ends: [Int64] = Array(repeating: .min, count: 256)
  private var pausedCount = 0
  /// Units whose latest request went down with its connection.
  private var cutOff: Set<UInt8> = []
  /// Units that may still owe an answer when the next connection begins.
  private var owing: Set<UInt8> = []
  private let isRTU: Bool
  private let shortest: Int64
  private let longest: Int64

  init(isRTU: Bool, timeout: Int64, longest: Int64) {
    self.isRTU = isRTU
    shortest = max(1_000_000, timeout)
    self.longest = max(shortest, longest)
  }

  /// Whether no unit is paused, which is the usual case and costs nothing.
  var isEmpty: Bool { pausedCount == 0 }

  /// When a unit's pause ends; nil when it is not paused.
  func end(of unit: UInt8, now: Int64) -> Int64? {
    ends[Int(unit)] > now ? ends[Int(unit)] : nil
  }

  /// How many timeouts in a row a unit has had.
  func timeouts(of unit: UInt8) -> Int { Int(timeouts[Int(unit)]) }

  /// Whether a connection ended before the unit's answer came, and nothing has come of the unit since.
  func isCutOff(_ unit: UInt8) -> Bool { cutOff.contains(unit) }

  /// Whether an answer of the unit may be one to a request that nobody waits for any more.
  func mayOwe(_ unit: UInt8) -> Bool { timeouts(of: unit) > 0 || isCutOff(unit) }

  /// The connection ended while a request to the unit was under way on a wire whose frames have no id.
  mutating func didLoseRequest(_ unit: UInt8, now: Int64) {
    if ends[Int(unit)] == .min { pausedCount += 1 }
    ends[Int(unit)] = now &+ shortest
    cutOff.insert(unit)
    owing.insert(unit)
  }

  /// A connection has ended. What a unit owed is over with its pause, unless the pause goes on now.
  mutating func connectionDidEnd(now: Int64) {
    owing = owing.filter { ends[Int($0)] > now }
  }

  /// A connection has been made. What is owed may come on it, so the pause counts from here, however long the connecting took; once,
  /// so that a wire which is cut again and again in mid-pause is asked all the same.
  mutating func connectionDidStart(now: Int64) {
    for unit in owing {
      // Its turn had come meanwhile, so it is put off and not passed over again.
      if ends[Int(unit)] <= now { cutOff.insert(unit) }
      ends[Int(unit)] = max(ends[Int(unit)], now &+ shortest)
    }
    owing.removeAll()
  }

  mutating func didTimeOut(_ unit: UInt8, isShared: Bool, now: Int64) {
    let index = Int(unit)
    let first = isRTU ? 1 : isShared ? 2 : 4
    if timeouts[index] < 64 { timeouts[index] += 1 }
    guard timeouts[index] >= first else { return }
    if ends[index] == .min { pausedCount += 1 }
    cutOff.remove(unit)
    if isRTU { owing.insert(unit) }
    var pause = shortest
    for _ in 0..<(Int(timeouts[index]) - first) where pause < longest {
      pause = min(longest, pause * 2)
    }
    ends[index] = now &+ pause
  }

  mutating func didAnswer(_ unit: UInt8) {
    let index = Int(unit)
    timeouts[index] = 0
    if ends[index] != .min {
      ends[index] = .min
      pausedCount -= 1
      cutOff.remove(unit)
      owing.remove(unit)
    }
  }
}
