/// Which units of a wire are left alone for a while because they did not answer.
///
/// A dead unit must not cost the others its timeout in every round: after some timeouts in a row it is paused, longer each time. On
/// a serial line the first timeout pauses it already, since the answer that it still owes could be taken
/// for the next one's; on a network the second if others share the wire, and the fourth if none does, so that the
/// connection is made anew first.
struct UnitPauses {
  private var timeouts: [UInt8] = Array(repeating: 0, count: 256)
  private var ends: [Int64] = Array(repeating: .min, count: 256)
  private var pausedCount = 0
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

  mutating func didTimeOut(_ unit: UInt8, isShared: Bool, now: Int64) {
    let index = Int(unit)
    let first = isRTU ? 1 : isShared ? 2 : 4
    if timeouts[index] < 64 { timeouts[index] += 1 }
    guard timeouts[index] >= first else { return }
    if ends[index] == .min { pausedCount += 1 }
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
    }
  }
}
