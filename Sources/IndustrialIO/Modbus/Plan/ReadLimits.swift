/// What a device allows, and what a plan may add to get fewer requests.
public struct ReadLimits: Sendable, Hashable {
  /// The most registers in one request, 1 to 125.
  public var maximumRegisters: Int
  /// The most bits in one request, 1 to 2000.
  public var maximumBits: Int
  /// How many registers (or bits) that nobody wants may be read between two wanted ones, so that one request does for both. 0
  /// keeps clear of holes in the device's map.
  public var maximumGap: Int

  /// Limits; the specification's, and no gaps, unless given. Values outside the specification's are held within it.
  public init(maximumRegisters: Int = 125, maximumBits: Int = 2000, maximumGap: Int = 0) {
    self.maximumRegisters = min(max(1, maximumRegisters), 125)
    self.maximumBits = min(max(1, maximumBits), 2000)
    self.maximumGap = max(0, maximumGap)
  }

  func maximumCount(_ table: RegisterTable) -> Int {
    table.isBits ? maximumBits : maximumRegisters
  }
}
