/// The channels of a format that numbers them from 1: 1 is called `can0`, as can-utils do.
struct NumberedChannels: Sendable {
  private(set) var names: [String] = []
  private var lastNumber = -1
  private var lastChannel: UInt16 = 0
  private var channels: [Int: UInt16] = [:]

  /// The index of a channel's name; nil when there are more channels than any recorder has.
  @inline(__always)
  mutating func channel(number: Int) -> UInt16? {
    if number == lastNumber { return lastChannel }
    return lookUp(number)
  }

  @inline(never)
  private mutating func lookUp(_ number: Int) -> UInt16? {
    guard (0...65_535).contains(number) else { return nil }
    if let known = channels[number] {
      lastNumber = number
      lastChannel = known
      return known
    }
    guard names.count < ChannelTable.mostChannels else { return nil }
    let channel = UInt16(truncatingIfNeeded: names.count)
    // Number 0 is no channel; asc2log calls it so too.
    names.append(number == 0 ? "canX" : "can\(number - 1)")
    channels[number] = channel
    lastNumber = number
    lastChannel = channel
    return channel
  }
}

/// The numbers that a format without channel names gets: `can0` is 1, as can-utils have it; no two names share one.
struct ChannelNumbers: Sendable {
  private var numbers: [String: Int] = [:]
  private var taken: Set<Int> = []

  /// The number for a channel of a batch: one more than the digits at the end of its name, if that is free.
  mutating func number(of channel: UInt16, in names: [String]) -> Int {
    let index = Int(channel)
    let name = index < names.count ? names[index] : "can\(index)"
    if let known = numbers[name] { return known }
    var number = Self.wanted(name) ?? index + 1
    while taken.contains(number) { number += 1 }
    taken.insert(number)
    numbers[name] = number
    return number
  }

  private static func wanted(_ name: String) -> Int? {
    if name == "canX" { return 0 }
    var value = 0
    var scale = 1
    for byte in name.utf8.reversed() {
      guard let digit = ASCII.decimalValue(byte), scale <= 100 else { break }
      value += Int(digit) * scale
      scale *= 10
    }
    return scale == 1 ? nil : value + 1
  }
}
