/// What an append returns: the numbers that its records got.
public struct Receipt: Sendable, Hashable {
  /// The number of the first record; the others follow without a break.
  public var firstSequence: UInt64
  /// The number of the last record.
  public var lastSequence: UInt64
  /// How many records were stored.
  public var count: Int
  /// Whether they are on the disk for good; false only under a policy that syncs later.
  public var isDurable: Bool
}
