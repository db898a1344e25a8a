/// How what comes from the wires is kept: the journal in `DATA/journal`, of which `JournalReplay` makes samples again.
public struct JournalOptions: Sendable, Equatable {
  /// Disk space that it may take, in bytes, at least 1 MiB; then the oldest entries give way.
  public var capacity: Int

  /// The smallest capacity, in bytes.
  public static let smallestCapacity = 1 << 20

  /// A journal of so many bytes; 64 MiB unless given.
  public init(capacity: Int = 64 << 20) { self.capacity = capacity }
}
