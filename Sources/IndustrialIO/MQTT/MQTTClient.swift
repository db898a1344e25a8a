internal import IOThreads

/// A connection to an MQTT broker that keeps itself up.
///
/// ```swift
/// let broker = try MQTTClient("mqtt://gateway:secret@broker.plant:1883")
/// try await broker.publish("21.5", to: "plant/hall/temperature", retain: true)
///
/// for try await messages in try await broker.subscribe("plant/+/level", qos: .atLeastOnce) {
///   for message in messages { print(message.topic, message.text) }
/// }
/// ```
/// The first call connects, and fails if that fails. From then on a lost connection is made again, with
/// growing waits, subscriptions with it, and calls wait for it up to their timeout.
///
/// All calls may be made from any task. A cancelled call returns at once and leaves the client usable. When the
/// last reference goes, the session ends by itself, without holding up anybody; ``close()`` does
/// it in an orderly way.
public final class MQTTClient: Sendable {
  /// Where the broker is.
  public let address: MQTTAddress

  private let mailbox: MQTTMailbox
  let options: MQTTOptions

  /// A client for the broker at `address`, which looks like `mqtt://user:password@host:1883`.
  ///
  /// Nothing is sent before the first call.
  /// - Throws: ``MQTTError/Code/invalidAddress``, ``MQTTError/Code/invalidArgument`` for options that
  ///   break a rule, ``MQTTError/Code/outOfResources``.
  public convenience init(
    _ address: String, options: MQTTOptions = MQTTOptions()
  ) throws(MQTTError) {
    try self.init(MQTTAddress(address), options: options)
  }

  /// A client for the broker at `address`.
  public init(
    _ address: MQTTAddress, options: MQTTOptions = MQTTOptions()
  ) throws(MQTTError) {
    try options.check()
    let hasNUL = [address.userName, address.password].contains { $0?.utf8.contains(0) ?? false }
    guard !hasNUL else {
      throw MQTTError(.invalidAddress, "user name or password contains a NUL character")
    }
    self.address = address
    self.options = options
    do throws(SystemFailure) {
      let mailbox = try MQTTMailbox()
      self.mailbox = mailbox
      try OwnedThread.start(name: "mqtt") {
        MQTTSession(mailbox: mailbox, address: address, options: options).run()
      }
    } catch {
      throw MQTTError(
        .outOfResources, "no thread for the session: \(error.call): \(error.explanation)",
        broker: address.description)
    }
  }

  deinit { _ = mailbox.send(.close(nil)) }

  /// What the client has done and lost so far.
  public var statistics: MQTTStatistics { mailbox.statistics }

  /// Connects and waits for the broker's answer. Returns at once when connected. While a lost connection is made again it ends with the
  /// next try, and after ``MQTTOptions/timeout`` at the latest.
  ///
  /// - Throws: ``MQTTError/Code/unreachable``, ``MQTTError/Code/refused``, ``MQTTError/Code/tls``,
  ///   ``MQTTError/Code/timedOut``, `CancellationError`.
  public func connect() async throws {
    let reply = MQTTReply<Void>()
    try send(.connect(reply))
    try await reply.value()
  }

  /// Publishes one message, and returns when the broker has it: with QoS 1 and 2 when it has acknowledged,
  /// with QoS 0 when the message has been given to the network.
  ///
  /// - Throws: ``MQTTError/Code/denied`` with the broker's reason (MQTT 5, QoS 1 and 2),
  ///   ``MQTTError/Code/invalidArgument`` for a topic with wildcards, ``MQTTError/Code/timedOut``, and
  ///   what ``connect()`` throws.
  public func publish(
    _ payload: [UInt8], to topic: String, qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
    properties: MQTTProperties? = nil
  ) async throws {
    try await publish([
      MQTTMessage(
        topic: topic, payload: payload, qos: qos, retain: retain, properties: properties)
    ])
  }

  /// Publishes a text.
  public func publish(
    _ text: String, to topic: String, qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
    properties: MQTTProperties? = nil
  ) async throws {
    try await publish(
      Array(text.utf8), to: topic, qos: qos, retain: retain, properties: properties)
  }

  /// Publishes many messages in order, and returns when the broker has all of them.
  ///
  /// Many times faster than one at a time, as the answers come while others are on their way. When it
  /// throws, the error is the first one; others of the messages may have been delivered.
  public func publish(_ messages: [MQTTMessage]) async throws {
    for message in messages { try check(message) }
    if let first = try await give(messages).first { throw first.error }
  }

  /// Publishes many messages in order, and returns when each of them is settled: which were not taken, and why, by their index.
  /// All others the broker has.
  ///
  /// - Throws: What says nothing of a single message, such as ``MQTTError/Code/timedOut``.
  package func publishEach(_ messages: [MQTTMessage]) async throws -> [MQTTRefusal] {
    var sound: [MQTTMessage] = []
    var indices: [Int] = []
    var refusals: [MQTTRefusal] = []
    for (index, message) in messages.enumerated() {
      do throws(MQTTError) {
        try check(message)
        sound.append(message)
        indices.append(index)
      } catch {
        refusals.append(MQTTRefusal(index: index, error: error))
      }
    }
    for refusal in try await give(sound) {
      refusals.append(MQTTRefusal(index: indices[refusal.index], error: refusal.error))
    }
    return refusals.sorted { $0.index < $1.index }
  }

  /// Hands messages to the session and waits until all are settled.
  private func give(_ messages: [MQTTMessage]) async throws -> [MQTTRefusal] {
    guard !messages.isEmpty else { return [] }
    try await connectOnce()
    let reply = MQTTReply<[MQTTRefusal]>()
    try send(.publish(messages, reply))
    return try await reply.value()
  }

  /// Subscribes, and returns when the broker has granted it; the messages come as batches.
  ///
  /// With QoS 1 and 2 a message is acknowledged to the broker when it is put into the buffer.
  ///
  /// Subscriptions of one client with the same filter are one to the broker, and they must have the same options. Their messages come
  /// with the highest quality of service that one of them asks for, and may go on to when that one has gone. With each further
  /// one the retained messages come again, to all of them, unless the options say otherwise.
  /// - Parameters:
  ///   - filter: such as `plant/+/level` or `plant/#`.
  ///   - qos: the highest quality of service that messages come with.
  ///   - buffer: what waits between the connection and the consumer.
  ///   - options: what MQTT 5 lets a subscriber choose.
  /// - Throws: ``MQTTError/Code/denied`` with the broker's reason, ``MQTTError/Code/invalidArgument``
  ///   for a filter or options that break the rules, ``MQTTError/Code/timedOut`` when the broker has not
  ///   granted it within ``MQTTOptions/timeout``, and what ``connect()`` throws.
  public func subscribe(
    _ filter: String, qos: MQTTQoS = .atLeastOnce, buffer: MQTTBuffer = MQTTBuffer(),
    options: MQTTSubscribeOptions = MQTTSubscribeOptions()
  ) async throws -> MQTTSubscription {
    let filter = try MQTTTopicFilter(filter)
    if options != MQTTSubscribeOptions() && self.options.version != .v5 {
      throw MQTTError(
        .invalidArgument, "options for a subscription need MQTT 5", topic: filter.text)
    }
    guard filter.sharedGroup == nil || !options.excludesOwnMessages else {
      throw MQTTError(
        .invalidArgument,
        "MQTT does not allow excludesOwnMessages for a shared subscription: leave it out",
        topic: filter.text)
    }
    let overflow: GatheringOverflow =
      switch buffer.overflow {
      case .wait: .producerWaits
      case .dropOldest: .dropOldest
      case .dropNewest: .dropNewest
      }
    let queue = GatheringQueue<MQTTMessage, MQTTError>(
      capacity: buffer.messages, costLimit: buffer.bytes, overflow: overflow,
      cost: { $0.bufferCost },
      onRoom: { [mailbox] in mailbox.raise() })
    let reply = MQTTReply<MQTTQoS>()
    let id = mailbox.makeID()
    let subscription = MQTTSubscription(
      source: MQTTSubscription.Source(id: id, queue: queue, mailbox: mailbox), filter: filter)
    // Registered before the connection is made, so that what a persistent session has waiting finds it.
    try send(
      .subscribe(
        MQTTSubscriptionRequest(
          id: id, filter: filter, qos: qos, options: options, queue: queue, reply: reply)))
    try await connectOnce()
    subscription.source.grant(try await reply.value())
    return subscription
  }

  /// Ends the session in an orderly way: what was given to the network is sent, the broker is told, and the
  /// will is not published. Calls that still wait fail with ``MQTTError/Code/closed``, and
  /// subscriptions end.
  ///
  /// It takes little longer than ``MQTTOptions/connectTimeout`` at most: where the system is still looking up a name, or trying the
  /// addresses of one for TLS, the session ends when that does.
  public func close() async {
    let reply = MQTTReply<Void>()
    guard mailbox.send(.close(reply)) else { return }
    await reply.wait(atMost: options.longestClose)
  }

  private func connectOnce() async throws {
    if !mailbox.hasConnected { try await connect() }
  }

  private func send(_ command: MQTTCommand) throws(MQTTError) {
    guard mailbox.send(command) else {
      throw MQTTError(.closed, "the client was closed", broker: address.description)
    }
  }

  private func check(_ message: MQTTMessage) throws(MQTTError) {
    try MQTTTopicFilter.checkTopic(message.topic)
    guard message.payload.count <= 268_435_455 else {
      throw MQTTError(
        .invalidArgument, "the payload is longer than MQTT allows (268,435,455 bytes)",
        topic: message.topic)
    }
    guard let properties = message.properties else { return }
    if options.version != .v5 {
      throw MQTTError(
        .invalidArgument, "properties need MQTT 5; this client uses 3.1.1", topic: message.topic)
    }
    try properties.check(topic: message.topic)
  }
}

extension MQTTOptions {
  /// The longest wait for a session's end: its thread may be in a call of the system that nobody can shorten.
  var longestClose: Duration { connectTimeout + .seconds(2) }

  /// Checks what the library would refuse without saying why.
  func check() throws(MQTTError) {
    func require(_ condition: Bool, _ rule: String) throws(MQTTError) {
      if !condition { throw MQTTError(.invalidArgument, rule) }
    }
    try require(
      keepAlive >= .seconds(5) && keepAlive <= .seconds(65_535),
      "the keep-alive time is 5 to 65535 seconds")
    try require(
      (1...65_535).contains(maximumInflight), "the most messages in flight are 1 to 65535")
    try require(timeout > .zero && connectTimeout > .zero, "timeouts are above zero")
    try require(
      backoff.initial > .zero && backoff.maximum >= backoff.initial,
      "the waits before connecting again are above zero, the longest is not below the first")
    if case .persistent(let identifier, _) = session {
      try require(!identifier.isEmpty, "a persistent session needs a client identifier")
      try require(
        identifier.utf8.count <= 65_535 && !identifier.utf8.contains(0),
        "the client identifier is too long or contains a NUL character")
    }
    if let identifier = clientIdentifier {
      try require(
        identifier.utf8.count <= 65_535 && !identifier.utf8.contains(0),
        "the client identifier is too long or contains a NUL character")
    }
    if let will {
      try MQTTTopicFilter.checkTopic(will.topic)
      try require(will.payload.count <= 65_535, "the payload of a will is up to 65535 bytes")
      try require(
        will.properties == nil || version == .v5, "properties of the will need MQTT 5")
      try will.properties?.check(topic: will.topic)
    }
    try require(willDelaySeconds == 0 || version == .v5, "a delayed will needs MQTT 5")
  }
}
