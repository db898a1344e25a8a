internal import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

/// Brings what is in the store to one sink, in order, and acknowledges it when the sink has it.
struct SinkRunner: Sendable {
  let index: Int
  let name: String
  var sink: any Sink
  let deadLetters: DeadLetterFile
  let cursor: StoreCursor
  let tags: TagRegistry
  let board: StatusBoard
  let report: @Sendable (GatewayEvent) -> Void

  /// Works until `isLast` says that nothing more will be stored and everything is delivered, or until
  /// the task is cancelled.
  func run(isLast: borrowing Atomic<Bool>) async {
    var condition = ConditionReporter(source: "sink \(name)", report: report)
    var pause = Pause()
    while !Task.isCancelled {
      let noMoreWillCome = isLast.load(ordering: .acquiring)
      do {
        let wait: Duration = noMoreWillCome ? .zero : .milliseconds(250)
        let reported: Void? = try await cursor.next(maxBytes: 1 << 20, wait: wait) { batch in
          let samples = try decode(batch)
          count(batch.gaps)
          return try await deliver(samples, through: batch.lastSequence, &condition)
        }
        if reported == nil, noMoreWillCome { break }
        if reported != nil { pause = Pause() }
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)", level: .error)
        await pause.wait()
        try? await cursor.rewind(to: .saved)
      }
    }
    try? await cursor.save()
  }

  private func deliver(
    _ samples: SampleBatch, through sequence: UInt64, _ condition: inout ConditionReporter
  ) async throws {
    var pause = Pause()
    while true {
      do throws(SinkError) {
        var refused = 0
        if !samples.isEmpty {
          let rejections = try await sink.deliver(samples).rejections
          refused = rejections.count
          // Before the acknowledgement: a refused sample is in one place or the other at every moment.
          try await deadLetters.append(rejections, of: samples)
          if let first = rejections.first {
            condition.failed(
              "refused \(refused) samples for good (now in the dead-letter file); the first: "
                + first.reason, level: .error)
          }
        }
        cursor.acknowledge(through: sequence)
        board.change(sink: index) { counts in
          counts.delivered += UInt64(samples.count - refused)
          counts.refused += UInt64(refused)
          counts.waiting = cursor.status?.backlog ?? 0
          counts.newest = samples.records.last?.gatewayTime ?? counts.newest
        }
        if refused == 0 { condition.recovered() }
        return
      } catch {
        try Task.checkCancellation()
        condition.failed(
          "\(error.message) [\(error.destination)]; \(error.advice)",
          level: error.isRetriable ? .warning : .error)
        board.change(sink: index) { counts in
          counts.retries += 1
          counts.waiting = cursor.status?.backlog ?? 0
        }
        await pause.wait(atLeast: error.retryAfter ?? .zero)
        try Task.checkCancellation()
      }
    }
  }

  /// The samples of all records. A record that is no block of samples is told and passed over; one of a newer version
  /// stops the sink, because passing it over would lose it.
  private func decode(_ batch: borrowing StoredBatch) throws -> SampleBatch {
    var samples = SampleBatch()
    for index in 0..<batch.count {
      do throws(SampleCodecError) {
        try SampleCodec.decode(batch.payload(at: index), tags: tags, into: &samples)
      } catch {
        if error.code == .newerVersion { throw error }
        report(
          GatewayEvent(
            .error, source: "sink \(name)",
            "record \(batch.sequence(at: index)) is passed over: \(error)"))
        board.change(sink: self.index) { $0.damaged += 1 }
      }
    }
    return samples
  }

  private func count(_ gaps: [Gap]) {
    for gap in gaps where gap.reason != .unused {
      board.change(sink: index) { counts in
        if gap.reason == .evicted {
          counts.evicted += gap.count
        } else {
          counts.damaged += gap.count
        }
      }
      report(
        GatewayEvent(
          .error, source: "sink \(name)",
          "\(gap.count) records (\(gap.first) to \(gap.last)) did not reach this sink: "
            + gap.reason.rawValue))
    }
  }
}
