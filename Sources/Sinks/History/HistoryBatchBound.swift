internal import IndustrialModel

/// How large the batches are that a history is read in. What is of one moment stays in one batch, whatever its size.
struct HistoryBatchBound {
  /// So many samples at most.
  var samples = 40_000
  /// So many bytes of texts at most.
  var bytes = 64 << 20

  /// Whether a batch is too large.
  func isExceeded(by batch: SampleBatch) -> Bool {
    batch.records.count > samples || batch.arena.count > bytes
  }

  /// Whether twice as much would fit well.
  func hasRoom(beside batch: SampleBatch) -> Bool {
    batch.records.count < samples / 4 && batch.arena.count < bytes / 4
  }
}
