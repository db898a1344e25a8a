public import IndustrialModel
internal import StoreForward

/// The samples of some tags as they are stored, for code in the same process: see `GatewayRuntime.samples(matching:)`.
///
/// Each iteration has a place of its own. Who takes batches slowly holds up nobody, and loses nothing that the buffer still
/// has: the buffer itself is what waits.
public struct GatewaySamples: AsyncSequence, Sendable {
  /// Nothing: what fails is told as an event, and tried again.
  public typealias Failure = Never

  /// What was stored since the batch before.
  public struct Batch: RandomAccessCollection, Sendable {
    /// The samples, in the order in which they are stored.
    public var samples = SampleBatch()
    /// How many records of the buffer went before this reader had them: it was slower than the ring is long, or a disk
    /// damaged them. A record holds at most 4,096 samples; of which tags is not known any more.
    public var missedRecords: UInt64 = 0

    /// The first position, 0.
    public var startIndex: Int { samples.startIndex }
    /// The number of samples.
    public var endIndex: Int { samples.endIndex }
    /// The sample at a position.
    public subscript(position: Int) -> Sample { samples[position] }
  }

  let gateway: GatewayRuntime
  let pattern: String

  /// Begins to read, with what is stored from now on.
  public func makeAsyncIterator() -> Iterator { Iterator(gateway, pattern) }

  /// Waits for the next samples; ends when the gateway does, or the task is cancelled.
  public struct Iterator: AsyncIteratorProtocol {
    private let gateway: GatewayRuntime
    private let pattern: String
    private let place: Observers.Place
    private var reader: RingReader?
    /// Whether the pattern is for a tag, by the tag's number.
    private var isWanted: [Bool] = []
    private var condition: ConditionReporter

    init(_ gateway: GatewayRuntime, _ pattern: String) {
      self.gateway = gateway
      self.pattern = pattern
      place = gateway.observers.add(from: gateway.store.nextSequence)
      condition = ConditionReporter(source: "samples \(pattern)", report: gateway.report)
    }

    /// What was stored since the batch before, as soon as there is something; nil at the end.
    public mutating func next() async -> Batch? {
      var pause = Pause()
      while !Task.isCancelled {
        do {
          // Before looking: what is stored after this look is not missed.
          let noMoreWillCome = gateway.observers.isFinished
          if let batch = try await read(wait: noMoreWillCome ? .zero : .milliseconds(250)) {
            if !batch.isEmpty || batch.missedRecords > 0 { return batch }
          } else if noMoreWillCome {
            return nil
          }
          condition.recovered()
        } catch let error as StoreError where error.code == .closed {
          return nil
        } catch {
          condition.failed("\(error)", level: .error)
          await pause.wait()
        }
      }
      return nil
    }

    /// What came, or nil.
    private mutating func read(wait: Duration) async throws -> Batch? {
      let reader = try await open()
      place.wants(reader.nextSequence)
      var batch = Batch()
      var samples = SampleBatch()
      let found: Void? = try await reader.next(wait: wait) { stored in
        for gap in stored.gaps where gap.reason != .unused { batch.missedRecords += gap.count }
        for index in 0..<stored.count {
          do throws(SampleCodecError) {
            try SampleCodec.decode(stored.payload(at: index), tags: gateway.tags, into: &samples)
          } catch {
            batch.missedRecords += 1
          }
        }
      }
      guard found != nil else { return nil }
      choose(from: samples, into: &batch.samples)
      return batch
    }

    private mutating func open() async throws -> RingReader {
      if let reader { return reader }
      let opened = try await gateway.store.reader(from: .sequence(place.wanted))
      reader = opened
      return opened
    }

    private mutating func choose(from samples: SampleBatch, into chosen: inout SampleBatch) {
      for record in samples.records {
        let number = Int(record.tag.rawValue)
        while isWanted.count <= number {
          let name = gateway.tags.name(of: TagID(rawValue: UInt32(isWanted.count)))
          isWanted.append(ProcessingRule(pattern).matches(name))
        }
        if isWanted[number] { chosen.append(record, of: samples) }
      }
    }
  }
}

extension GatewayRuntime {
  /// The samples of some tags, from now on, as soon as they are durable. Any number of readers, each at its own pace.
  ///
  /// ```swift
  /// for await batch in gateway.samples(matching: "pump-01/*") {
  ///   for sample in batch { print(gateway.tags.name(of: sample.tag), sample.value) }
  /// }
  /// ```
  ///
  /// The loop ends when the gateway does, which waits for it as it waits for the sinks (`run(grace:)`). "Now" is when the
  /// iteration begins.
  ///
  /// - Parameter pattern: A tag's path, or the beginning of several with a `*` at its end.
  public func samples(matching pattern: String = "*") -> GatewaySamples {
    GatewaySamples(gateway: self, pattern: pattern)
  }
}
