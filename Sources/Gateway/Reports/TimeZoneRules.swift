internal import IndustrialModel

/// When the clocks of a place are set to what: the system's time zone database (RFC 9636), or UTC.
///
/// All times are seconds since 1970.
struct TimeZoneRules: Sendable {
  /// From a moment on, the clocks are so many seconds ahead of UTC.
  struct Transition: Sendable, Equatable {
    var time: Int64
    var offset: Int64
  }

  private(set) var transitions: [Transition] = []
  private var firstOffset: Int64 = 0

  /// The clocks of UTC, which are never set.
  static let utc = TimeZoneRules()

  private init() {}

  /// A zone by its name, such as `Europe/Prague`; nil when the system does not know it.
  init?(named name: String, folder: String = "/usr/share/zoneinfo") {
    if name == "UTC" {
      self.init()
      return
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty && !part.hasPrefix(".")
        && part.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte)
        }
    }
    guard isName, let bytes = readFile("\(folder)/\(name)") else { return nil }
    self.init(contents: bytes)
  }

  /// The content of a TZif file; nil when it is none.
  init?(contents bytes: [UInt8]) {
    guard var file = TimeZoneFile(bytes), let table = file.read() else { return nil }
    self.init()
    firstOffset = table.firstOffset
    add(table.transitions)
    guard let rule = PosixTimeZone(table.footer) else { return }
    // As far as a `Timestamp` reaches.
    let last = transitions.last?.time ?? .min
    add((1970...2262).flatMap { rule.transitions(year: $0) }.filter { $0.time > last })
  }

  /// Those that set the clocks; in the files there are others too.
  private mutating func add(_ more: [Transition]) {
    for transition in more.sorted(by: { $0.time < $1.time })
    where transition.offset != transitions.last?.offset ?? firstOffset {
      transitions.append(transition)
    }
  }

  /// How many seconds the clocks are ahead of UTC at a moment.
  func offset(at time: Int64) -> Int64 {
    let index = index(after: time)
    return index == 0 ? firstOffset : transitions[index - 1].offset
  }

  /// When the clocks were set last, at the moment itself or before.
  func transition(atOrBefore time: Int64) -> Int64? {
    let index = index(after: time)
    return index == 0 ? nil : transitions[index - 1].time
  }

  /// When the clocks are set next.
  func transition(after time: Int64) -> Int64? {
    let index = index(after: time)
    return index < transitions.count ? transitions[index].time : nil
  }

  /// The first moment at which the clocks show a time (seconds since 1970 as if they were UTC's), or where they pass over it.
  func moment(showing local: Int64) -> Int64 {
    // No clock is set by more than a day, and none is further from UTC.
    let nearby = index(after: local - 172_800)..<index(after: local + 172_800)
    var before = nearby.lowerBound == 0 ? firstOffset : transitions[nearby.lowerBound - 1].offset
    for index in nearby {
      let (time, after) = (transitions[index].time, transitions[index].offset)
      if local - before < time { return local - before }
      if local - after < time { return time }
      before = after
    }
    return local - before
  }

  private func index(after time: Int64) -> Int {
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].time <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A file of the time zone database (RFC 9636).
private struct TimeZoneFile {
  struct Table {
    var firstOffset: Int64
    var transitions: [TimeZoneRules.Transition]
    /// What holds after the last transition, as POSIX writes it.
    var footer: Substring
  }

  private let bytes: [UInt8]
  private var position = 0

  private struct Counts {
    var version: UInt8
    /// Of UT indicators, standard indicators, leap seconds, transitions, types and characters.
    var numbers: [Int]

    func size(ofTime width: Int) -> Int {
      numbers[3] * (width + 1) + numbers[4] * 6 + numbers[5] + numbers[2] * (width + 4) + numbers[1]
        + numbers[0]
    }
  }

  init?(_ bytes: [UInt8]) {
    // The largest that there is has four kilobytes.
    guard bytes.count >= 44, bytes.count <= 1 << 20 else { return nil }
    self.bytes = bytes
  }

  mutating func read() -> Table? {
    guard let first = counts() else { return nil }
    guard first.version >= UInt8(ascii: "2") else { return table(first, width: 4) }
    position += first.size(ofTime: 4)
    guard let second = counts(), var table = table(second, width: 8) else { return nil }
    let rest = bytes[min(position + second.size(ofTime: 8), bytes.count)...]
    table.footer = String(decoding: rest, as: UTF8.self).split(separator: "\n").first ?? ""
    return table
  }

  private mutating func counts() -> Counts? {
    guard position + 44 <= bytes.count, bytes[position...].starts(with: "TZif".utf8) else {
      return nil
    }
    let version = bytes[position + 4]
    let numbers = (0..<6).map { Int(number(at: position + 20 + 4 * $0, width: 4)) }
    position += 44
    guard numbers.allSatisfy({ (0...65_536).contains($0) }), numbers[4] > 0 else { return nil }
    return Counts(version: version, numbers: numbers)
  }

  private func table(_ counts: Counts, width: Int) -> Table? {
    let (timeCount, typeCount) = (counts.numbers[3], counts.numbers[4])
    guard position + counts.size(ofTime: width) <= bytes.count else { return nil }
    let kinds = position + timeCount * width
    let types = kinds + timeCount
    let offsets = (0..<typeCount).map { number(at: types + 6 * $0, width: 4) }
    guard offsets.allSatisfy({ abs($0) <= 93_600 }) else { return nil }
    var transitions: [TimeZoneRules.Transition] = []
    for index in 0..<timeCount {
      let kind = Int(bytes[kinds + index])
      guard kind < typeCount else { return nil }
      transitions.append(
        .init(time: number(at: position + index * width, width: width), offset: offsets[kind]))
    }
    return Table(firstOffset: offsets[0], transitions: transitions, footer: "")
  }

  /// Big-endian, with sign.
  private func number(at place: Int, width: Int) -> Int64 {
    var value: Int64 = bytes[place] >= 0x80 ? -1 : 0
    for byte in bytes[place..<(place + width)] { value = value << 8 | Int64(byte) }
    return value
  }
}
