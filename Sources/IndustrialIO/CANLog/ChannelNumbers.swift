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
