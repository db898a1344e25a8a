internal import IndustrialModel

/// Looks on while a journal is replayed. It changes nothing; what it is shown of the stages is what they are at that moment.
protocol FlowWitness: AnyObject {
  /// Whether it wants to see each moment of the entry at hand.
  var looksBetweenMoments: Bool { get }

  /// A configuration holds from here on.
  ///
  /// - Parameter isNewRun: Whether a gateway was started: what stages held is gone.
  func configured(_ configuration: GatewayConfiguration, version: UInt32, isNewRun: Bool)
  /// Entries are missing here, or the beginning of a run is.
  func missed()
  /// An entry of the journal is next, which ends in a record.
  func willTake(_ entry: JournalEntry, record: UInt64, at time: Timestamp)
  /// A moment goes into formulas and checks.
  func willApply(_ stages: borrowing Stages, to moment: SampleBatch)
  /// It went through; what came of it stands in `samples`, from an index on.
  func didApply(
    _ stages: borrowing Stages, to moment: SampleBatch, _ samples: SampleBatch, from first: Int)
  /// All that was acquired by the entry goes into windows and report by exception.
  func willReduce(_ stages: borrowing Stages, _ samples: SampleBatch, from first: Int)
  /// This much is stored, numbered.
  func didStore(_ samples: SampleBatch, from first: Int)
}
