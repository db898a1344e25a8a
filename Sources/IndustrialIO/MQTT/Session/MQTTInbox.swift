internal import CMosquitto
internal import IOThreads

/// The subscriptions and what has arrived for them. Confined to the session's thread.
struct MQTTInbox {
  /// One subscription.
  final class Entry {
    let request: MQTTSubscriptionRequest
    /// What MQTT 5 calls the subscription by; shared by entries with the same filter.
    let identifier: UInt32
    /// When the call gives up, if the subscription has never been granted by then.
    let deadline: ContinuousClock.Instant
    /// Whether it has been granted once.
    var isGranted = false
    /// Whether the broker's session, as far as we have heard, holds it.
    var isInSession = false
    /// Read in this burst, not yet in the queue.
    var arrived: [MQTTMessage] = []

    init(
      _ request: MQTTSubscriptionRequest, identifier: UInt32, deadline: ContinuousClock.Instant
    ) {
      self.request = request
      self.identifier = identifier
      self.deadline = deadline
    }
  }

  private(set) var entries: [Entry] = []
  /// Subscriptions whose answer is awaited, in the order in which the broker was asked; none that has gone.
  private var asked: [(packet: Int32, entry: Entry)] = []
  private var nextIdentifier: UInt32 = 1
  /// Messages that came since they were counted last.
  private(set) var received = 0
  /// Messages without a subscription since they were counted last; less than zero when later subscriptions took more.
  private var unclaimedCount = 0
  private var unclaimed = MQTTUnclaimed()
  private var lastTopic = ""
  /// The one consumer takes everything, as a durable subscription's does.
  private let isDurable: Bool
  private var durableArrivals: [MQTTMessage] = []

  init(isDurable: Bool) { self.isDurable = isDurable }

  mutating func add(_ request: MQTTSubscriptionRequest, deadline: ContinuousClock.Instant) {
    let same = entries.first { $0.request.filter == request.filter }
    let entry = Entry(
      request, identifier: same?.identifier ?? nextIdentifier, deadline: deadline)
    if same == nil { nextIdentifier += 1 }
    entries.append(entry)
    guard !unclaimed.isEmpty else { return }
    entry.arrived = unclaimed.take(request.filter)
    unclaimedCount -= entry.arrived.count
  }

  /// A subscription with the same filter and other options: the broker has one for both.
  func rival(of request: MQTTSubscriptionRequest) -> Entry? {
    entries.first {
      // One that nobody waits for any more is about to go.
      $0.request.filter == request.filter && $0.request.options != request.options
        && ($0.isGranted || !$0.request.reply.isSettled)
    }
  }

  /// What the broker is asked for, for all subscriptions with a filter.
  func highestQoS(of filter: MQTTTopicFilter) -> MQTTQoS {
    entries.lazy.filter { $0.request.filter == filter }.map(\.request.qos).max() ?? .atMostOnce
  }

  /// Whether messages may have come with QoS 2 since `libraryForgot`, also for a subscription that has gone since.
  private(set) var takesExactlyOnce = false

  /// What the library had kept of messages with QoS 2 it keeps no more.
  mutating func libraryForgot() { takesExactlyOnce = false }

  func entry(_ id: UInt64) -> Entry? { entries.first { $0.request.id == id } }

  /// Takes a subscription out; true when no other has the same filter.
  mutating func remove(_ id: UInt64) -> (entry: Entry, wasLast: Bool)? {
    guard let index = entries.firstIndex(where: { $0.request.id == id }) else { return nil }
    let entry = entries.remove(at: index)
    asked.removeAll { $0.entry === entry }
    return (entry, !entries.contains { $0.request.filter == entry.request.filter })
  }

  mutating func didAsk(_ entry: Entry, _ qos: MQTTQoS, packet: Int32) {
    asked.append((packet, entry))
    if qos == .exactlyOnce { takesExactlyOnce = true }
  }

  /// The subscription that an answer is for; nil for one that has gone meanwhile.
  mutating func answered(_ packet: Int32) -> Entry? {
    guard let index = asked.firstIndex(where: { $0.packet == packet }) else { return nil }
    return asked.remove(at: index).entry
  }

  /// The subscription that has waited longest for the broker's answer on this connection.
  var oldestAsked: Entry? { asked.first?.entry }

  /// When the next call for a subscription gives up.
  var nextDeadline: ContinuousClock.Instant? {
    entries.lazy.filter { !$0.isGranted }.map(\.deadline).min()
  }

  /// Subscriptions whose call has waited for as long as it may.
  func overdue(_ now: ContinuousClock.Instant) -> [Entry] {
    entries.filter { !$0.isGranted && $0.deadline <= now }
  }

  /// The broker has forgotten what it had of us.
  func sessionIsNew() {
    for entry in entries { entry.isInSession = false }
  }

  mutating func connectionLost() {
    asked = []
    // Not acknowledged, so they come again.
    durableArrivals = []
  }

  /// Whether a consumer that must not lose anything is behind. Not while a call waits to be granted its subscription: the answer stands
  /// behind what fills the buffer, and the consumer may be the one who waits. So buffers grow until the call's deadline at most.
  var isFull: Bool {
    entries.allSatisfy(\.isGranted) && entries.contains { $0.request.queue.isFull }
  }

  // MARK: Messages

  /// The library's callback: only copies.
  mutating func take(_ message: mosquitto_message, _ list: OpaquePointer?) {
    received += 1
    guard let name = message.topic else { return }
    let properties = MQTTPropertyList.message(list)
    let bytes = UnsafeRawBufferPointer(
      start: message.payload, count: Int(max(0, message.payloadlen)))
    // Most messages have the topic of the one before: its text is shared then.
    let topicBytes = UnsafeRawBufferPointer(start: name, count: Self.length(of: name))
    if !Self.equal(&lastTopic, topicBytes) {
      lastTopic = String(decoding: topicBytes, as: UTF8.self)
    }
    let copy = MQTTMessage(
      topic: lastTopic, payload: Array(bytes),
      qos: MQTTQoS(rawValue: UInt8(truncatingIfNeeded: message.qos)) ?? .atMostOnce,
      retain: message.retain, properties: properties)
    if isDurable { return durableArrivals.append(copy) }
    let identifiers = properties?.subscriptionIdentifiers ?? []
    if !identifiers.isEmpty, hand(copy, topicBytes, { identifiers.contains($0.identifier) }) {
      return
    }
    // Without a number, or with one that an earlier run has given: the topic alone decides.
    if hand(copy, topicBytes, { _ in true }) { return }
    unclaimedCount += 1
    unclaimed.add(copy)
  }

  /// Gives a message to the entries whose filter matches, as far as they are chosen; false when there are none.
  @inline(__always)
  private func hand(
    _ message: MQTTMessage, _ topic: UnsafeRawBufferPointer, _ isChosen: (Entry) -> Bool
  ) -> Bool {
    var isClaimed = false
    for entry in entries where isChosen(entry) && entry.request.filter.matches(topic) {
      entry.arrived.append(message)
      isClaimed = true
    }
    return isClaimed
  }

  private static func length(of text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while text[count] != 0 { count += 1 }
    return count
  }

  private static func equal(_ text: inout String, _ bytes: UnsafeRawBufferPointer) -> Bool {
    text.withUTF8 { $0.count == bytes.count && $0.elementsEqual(bytes) }
  }

  /// Hands over what was read. Counted first: who has a message finds it in the statistics.
  mutating func dispatch(_ mailbox: MQTTMailbox) {
    if received > 0 || unclaimedCount != 0 {
      let (received, unclaimed) = (received, unclaimedCount)
      mailbox.update { statistics in
        statistics.received += received
        statistics.unclaimed += unclaimed
      }
      self.received = 0
      unclaimedCount = 0
    }
    for entry in entries where !entry.arrived.isEmpty {
      let dropped = entry.request.queue.add(entry.arrived)
      entry.arrived = []
      if dropped > 0 { mailbox.update { $0.dropped += dropped } }
    }
  }

  /// Whether messages of a durable session were read and not handed over; their acknowledgements are queued.
  var hasDurableArrivals: Bool { !durableArrivals.isEmpty }

  /// Whether the broker has granted all subscriptions. Not where there is none: one that was refused has nobody who could
  /// keep its messages.
  var isGranted: Bool { !entries.isEmpty && entries.allSatisfy(\.isGranted) }

  /// Takes out all that was read, whatever subscription it belongs to, in the order of the broker: a durable
  /// session has one consumer, and what an older filter left behind is not to be lost.
  mutating func takeAll(_ mailbox: MQTTMailbox) -> [MQTTMessage] {
    let messages = durableArrivals
    durableArrivals = []
    guard received > 0 else { return messages }
    let count = received
    mailbox.update { $0.received += count }
    received = 0
    return messages
  }

  // MARK: End

  mutating func failUngranted(_ error: MQTTError) {
    for entry in entries where !entry.isGranted {
      entry.request.reply.fail(error)
      entry.request.queue.finish(throwing: error)
    }
    entries.removeAll { !$0.isGranted }
  }

  mutating func finishAll() {
    let error = MQTTError(.closed, "the client was closed")
    for entry in entries {
      entry.request.reply.fail(error)
      entry.request.queue.finish()
    }
    entries = []
  }
}
