internal import IOThreads

/// How a durable subscription behaves.
public struct MQTTDurableOptions: Sendable, Hashable {
  /// Tells several durable subscriptions of one client apart at the broker, where each is a session of
  /// its own: `IDENTIFIER-NAME`.
  public var name: String
  /// The most messages that are read for a batch. The broker is not told of it: what it sends ahead waits in the
  /// network until the batch before has been acknowledged.
  public var batchLimit = 1000
  /// The longest wait for ``MQTTDurableBatch/acknowledge()``. After it the connection is dropped, and the
  /// broker delivers the batch again. At most half of the keep-alive time, which is also the default; a
  /// broker that sets a keep-alive time of its own (version 5) shortens it to a third of that.
  public var maximumHold: Duration?

  /// The name has to be the same each time, so that the broker knows the session again.
  public init(name: String = "durable") { self.name = name }
}

/// The messages of a subscription, each of which the broker keeps until it has been acknowledged.
///
/// One batch at a time: the next comes after the one before has been acknowledged. What arrives meanwhile
/// makes the next batch larger, so that a slow disk is used well.
public struct MQTTDurableSubscription: AsyncSequence, Sendable {
  /// One batch at a time.
  public typealias Element = MQTTDurableBatch
  /// The broker may end a subscription, for example when it refuses it after a reconnection.
  public typealias Failure = MQTTError

  let source: Source

  /// What was subscribed to.
  public let filter: MQTTTopicFilter

  /// Goes through the batches.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  /// Counters of the connection that this subscription has for itself. A message that is
  /// delivered again is counted again.
  public var statistics: MQTTStatistics { source.mailbox.statistics }

  /// Ends the connection. What was not acknowledged stays at the broker.
  public func close() async { await source.close() }

  /// Goes through the batches.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: Source

    /// The next batch; nil at the end, or at once when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(MQTTError) -> MQTTDurableBatch? {
      try await source.queue.next()
    }
  }

  /// Ends the connection when the last of its users goes.
  final class Source: Sendable {
    let queue: BatchQueue<MQTTDurableBatch, MQTTError>
    let mailbox: MQTTMailbox
    private let longestClose: Duration

    init(
      queue: BatchQueue<MQTTDurableBatch, MQTTError>, mailbox: MQTTMailbox, longestClose: Duration
    ) {
      self.queue = queue
      self.mailbox = mailbox
      self.longestClose = longestClose
    }

    func close() async {
      let reply = MQTTReply<Void>()
      if mailbox.send(.close(reply)) { await reply.wait(atMost: longestClose) }
      queue.close()
    }

    deinit {
      queue.close()
      _ = mailbox.send(.close(nil))
    }
  }
}

extension MQTTClient {
  /// Subscribes so that nothing is acknowledged to the broker before it is safe here.
  ///
  /// ```swift
  /// for try await batch in try await broker.durableSubscription("iot/+/raw") {
  ///   try await store.append(batch.messages)
  ///   batch.acknowledge()
  /// }
  /// ```
  /// The subscription has a connection and a persistent session of its own, with QoS 1: a message comes at
  /// least once, and again after a crash, a lost connection or a batch that was let go. QoS 2 is not
  /// offered: its acknowledgement leaves before the message can be stored.
  ///
  /// - Throws: ``MQTTError/Code/invalidArgument`` unless the client's session is persistent, and what
  ///   ``subscribe(_:qos:buffer:options:)`` throws.
  public func durableSubscription(
    _ filter: String, options durable: MQTTDurableOptions = MQTTDurableOptions()
  ) async throws -> MQTTDurableSubscription {
    let filter = try MQTTTopicFilter(filter)
    var options = self.options
    guard case .persistent(let identifier, let expiry) = options.session else {
      throw MQTTError(
        .invalidArgument, "a durable subscription needs a persistent session", topic: filter.text)
    }
    let longest = options.keepAlive / 2
    let hold = durable.maximumHold ?? longest
    guard hold > .zero, hold <= longest else {
      throw MQTTError(
        .invalidArgument, "the longest hold is at most half of the keep-alive time (\(longest))")
    }
    guard (1...65_535).contains(durable.batchLimit) else {
      throw MQTTError(.invalidArgument, "a batch holds 1 to 65535 messages")
    }
    options.session = .persistent(
      clientIdentifier: "\(identifier)-\(durable.name)", expirySeconds: expiry)
    options.will = nil
    try options.check()
    let source: MQTTDurableSubscription.Source
    let request: MQTTSubscriptionRequest
    let mailbox: MQTTMailbox
    do throws(SystemFailure) {
      mailbox = try MQTTMailbox()
      let queue = try BatchQueue<MQTTDurableBatch, MQTTError>(capacity: 1)
      source = MQTTDurableSubscription.Source(
        queue: queue, mailbox: mailbox, longestClose: options.longestClose)
      request = MQTTSubscriptionRequest(
        id: mailbox.makeID(), filter: filter, qos: .atLeastOnce, options: MQTTSubscribeOptions(),
        queue: .init(
          capacity: 1, costLimit: 1, overflow: .dropNewest, cost: { _ in 0 }, onRoom: {}),
        reply: MQTTReply())
      let limit = durable.batchLimit
      let address = address
      try OwnedThread.start(name: "mqtt-durable") { [options] in
        let hold = MQTTDurableHold(queue: queue, longest: hold, batchLimit: limit)
        MQTTSession(mailbox: mailbox, address: address, options: options, durable: hold).run()
      }
    } catch {
      throw MQTTError(
        .outOfResources, "no thread for the session: \(error.call): \(error.explanation)",
        broker: address.description)
    }
    _ = mailbox.send(.subscribe(request))
    let connected = MQTTReply<Void>()
    _ = mailbox.send(.connect(connected))
    try await connected.value()
    _ = try await request.reply.value()
    return MQTTDurableSubscription(source: source, filter: filter)
  }
}
