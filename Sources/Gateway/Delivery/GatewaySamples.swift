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
    /// The samples, in the order in which those of their class are stored.
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
    /// By the lane's number.
    private var readers: [RingReader?]
    private var listener: Bell.Listener
    /// Whether the pattern is for a tag, by the tag's number.
    private var isWanted: [Bool] = []
    private var condition: ConditionReporter

    init(_ gateway: GatewayRuntime, _ pattern: String) {
      self.gateway = gateway
      self.pattern = pattern
      listener = gateway.buffer.bell.listen()
      place = gateway.observers.add(from: gateway.buffer.nextSequences)
      readers = BufferLane.allCases.map { _ in nil }
      condition = ConditionReporter(source: "samples \(pattern)", report: gateway.report)
    }

    /// What was stored since the batch before, as soon as there is something; nil at the end.
    public mutating func next() async -> Batch? {
      var pause = Pause()
      while !Task.isCancelled {
        do {
          // Before looking: what is stored after this look is not missed.
          let noMoreWillCome = gateway.observers.isFinished
          var isNothingThere = true
          for lane in BufferLane.allCases {
            guard let batch = try await read(lane) else { continue }
            if !batch.isEmpty || batch.missedRecords > 0 { return batch }
            isNothingThere = false
          }
          condition.recovered()
          guard isNothingThere else { continue }
          if noMoreWillCome { return nil }
          if await !listener.wait() { listener = gateway.buffer.bell.listen() }
        } catch let error as StoreError where error.code == .closed {
          return nil
        } catch {
          condition.failed("\(error)", level: .error)
          await pause.wait()
        }
      }
      return nil
    }

    /// What came in a lane, or nil.
    private mutating func read(_ lane: BufferLane) async throws -> Batch? {
      guard let reader = try await open(lane) else { return nil }
      place.wants(reader.nextSequence, in: lane)
      var batch = Batch()
      var samples = SampleBatch()
      let found: Void? = try await reader.next(wait: .zero) { stored in
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

    private mutating func open(_ lane: BufferLane) async throws -> RingReader? {
      if let reader = readers[lane.rawValue] { return reader }
      guard let store = gateway.buffer.store(of: lane) else { return nil }
      let opened = try await store.reader(from: .sequence(place.wanted[lane.rawValue]))
      readers[lane.rawValue] = opened
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
