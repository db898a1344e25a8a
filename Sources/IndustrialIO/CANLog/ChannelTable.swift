/// The channel names of a log, numbered in the order of appearance.
struct ChannelTable: Sendable {
  /// A name of up to 7 bytes together with the blank behind it, for comparing in one step.
  struct ShortName {
    let word: UInt64
    let mask: UInt64
    let count: Int
    let channel: UInt16
  }

  /// Longer names are taken for damage.
  static let longestName = 64
  /// More channels than any recorder has; a damaged log could make up any number.
  static let mostChannels = 4096

  private(set) var names: [String] = []
  private(set) var shortNames: [ShortName] = []
  private var numbers: [String: UInt16] = [:]

  /// The number of a name, new or known; nil when it is too long, damaged, or there are too many.
  mutating func channel(of name: UnsafeRawBufferPointer) -> UInt16? {
    guard name.count <= Self.longestName, name.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
      let text = String(validating: name, as: UTF8.self)
    else { return nil }
    if let known = numbers[text] { return known }
    guard names.count < Self.mostChannels else { return nil }
    let channel = UInt16(truncatingIfNeeded: names.count)
    names.append(text)
    numbers[text] = channel
    if name.count < 8 && shortNames.count < 16 {
      var word: UInt64 = UInt64(ASCII.space) << UInt64(name.count * 8)
      for (index, byte) in name.enumerated() { word |= UInt64(byte) << UInt64(index * 8) }
      shortNames.append(
        ShortName(
          word: word, mask: UInt64.max >> UInt64((7 - name.count) * 8), count: name.count,
          channel: channel))
    }
    return channel
  }
}
