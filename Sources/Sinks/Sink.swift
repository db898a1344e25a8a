public import IndustrialModel

/// A destination of samples.
///
/// `deliver` returns only when the destination has the whole batch for good (on the disk, acknowledged by the
/// server), because the caller then recycles its own copy. Delivery is at least once: after an error or a
/// crash the same samples come again.
public protocol Sink: Sendable {
  /// Delivers a batch, in order.
  ///
  /// - Returns: Which samples the destination refused for good; it has all the others.
  /// - Throws: `SinkError`; `isRetriable` tells whether trying the same batch again later makes sense.
  @discardableResult
  func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport

  /// Gives back what the sink holds open. What was delivered stays delivered.
  func close() async
}
