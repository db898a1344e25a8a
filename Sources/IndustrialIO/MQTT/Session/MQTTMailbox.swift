internal import IOThreads
internal import Synchronization

/// What a client asks of its session's thread.
enum MQTTCommand: Sendable {
  case connect(MQTTReply<Void>)
  case publish([MQTTMessage], MQTTReply<[MQTTRefusal]>)
  case subscribe(MQTTSubscriptionRequest)
  case unsubscribe(UInt64)
  /// The batch with this number is safe (durable subscriptions).
  case acknowledge(UInt64)
  /// The batch with this number was let go.
  case abandon(UInt64)
  case close(MQTTReply<Void>?)
}

/// A subscription on its way to the session.
struct MQTTSubscriptionRequest: Sendable {
  let id: UInt64
  let filter: MQTTTopicFilter
  let qos: MQTTQoS
  let options: MQTTSubscribeOptions
  let queue: GatheringQueue<MQTTMessage, MQTTError>
  let reply: MQTTReply<MQTTQoS>
}

/// The only thing that a client and its session's thread share.
final class MQTTMailbox: Sendable {
  private struct Content {
    var commands: [MQTTCommand] = []
    var isClosed = false
    var statistics = MQTTStatistics()
    var nextID: UInt64 = 1
  }

  private let content = Mutex(Content())
  private let wake: WakeSignal
  private let connectedOnce = Atomic<Bool>(false)

  init() throws(SystemFailure) { wake = try WakeSignal() }

  var wakeDescriptor: Int32 { wake.descriptor }

  /// Whether a connection has been made; from then on the session keeps it up by itself.
  var hasConnected: Bool {
    get { connectedOnce.load(ordering: .acquiring) }
    set { connectedOnce.store(newValue, ordering: .releasing) }
  }

  var statistics: MQTTStatistics { content.withLock { $0.statistics } }

  func update(_ change: (inout MQTTStatistics) -> Void) {
    content.withLock { change(&$0.statistics) }
  }

  func makeID() -> UInt64 {
    content.withLock { content in
      defer { content.nextID += 1 }
      return content.nextID
    }
  }

  /// Hands a command to the thread; false when the session has ended.
  func send(_ command: MQTTCommand) -> Bool {
    let (accepted, isFirst): (Bool, Bool) = content.withLock { content in
      guard !content.isClosed else { return (false, false) }
      content.commands.append(command)
      return (true, content.commands.count == 1)
    }
    // The thread takes all at once, so only the first of them needs to wake it.
    if isFirst { wake.raise() }
    return accepted
  }

  func raise() { wake.raise() }

  func clear() { wake.clear() }

  func takeCommands() -> [MQTTCommand] {
    content.withLock { content in
      guard !content.commands.isEmpty else { return [] }
      defer { content.commands = [] }
      return content.commands
    }
  }

  /// No more commands are taken; gives those that came last.
  func close() -> [MQTTCommand] {
    content.withLock { content in
      content.isClosed = true
      defer { content.commands = [] }
      return content.commands
    }
  }
}
