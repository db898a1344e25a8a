internal import CMosquitto
internal import Glibc
internal import IOThreads

/// The barrier of a durable subscription: after a batch has been handed over, nothing is read from the
/// connection and nothing written to it until the batch is acknowledged.
///
/// libmosquitto makes the acknowledgement of a message while it reads it. In its threaded mode it only queues
/// what is to be written, until `mosquitto_loop_write` is called: that call is the barrier's gate.
/// Confined to the session's thread.
final class MQTTDurableHold {
  let queue: BatchQueue<MQTTDurableBatch, MQTTError>
  let batchLimit: Int
  /// What the subscriber has asked for.
  private let wanted: Duration
  /// How long a batch may be held on this connection.
  private var longest: Duration
  private var generation: UInt64 = 0
  private var waitingSince: ContinuousClock.Instant?

  /// When the batch that is out has to be acknowledged; nil when none is out.
  private(set) var deadline: ContinuousClock.Instant?

  init(queue: BatchQueue<MQTTDurableBatch, MQTTError>, longest: Duration, batchLimit: Int) {
    self.queue = queue
    wanted = longest
    self.longest = longest
    self.batchLimit = batchLimit
  }

  var isHolding: Bool { deadline != nil }

  /// A new connection, for which the broker may have set a keep-alive time of its own: one that is silent for half as long again it
  /// ends, whatever we had offered. Zero means that it never does. When the hold begins the connection may have been silent for the
  /// keep-alive time and a second, so no more than a third of it is left.
  func connected(serverKeepAlive seconds: UInt16?) {
    longest = wanted
    guard let seconds, seconds > 0 else { return }
    longest = min(wanted, .seconds(Int(seconds)) / 3)
  }

  /// Hands a batch over and shuts the gate.
  func hold(_ messages: [MQTTMessage], _ mailbox: MQTTMailbox, now: ContinuousClock.Instant) {
    generation += 1
    waitingSince = nil
    deadline = now.advanced(by: longest)
    // There is room: the batch before was acknowledged, so it was taken.
    _ = queue.offer(
      MQTTDurableBatch(messages: messages, generation: generation, mailbox: mailbox))
  }

  /// Whether messages have been waiting for the subscription to be granted for longer than a batch may be held.
  func isOverdue(now: ContinuousClock.Instant) -> Bool {
    let start = waitingSince ?? now
    waitingSince = start
    return start.duration(to: now) > longest
  }

  /// Opens the gate, if it is this batch that is out.
  func release(_ acknowledged: UInt64) -> Bool {
    guard isHolding, acknowledged == generation else { return false }
    deadline = nil
    return true
  }

  /// The connection is gone and the acknowledgements with it. A batch that nobody has taken yet is taken
  /// back, as it will come again.
  func reset() {
    deadline = nil
    waitingSince = nil
    _ = queue.dropOldest()
  }
}

extension MQTTSession {
  /// More packets than a socket's buffer has room for.
  private static let mostInSocket = 1_000_000

  /// Hands over what was read, if nothing is out.
  func deliverDurably() {
    guard let durable, !durable.isHolding, inbox.hasDurableArrivals else { return }
    guard inbox.isGranted else {
      // What a persistent session has waiting comes before the answer to the subscription, for which the
      // caller waits before it takes a batch. Only reading goes on: writing would acknowledge.
      if durable.isOverdue(now: clock.now) { dropConnection() }
      return
    }
    let messages = inbox.takeAll(mailbox)
    guard !messages.isEmpty else { return }
    durable.hold(messages, mailbox, now: clock.now)
  }

  /// The messages are safe: the acknowledgements leave.
  func acknowledge(_ generation: UInt64) {
    guard let durable, durable.release(generation), let handle else { return }
    check(mosquitto_loop_write(handle, 1))
  }

  /// The batch was let go, or held for too long: the broker has to deliver it again.
  func abandon(_ generation: UInt64) {
    guard let durable, durable.release(generation) else { return }
    dropConnection()
  }

  /// Ends the connection without sending what is queued.
  func dropConnection() {
    durable?.reset()
    connectionBroke()
    // What is still in the socket goes with the rest, and comes again with it. The last read sees the end; what the library
    // had queued it throws away when it connects again.
    guard let handle else { return }
    for _ in 0..<Self.mostInSocket {
      guard mosquitto_socket(handle) >= 0 else { return }
      check(mosquitto_loop_read(handle, 1))
    }
  }
}
