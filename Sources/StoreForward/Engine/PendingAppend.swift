/// A batch that waits to be written, and what became of it. Guarded by the core's lock; the bytes
/// stay where they are until there is an outcome.
// Sendable: what is read-only is `let`; `outcome`, `continuation` and `isCancelled` are touched with the
// core's lock held; `firstSequence` by the one thread with the writer's role, which the lock hands over.
final class PendingAppend: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  let count: Int
  let payloadBytes: Int
  let largestUnit: Int
  let hasLabels: Bool
  let minTime: Int64
  let maxTime: Int64
  /// Written by the thread with the writer's role.
  var firstSequence: UInt64 = 0
  var isCancelled = false
  var outcome: Result<Receipt, StoreError>?
  /// How a waiting task is woken; nil for a waiting thread.
  var continuation: UnsafeContinuation<Result<Receipt, StoreError>, Never>?

  init(_ batch: borrowing RecordBatch) {
    bytes = batch.encoded
    count = batch.count
    payloadBytes = batch.payloadByteCount
    largestUnit = batch.largestUnit
    hasLabels = batch.hasLabels
    minTime = batch.minTime
    maxTime = batch.maxTime
  }
}

/// A task that waits for records beyond a number.
struct DataWaiter {
  var id: UInt64
  var beyond: UInt64
  var deadline: UInt64
  var continuation: UnsafeContinuation<Bool, Never>
}
