public import IndustrialModel

/// Rounds of reading, as batches of samples.
///
/// Each round is one batch with one sample a reading; a reading that failed is a sample without value, of the failure's quality,
/// and the next round comes all the same. A round that took longer than its period is followed at once, and missed
/// ones are not made up. The sequence ends when its task is cancelled, and throws when the client has been closed.
public struct ModbusPoll: AsyncSequence, Sendable {
  /// One round's samples.
  public typealias Element = SampleBatch

  let client: ModbusClient
  let sampler: RegisterSampler
  let period: Duration

  /// Begins to poll, at once.
  public func makeAsyncIterator() -> Iterator {
    Iterator(client: client, sampler: sampler, period: period, due: ContinuousClock.now)
  }

  /// The rounds.
  public struct Iterator: AsyncIteratorProtocol {
    let client: ModbusClient
    var sampler: RegisterSampler
    let period: Duration
    var due: ContinuousClock.Instant

    /// Waits for the next round and reads it; nil when the task has been cancelled.
    public mutating func next() async throws -> SampleBatch? {
      do {
        try await ContinuousClock().sleep(until: due)
        due = Swift.max(due + period, ContinuousClock.now)
        var result = try await client.read(sampler.plan)
        while sampler.adapt(to: result) { result = try await client.read(sampler.plan) }
        var batch = SampleBatch()
        sampler.append(result, to: &batch)
        return batch
      } catch is CancellationError {
        return nil
      }
    }
  }
}

extension ModbusClient {
  /// Reads the same values again and again.
  ///
  /// ```swift
  /// for try await batch in try plc.poll(readings, every: .milliseconds(100)) { ... }
  /// ```
  ///
  /// Throws `.invalidRequest` when a reading runs past address 65535.
  public func poll(
    _ readings: [RegisterReading], every period: Duration, limits: ReadLimits = ReadLimits()
  ) throws(ModbusError) -> ModbusPoll {
    poll(try RegisterSampler(readings, limits: limits), every: period)
  }

  /// Reads what a sampler has planned again and again.
  ///
  /// ```swift
  /// let plan = try RegisterSampler(readings)
  /// for try await batch in plc.poll(plan, every: .milliseconds(100)) { ... }
  /// ```
  public func poll(_ plan: RegisterSampler, every period: Duration) -> ModbusPoll {
    ModbusPoll(client: self, sampler: plan, period: period)
  }
}
