/// What to read in one go: blocks, each of which is one legal request.
///
/// A plan is made once and read many times. A client carries it out in one piece, with as many requests under way as
/// its options allow, and gives each block a result of its own: one that fails takes nothing from the others.
public struct ReadPlan: Sendable, Hashable {
  /// The requests, in the order they are sent.
  public let blocks: [RegisterBlock]
  /// Where each block's words begin in the result's, and the total at the end.
  let wordOffsets: [Int]

  /// A plan of blocks that are sent as they are.
  ///
  /// Throws `.invalidRequest` when a block is empty, runs past address 65535, or has more than 125
  /// registers or 2000 bits.
  public init(_ blocks: [RegisterBlock]) throws(ModbusError) {
    for block in blocks {
      if let error = block.violation(maximumCount: block.table.maximumReadCount) { throw error }
    }
    self.init(legal: blocks)
  }

  /// A plan that reads all of `ranges`, each cut into as many requests as the limits demand.
  ///
  /// Registers are cut at multiples of 4 from a range's start, so that a value of 32 or 64 bits that begins
  /// at a multiple of its size is never read in two requests (and so never half old, half new).
  ///
  /// - Parameters:
  ///   - ranges: what to read; each may be longer than a request allows.
  ///   - maximumRegisters: the most registers a request may ask for, 1 to 125; lower for devices that can't
  ///     do more.
  ///   - maximumBits: the most bits a request may ask for, 1 to 2000.
  ///
  /// Throws `.invalidRequest` when a limit is outside of its bounds, or a range is empty or runs past address 65535.
  public init(
    splitting ranges: [RegisterBlock], maximumRegisters: Int = 125, maximumBits: Int = 2000
  ) throws(ModbusError) {
    guard (1...125).contains(maximumRegisters), (1...2000).contains(maximumBits) else {
      throw ModbusError(
        .invalidRequest, "a request's limit must be 1 to 125 registers and 1 to 2000 bits")
    }
    var blocks: [RegisterBlock] = []
    for range in ranges {
      if let error = range.violation(maximumCount: 65536) { throw error }
      let limit =
        range.table.isBits
        ? maximumBits : maximumRegisters < 4 ? maximumRegisters : maximumRegisters & ~3
      let whole = range.table.isBits ? maximumBits : maximumRegisters
      var rest = range
      while rest.count > whole {
        blocks.append(
          RegisterBlock(rest.table, rest.address, count: limit, unit: rest.unit))
        rest.address += UInt16(limit)
        rest.count -= limit
      }
      blocks.append(rest)
    }
    self.init(legal: blocks)
  }

  /// A plan of one request. Throws `.invalidRequest` when an address is not 0 to 65535 or the count not allowed.
  init(_ table: RegisterTable, _ addresses: Range<Int>, unit: UInt8) throws(ModbusError) {
    guard let first = UInt16(exactly: addresses.lowerBound) else {
      throw ModbusError(
        .invalidRequest, "addresses are 0 to 65535, not \(addresses.lowerBound)", unit: unit,
        function: table.readFunction)
    }
    try self.init([RegisterBlock(table, first, count: addresses.count, unit: unit)])
  }

  /// Nothing to read.
  static let empty = ReadPlan(legal: [])

  private init(legal blocks: [RegisterBlock]) {
    self.blocks = blocks
    var offsets: [Int] = []
    offsets.reserveCapacity(blocks.count + 1)
    var total = 0
    for block in blocks {
      offsets.append(total)
      total += block.wordCount
    }
    offsets.append(total)
    wordOffsets = offsets
  }

  /// How many words hold the values of all blocks.
  var wordCount: Int { wordOffsets[wordOffsets.count - 1] }
}
