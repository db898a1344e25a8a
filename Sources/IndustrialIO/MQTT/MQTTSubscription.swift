internal import IOThreads
internal import Synchronization

/// What MQTT 5 lets a subscriber choose (section 3.8.3.1).
public struct MQTTSubscribeOptions: Sendable, Hashable {
  /// Which retained messages come when subscribing.
  public enum RetainedMessages: UInt8, Sendable, Hashable {
    /// All that match.
    case all = 0x00
    /// All that match, if the subscription is new to the broker.
    case ifNew = 0x10
    /// None.
    case none = 0x20
  }

  /// Messages that this client publishes itself don't come back.
  public var excludesOwnMessages = false
  /// The retain mark of messages stays as the publisher set it.
  public var keepsRetainMark = false
  /// Which retained messages come when subscribing.
  public var retainedMessages = RetainedMessages.all

  /// As MQTT 3.1.1 does it.
  public init() {}

  /// What is not as MQTT 3.1.1 does it, for a person.
  var words: String {
    var parts: [String] = []
    if excludesOwnMessages { parts.append("excludesOwnMessages") }
    if keepsRetainMark { parts.append("keepsRetainMark") }
    if retainedMessages != .all { parts.append("retainedMessages \(retainedMessages)") }
    return parts.isEmpty ? "the defaults" : parts.joined(separator: ", ")
  }

  var rawValue: Int32 {
    (excludesOwnMessages ? 0x04 : 0) | (keepsRetainMark ? 0x08 : 0)
      | Int32(retainedMessages.rawValue)
  }
}

/// The messages of a subscription, as batches: each holds all that waited.
///
/// A cancelled task's wait ends at once, with nil, and the subscription goes on. It ends at the broker when this
/// value and its iterators are gone.
public struct MQTTSubscription: AsyncSequence, Sendable {
  /// Messages in the order in which the broker sent them.
  public typealias Element = [MQTTMessage]
  /// The broker may end a subscription, for example when it refuses it after a reconnection.
  public typealias Failure = MQTTError

  let source: Source

  /// What was subscribed to.
  public let filter: MQTTTopicFilter

  init(source: Source, filter: MQTTTopicFilter) {
    self.source = source
    self.filter = filter
  }

  /// The quality of service that the broker granted; it may be below what was asked for, and above it where another subscription of
  /// the client with the same filter asks for more. As it was when this one was granted: messages may come with a higher one after
  /// another subscription with the same filter has asked for it, also when that one has gone.
  public var grantedQoS: MQTTQoS { source.granted }

  /// How many messages were dropped because the buffer was full.
  public var dropped: Int { source.queue.dropped }

  /// Goes through the messages.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  /// Goes through the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: Source

    /// The messages that wait; nil at the end, or at once when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(MQTTError) -> [MQTTMessage]? {
      try await source.queue.next()
    }
  }

  /// Ends the subscription when the last of its users goes.
  final class Source: Sendable {
    let queue: GatheringQueue<MQTTMessage, MQTTError>
    private let id: UInt64
    private let mailbox: MQTTMailbox
    private let grantedLevel = Atomic<UInt8>(0)

    init(id: UInt64, queue: GatheringQueue<MQTTMessage, MQTTError>, mailbox: MQTTMailbox) {
      self.id = id
      self.queue = queue
      self.mailbox = mailbox
    }

    deinit {
      queue.close()
      _ = mailbox.send(.unsubscribe(id))
    }

    var granted: MQTTQoS {
      MQTTQoS(rawValue: grantedLevel.load(ordering: .relaxed)) ?? .atMostOnce
    }

    func grant(_ qos: MQTTQoS) { grantedLevel.store(qos.rawValue, ordering: .relaxed) }
  }
}
