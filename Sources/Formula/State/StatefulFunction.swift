#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The functions that remember earlier samples.
///
/// Time is the sample's, never a clock's. A sample that comes late counts as if it came at the newest time, so that no
/// stretch of time counts twice. One that is much too late says that the clock was set back: it adds nothing either,
/// but time goes on from there, as otherwise a clock that was wrong once would stop all totals until it is reached again.
struct StatefulFunction {
  let memory: StateMemory
  /// The evaluation's time in nanoseconds; while a late sample is at work, the newest time.
  var now: Int64
  /// Whether the result is only a beginning, because there is too little to remember yet.
  var isInitial = false

  static let timedWindow = 256
  /// How late a sample may be, in nanoseconds.
  static let lateness: Int64 = 60_000_000_000

  /// How many words a call needs: a count, a time, two values, then its window, or what it notes of each input.
  static func words(_ function: Function, window: Int, inputs: Int) -> Int {
    switch function {
    case .previous, .movingAverage, .minimumOver, .maximumOver: StateMemory.window + window
    case .median: StateMemory.window + 2 * window
    case .movingAverageTime: StateMemory.window + 2 * timedWindow
    case .stale: StateMemory.window + inputs
    default: StateMemory.window
    }
  }

  mutating func apply(_ function: Function, _ x: UnsafePointer<Double>, _ count: Int) -> Outcome {
    // Its memory is that of all evaluations, not of its calls.
    if function == .stale { return Outcome(Freshness(memory).isOlder(than: x[0]) ? 1 : 0) }
    if memory.count > 0, Self.isLate(now, after: memory.time) { now = memory.time }
    let outcome = outcome(function, x, count)
    // A bad argument leaves the memory as it was.
    guard outcome.fault == .none else { return outcome }
    memory.time = now
    memory.count &+= 1
    return outcome
  }

  private mutating func outcome(
    _ function: Function, _ x: UnsafePointer<Double>, _ count: Int
  ) -> Outcome {
    let isFirst = memory.count == 0
    let seconds = isFirst ? 0 : elapsed(from: memory.time)
    switch function {
    case .previous: return Outcome(previous(x[0], count > 1 ? Int(x[1]) : 1))
    case .delta: return change(x[0], isFirst) { $0 }
    case .elapsed:
      isInitial = isFirst
      return Outcome(seconds)
    case .changed: return Outcome(changed(x[0], count > 1 ? x[1] : 0, isFirst))
    case .rate: return rate(x[0], seconds, per: count > 1 ? x[1] : 1, isFirst)
    case .counter:
      if x[1] <= 0 { return Outcome(.domain) }
      return change(x[0], isFirst) { $0 < 0 ? $0 + x[1] : $0 }
    case .movingAverage, .minimumOver, .maximumOver, .median:
      return window(function, x[0], Int(x[1]))
    case .movingAverageTime: return Outcome(timedAverage(x[0], over: x[1]))
    case .exponentialAverage: return exponential(x[0], x[1], seconds, isFirst)
    case .integral: return integral(x, count, seconds, isFirst)
    case .countIf, .onTime: return Outcome(total(function, x, count, seconds))
    case .deadband: return Outcome(deadband(x, count, isFirst))
    case .hysteresis:
      if x[0] > x[2] { memory.first = 1 } else if x[0] < x[1] { memory.first = 0 }
      return Outcome(memory.first)
    case .debounce, .onDelay, .offDelay: return Outcome(delayed(function, x, isFirst))
    case .rising, .falling: return Outcome(edge(function, x[0], isFirst))
    case .latch:
      if x[0] != 0 { memory.first = 1 }
      if x[1] != 0 { memory.first = 0 }
      return Outcome(memory.first)
    case .ramp: return Outcome(ramp(x[0], x[1] * seconds, isFirst))
    case .hold:
      if x[1] == 0 || isFirst { memory.first = x[0] }
      return Outcome(memory.first)
    default: return Outcome(.type)
    }
  }

  /// Whether a time is only late; what is earlier still says that the clock was set back.
  static func isLate(_ time: Int64, after newest: Int64) -> Bool {
    time < newest && newest.subtractingClamped(time) <= lateness
  }

  private func elapsed(from time: Int64) -> Double {
    Swift.max(0, Double(now.subtractingClamped(time)) / 1e9)
  }

  // MARK: Differences

  private mutating func change(
    _ x: Double, _ isFirst: Bool, _ correct: (Double) -> Double
  ) -> Outcome {
    defer { memory.first = x }
    isInitial = isFirst
    return Outcome(isFirst ? 0 : correct(x - memory.first))
  }

  private mutating func previous(_ x: Double, _ length: Int) -> Double {
    let place = Int(memory.count % UInt64(Swift.max(length, 1)))
    isInitial = memory.count < UInt64(length)
    let value = isInitial ? x : memory[place]
    memory[place] = x
    return value
  }

  private mutating func changed(_ x: Double, _ tolerance: Double, _ isFirst: Bool) -> Double {
    isInitial = isFirst
    let hasMoved = !isFirst && Swift.abs(x - memory.first) > tolerance
    if isFirst || hasMoved { memory.first = x }
    return hasMoved ? 1 : 0
  }

  private mutating func rate(
    _ x: Double, _ seconds: Double, per: Double, _ isFirst: Bool
  ) -> Outcome {
    if seconds > 0 {
      memory.second = (x - memory.first) / seconds * per
      memory.isMeasured = true
    }
    // Several samples of one instant are no rate yet, however many they are.
    isInitial = !memory.isMeasured
    // Within one instant the rate before stands, and the change counts for the next; over a clock that was set back nobody knows how
    // long it took.
    if isFirst || seconds > 0 || now < memory.time { memory.first = x }
    return Outcome(memory.second)
  }

  // MARK: Windows

  private mutating func window(_ function: Function, _ x: Double, _ length: Int) -> Outcome {
    let length = Swift.max(length, 1)
    let filled = Int(Swift.min(memory.count, UInt64(length)))
    let place = Int(memory.count % UInt64(length))
    if function == .median {
      return Outcome(median(x, length: length, filled: filled, place: place))
    }
    memory[place] = x
    let count = Swift.min(filled + 1, length)
    isInitial = count < length
    var result = memory[0]
    switch function {
    case .minimumOver:
      for index in 1..<count where memory[index] < result { result = memory[index] }
    case .maximumOver:
      for index in 1..<count where memory[index] > result { result = memory[index] }
    default:
      // Summed anew each time: a running sum would gather rounding errors for years.
      for index in 1..<count { result += memory[index] }
      result /= Double(count)
    }
    return Outcome(result)
  }

  /// The window in order of arrival, and behind it the same sorted.
  private mutating func median(_ x: Double, length: Int, filled: Int, place: Int) -> Double {
    var count = filled
    if filled == length {
      let leaving = memory[place]
      var index = 0
      while index < count - 1, memory[length + index] != leaving { index += 1 }
      while index < count - 1 {
        memory[length + index] = memory[length + index + 1]
        index += 1
      }
      count -= 1
    }
    memory[place] = x
    var index = count
    while index > 0, memory[length + index - 1] > x {
      memory[length + index] = memory[length + index - 1]
      index -= 1
    }
    memory[length + index] = x
    count += 1
    isInitial = count < length
    let middle = memory[length + count / 2]
    return count % 2 == 1 ? middle : (memory[length + count / 2 - 1] + middle) / 2
  }

  private mutating func timedAverage(_ x: Double, over seconds: Double) -> Double {
    let length = Self.timedWindow
    let place = Int(memory.count % UInt64(length))
    memory[place] = x
    memory.setTime(length + place, now)
    let filled = Int(Swift.min(memory.count, UInt64(length - 1))) + 1
    // What came before the clock was set back last does not count, also when its times are reached again.
    var recent = 1
    var later = now
    while recent < filled {
      let time = memory.time(length + (place - recent + length) % length)
      guard time <= later else { break }
      later = time
      recent += 1
    }
    var sum = 0.0
    var count = 0.0
    for index in 0..<filled {
      guard (place - index + length) % length < recent,
        elapsed(from: memory.time(length + index)) < seconds
      else { continue }
      sum += memory[index]
      count += 1
    }
    return count == 0 ? x : sum / count
  }

  // MARK: Totals and filters

  private mutating func exponential(
    _ x: Double, _ tau: Double, _ seconds: Double, _ isFirst: Bool
  ) -> Outcome {
    if tau < 0 { return Outcome(.domain) }
    if isFirst || tau == 0 {
      memory.first = x
    } else {
      memory.first += (x - memory.first) * -expm1(-seconds / tau)
    }
    return Outcome(memory.first)
  }

  private mutating func integral(
    _ x: UnsafePointer<Double>, _ count: Int, _ seconds: Double, _ isFirst: Bool
  ) -> Outcome {
    let per = count > 1 ? x[1] : 1
    if per == 0 { return Outcome(.divisionByZero) }
    let cutoff = count > 2 ? x[2] : 0
    let gap = count > 3 ? x[3] : 0
    let flow = Swift.abs(x[0]) < cutoff ? 0 : x[0]
    if !isFirst, gap <= 0 || seconds <= gap {
      memory.second += (memory.first + flow) / 2 * seconds / per
    }
    if count > 4, x[4] != 0 { memory.second = 0 }
    memory.first = flow
    return Outcome(memory.second)
  }

  private mutating func total(
    _ function: Function, _ x: UnsafePointer<Double>, _ count: Int, _ seconds: Double
  ) -> Double {
    if function == .countIf {
      if x[0] != 0 { memory.first += 1 }
    } else {
      // The time since the last sample counts as that sample was.
      if memory.second != 0 { memory.first += seconds }
      memory.second = x[0] != 0 ? 1 : 0
    }
    if count > 1, x[1] != 0 { memory.first = 0 }
    return memory.first
  }

  private mutating func deadband(
    _ x: UnsafePointer<Double>, _ count: Int, _ isFirst: Bool
  ) -> Double {
    let width = count > 2 && x[2] != 0 ? Swift.abs(memory.first) * x[1] / 100 : x[1]
    if isFirst || Swift.abs(x[0] - memory.first) > width { memory.first = x[0] }
    return memory.first
  }

  private mutating func ramp(_ x: Double, _ most: Double, _ isFirst: Bool) -> Double {
    if isFirst {
      memory.first = x
    } else {
      let step = Swift.max(most, 0)
      memory.first =
        x > memory.first ? Swift.min(x, memory.first + step) : Swift.max(x, memory.first - step)
    }
    return memory.first
  }

  // MARK: Conditions over time

  /// `first` is the result, `second` the candidate, the second time when the candidate came.
  private mutating func delayed(
    _ function: Function, _ x: UnsafePointer<Double>, _ isFirst: Bool
  ) -> Double {
    let condition: Double = x[0] != 0 ? 1 : 0
    if isFirst {
      memory.first = function == .onDelay ? 0 : condition
      memory.second = condition
      memory.since = now
    } else if condition != memory.second {
      memory.second = condition
      memory.since = now
    } else if memory.since > now {
      // The clock was set back: nobody knows how long it has been, so the wait begins anew.
      memory.since = now
    }
    let isImmediate =
      function == .onDelay && condition == 0 || function == .offDelay && condition != 0
    if isImmediate || elapsed(from: memory.since) >= x[1] { memory.first = condition }
    return memory.first
  }

  private mutating func edge(_ function: Function, _ x: Double, _ isFirst: Bool) -> Double {
    let condition: Double = x != 0 ? 1 : 0
    defer { memory.first = condition }
    isInitial = isFirst
    if isFirst || condition == memory.first { return 0 }
    return (condition == 1) == (function == .rising) ? 1 : 0
  }
}

extension Int64 {
  /// The difference, or the largest there is.
  package func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (self < other ? .min : .max) : difference
  }
}
