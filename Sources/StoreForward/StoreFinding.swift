/// A damaged place that `StoreReader.verify` found.
public struct StoreFinding: Sendable, Equatable, CustomStringConvertible {
  /// The file's name in the store's directory.
  public var file: String
  /// Where in the file the damage begins.
  public var offset: Int
  /// What is damaged.
  public var reason: String
  /// The numbers of the records that it costs, nil where it costs none.
  public var records: ClosedRange<UInt64>?

  /// A finding.
  public init(file: String, offset: Int, reason: String, records: ClosedRange<UInt64>? = nil) {
    self.file = file
    self.offset = offset
    self.reason = reason
    self.records = records
  }

  /// `FILE at OFFSET: REASON; records FIRST to LAST are lost`.
  public var description: String {
    let place = "\(file) at \(offset): \(reason)"
    guard let records else { return "\(place); no record is lost" }
    let (first, last) = (records.lowerBound, records.upperBound)
    if first == last { return "\(place); record \(first) is lost" }
    return "\(place); records \(first) to \(last) are lost"
  }
}

/// What a full check of a store came to.
public struct StoreCheck: Sendable, Equatable {
  /// Records that are intact.
  public var records: UInt64 = 0
  /// Bytes of their payloads.
  public var payloadBytes: UInt64 = 0
  /// Records that are lost by damage.
  public var damagedRecords: UInt64 = 0
  /// Damaged places: so many findings were told.
  public var damagedPlaces = 0
}
