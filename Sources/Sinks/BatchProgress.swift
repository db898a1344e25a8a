internal import IndustrialModel

/// How far a sink has come with a batch, so that a delivery that failed goes on there when the same batch comes again: what a
/// receiver has taken is not sent anew, and one that takes a part each time gets through in the end.
///
/// A batch is known again by its first and its last sample. Samples without numbers may be others that look alike: their
/// deliveries begin anew.
struct BatchProgress<Piece: Sendable>: Sendable {
  private struct Name: Equatable {
    var numbers: ClosedRange<UInt64>
    var times: [Timestamp]
    var tags: [TagID]
    var count: Int

    init?(_ batch: SampleBatch) {
      guard let first = batch.records.first, let last = batch.records.last,
        0 < first.sequence, first.sequence <= last.sequence
      else { return nil }
      numbers = first.sequence...last.sequence
      times = [first.gatewayTime, last.gatewayTime]
      tags = [first.tag, last.tag]
      count = batch.count
    }
  }

  private var name: Name?
  /// What was cut off and is not settled; the piece that goes next stands last.
  var pieces: [Piece] = []
  /// The samples from here on are in no piece yet.
  var next = 0
  /// What was refused so far.
  var report = DeliveryReport()

  /// Goes on with a batch if it is the one that failed, else begins with it.
  ///
  /// - Returns: Whether it goes on.
  mutating func begin(_ batch: SampleBatch) -> Bool {
    let name = Name(batch)
    if let name, name == self.name { return true }
    self = BatchProgress()
    self.name = name
    return false
  }
}
