/// Hashes names and numbers for the tables of one parse. Seeded, so that no file can be made to collide.
struct NameHash {
  let seed: UInt64
  private let multiplier: UInt64

  init() {
    seed = UInt64.random(in: .min ... .max)
    multiplier = UInt64.random(in: .min ... .max) | 1
  }

  @inline(__always)
  func hash(_ value: UInt64) -> UInt32 {
    let product = (value ^ seed).multipliedFullWidth(by: multiplier)
    let folded = product.high ^ product.low
    return UInt32(truncatingIfNeeded: folded ^ (folded >> 32))
  }

  /// The hash of `count` bytes; may look at up to 7 bytes behind them.
  @inline(__always)
  func hash(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt32 {
    let raw = UnsafeRawPointer(bytes)
    var state = seed ^ UInt64(truncatingIfNeeded: count)
    var index = 0
    while index &+ 8 <= count {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let product = (state ^ word).multipliedFullWidth(by: multiplier)
      state = product.high ^ product.low
      index &+= 8
    }
    if index < count {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      let bits = UInt64(truncatingIfNeeded: (count &- index) &* 8)
      let product = (state ^ (word & ((1 &<< bits) &- 1))).multipliedFullWidth(by: multiplier)
      state = product.high ^ product.low
    }
    return UInt32(truncatingIfNeeded: state ^ (state >> 32))
  }
}

/// A hash table of indices: the keys stay where they are, in the array the indices point to.
struct IndexTable {
  private var slots: [Int32]
  private var mask: Int

  init(capacity: Int) {
    var size = 16
    while size < capacity &* 2 { size &*= 2 }
    slots = Array(repeating: -1, count: size)
    mask = size &- 1
  }

  /// The first index with this hash for which `matches` says yes, or -1.
  @inline(__always)
  func find(_ hash: UInt32, _ matches: (Int) -> Bool) -> Int {
    var position = Int(hash) & mask
    while true {
      let index = slots[position]
      if index < 0 { return -1 }
      if matches(Int(index)) { return Int(index) }
      position = (position &+ 1) & mask
    }
  }

  /// Adds an index. The table must have been made for as many as are put in.
  @inline(__always)
  mutating func insert(_ hash: UInt32, _ index: Int) {
    var position = Int(hash) & mask
    while slots[position] >= 0 { position = (position &+ 1) & mask }
    slots[position] = Int32(truncatingIfNeeded: index)
  }
}
