package import CANCore

extension CANLogReader {
  /// As the public one; also false when `stop`, a descriptor, becomes readable while it waits for bytes. What has come before then
  /// was handed over, and reading may go on.
  package mutating func next(
    into batch: inout CANFrameBatch, until stop: Int32
  ) throws(CANLogError) -> Bool {
    try next(into: &batch, stop: stop) == .frames
  }
}
