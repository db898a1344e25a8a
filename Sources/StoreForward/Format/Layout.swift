/// The numbers of the on-disk format, version 1 (docs/storeforward-format.md).
enum Layout {
  static let version: UInt16 = 1
  /// Bits that a reader must know; none exist yet.
  static let knownIncompatibleFeatures: UInt32 = 0

  static let segmentMagic: UInt32 = 0x3152_4653  // "SFR1"
  static let footerMagic: UInt32 = 0x4652_4653  // "SFRF"
  static let slotMagic: UInt32 = 0x5352_4653  // "SFRS"
  static let groupMagic: UInt32 = 0xB152_4653  // "SFR" and 0xB1, which no record kind may be

  static let block = 4096
  static let segmentHeaderSize = 512
  static let groupHeaderSize = 64
  static let recordHeaderSize = 24

  /// Where groups begin; the first block holds the segment header.
  static let dataStart = block
  /// Where groups must end; the last block holds the footer and the second header.
  static func dataEnd(segmentSize: Int) -> Int { segmentSize - block }
  static func secondHeader(segmentSize: Int) -> Int { segmentSize - segmentHeaderSize }
  static func footer(segmentSize: Int) -> Int { segmentSize - block }

  static let smallestSegment = 64 << 10
  static let largestSegment = 1 << 30
  /// A slot's number has 20 bits.
  static let mostSegments = (1 << 20) - 1
  /// How many segments a store has that fits a capacity as far as segments of this size allow it.
  static func segments(in capacity: StoreOptions.Capacity, of size: Int) -> Int {
    min(max(capacity.bytes / size, 2), mostSegments)
  }
  static func isSegmentSize(_ size: Int) -> Bool {
    size >= smallestSegment && size <= largestSegment && size % block == 0
  }
  /// A record's length has 24 bits.
  static let largestPayload = (1 << 24) - 1
  static func largestPayload(segmentSize: Int) -> Int {
    min(largestPayload, segmentSize / 4 - recordHeaderSize)
  }

  static let dataKind: UInt8 = 1
  static let labelsKind: UInt8 = 2

  static let lockName = "LOCK"
  static let cursorsName = "cursors"
  static let ledgerName = "ledger"

  static func segmentName(slot: Int) -> String {
    let digits = String(slot)
    return "seg-" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  /// The slot that a file name stands for, nil where it is no segment's.
  static func slot(ofSegment name: String) -> Int? {
    guard name.hasPrefix("seg-"), let slot = Int(name.dropFirst(4)), slot >= 0, slot < 1 << 20,
      segmentName(slot: slot) == name
    else { return nil }
    return slot
  }
}
