internal import Synchronization

/// Messages that the broker keeps until they are acknowledged.
///
/// Store them, then call ``acknowledge()``. A batch that goes without it is delivered again.
public final class MQTTDurableBatch: Sendable {
  /// The messages, in the order in which the broker sent them.
  public let messages: [MQTTMessage]

  private let generation: UInt64
  private let mailbox: MQTTMailbox
  private let isSettled = Atomic<Bool>(false)

  init(messages: [MQTTMessage], generation: UInt64, mailbox: MQTTMailbox) {
    self.messages = messages
    self.generation = generation
    self.mailbox = mailbox
  }

  /// Tells the broker that the messages are safe: only now do their acknowledgements leave.
  ///
  /// Never blocks. When the connection broke in between, or the wait was too long, nothing is sent and
  /// the broker delivers the messages again.
  public func acknowledge() {
    guard !isSettled.exchange(true, ordering: .relaxed) else { return }
    _ = mailbox.send(.acknowledge(generation))
  }

  deinit {
    guard !isSettled.load(ordering: .relaxed) else { return }
    _ = mailbox.send(.abandon(generation))
  }
}
