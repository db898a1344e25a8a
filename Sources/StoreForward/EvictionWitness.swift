/// Is told of what a full ring gives up before it goes, so that whoever counts records by their contents misses none.
///
/// All calls come from the thread that writes to the store, one after the other, while appends wait.
public protocol EvictionWitness: Sendable {
  /// Whether records have to be shown. If not, nothing is read.
  ///
  /// - Parameter numbers: Those of the records.
  func wantsRecords(_ numbers: ClosedRange<UInt64>) -> Bool

  /// Shows records, and gaps where there are none, in the order of their numbers.
  ///
  /// - Parameters:
  ///   - batch: The records and the gaps.
  ///   - isAhead: These are the first ones behind those that go.
  func willEvict(_ batch: borrowing StoredBatch, isAhead: Bool)

  /// All records up to a number are about to go, whether they were shown or not. It may be said again of the same ones.
  ///
  /// - Parameter sequence: That number.
  /// - Throws: What keeps them from going; the append that needs their room throws it. After code `diskFull` or `full` the next
  ///   append asks again. Any other code is taken for a failing disk: nothing is appended until the store is opened again.
  func willEvict(through sequence: UInt64) throws(StoreError)
}

extension RingStore {
  /// From now on tells a witness of what goes.
  ///
  /// - Parameter witness: Takes the place of the one before.
  public func tellEvictions(to witness: any EvictionWitness) {
    core.lock.locked { core.witness = witness }
  }
}
