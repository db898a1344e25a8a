/// Consecutive places of one table of one device: what one read request asks for.
public struct RegisterBlock: Sendable, Hashable {
  /// The device on the wire, 0 to 255.
  public var unit: UInt8
  /// The table.
  public var table: RegisterTable
  /// The first place, counted from 0.
  public var address: UInt16
  /// How many places, at least 1.
  public var count: Int

  /// `count` places from `address` on.
  public init(_ table: RegisterTable, _ address: UInt16, count: Int, unit: UInt8 = 1) {
    self.unit = unit
    self.table = table
    self.address = address
    self.count = count
  }

  /// How many 16-bit words hold the block's values: one a register, one for 16 bits.
  public var wordCount: Int { table.isBits ? (count + 15) / 16 : count }

  /// What breaks the protocol's rules about the block, or nil when it can be asked for.
  func violation(maximumCount: Int) -> ModbusError? {
    let reason: String
    if count < 1 {
      reason = "a block has at least one place"
    } else if count > 65536 - Int(address) {
      reason = "the block runs past the last address, 65535"
    } else if count > maximumCount {
      reason =
        "one request reads at most \(maximumCount) \(table.isBits ? "bits" : "registers"), not \(count)"
    } else {
      return nil
    }
    return ModbusError(
      .invalidRequest, reason, unit: unit, address: RegisterAddress(table, address), count: count,
      function: table.readFunction)
  }
}
