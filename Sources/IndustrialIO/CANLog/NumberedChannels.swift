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
