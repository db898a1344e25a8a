internal import CMosquitto
internal import Glibc
internal import IOThreads

/// One libmosquitto client on its own thread: connects, keeps the connection up, moves messages.
///
/// Confined to the thread that calls `run`; everything else talks to it through the mailbox. The library's own
/// thread is never started: this one polls the socket and the mailbox.
final class MQTTSession {
  enum Phase {
    /// Nobody has asked for a connection.
    case idle
    /// The next try is due at this time.
    case waiting(until: ContinuousClock.Instant)
    /// Waits for the TCP connection, TLS and the broker's answer.
    case connecting(until: ContinuousClock.Instant)
    case connected
    case ended
  }

  let mailbox: MQTTMailbox
  let address: MQTTAddress
  let options: MQTTOptions
  /// Set for the connection of a durable subscription.
  let durable: MQTTDurableHold?
  let clock = ContinuousClock()

  var handle: OpaquePointer?
  var phase = Phase.idle
  var connectWaiters: [ConnectWaiter] = []
  var outbox: MQTTOutbox
  var inbox: MQTTInbox
  var brokerFilters = MQTTBrokerFilters()

  /// What stands for topics on this connection.
  var aliases = MQTTTopicAliases()
  /// Whether the broker keeps retained messages.
  private(set) var retainIsAvailable = true
  /// Whether subscriptions may have numbers (MQTT 5).
  private(set) var identifiersAreAvailable = true
  private var topicAliasMaximum: UInt16 = 0

  /// The library's latest packet identifier.
  var lastIdentifier: Int32 = 0

  /// What ended the connection or the try, as far as the callbacks know.
  private var refusal: MQTTError?
  private var lastFailure: MQTTError?
  /// Whether the broker has done anything on this connection but accept it.
  var hasAnswered = false
  /// Whether the broker was asked for anything on this connection that it answers.
  var hasAsked = false
  private var connectedAt = ContinuousClock.now
  private var hasFreshConnection = false
  private var sessionIsPresent = false
  /// The broker's limit on messages in flight, from its answer to the connection.
  private var receiveMaximum = 65_535

  /// The library still has messages of a session that the broker has forgotten.
  private var isStale = false

  private var hosts: [String] = []
  private var hostIndex = 0
  private var tries = 0
  private var nextMisc: ContinuousClock.Instant
  private var closing: [MQTTReply<Void>] = []
  private var isClosing = false

  /// The most packets taken from the socket before other work is looked at.
  private static let readBurst = 512

  init(
    mailbox: MQTTMailbox, address: MQTTAddress, options: MQTTOptions,
    durable: MQTTDurableHold? = nil
  ) {
    self.durable = durable
    inbox = MQTTInbox(isDurable: durable != nil)
    self.mailbox = mailbox
    self.address = address
    self.options = options
    outbox = MQTTOutbox(timeout: options.timeout, mailbox: mailbox)
    nextMisc = clock.now
  }

  // MARK: Loop

  func run() {
    while true {
      for command in mailbox.takeCommands() { execute(command) }
      if isClosing { break }
      connectIfDue()
      let more = pumpOutbox()
      if durable == nil { inbox.dispatch(mailbox) } else { deliverDurably() }
      expireCalls()
      wait(hasMore: more)
    }
    end()
  }

  private func execute(_ command: MQTTCommand) {
    switch command {
    case .connect(let reply):
      if case .connected = phase { return reply.succeed(()) }
      connectWaiters.append(
        ConnectWaiter(reply: reply, deadline: clock.now.advanced(by: options.timeout)))
      if case .idle = phase {
        tries = 0
        lastFailure = nil
        phase = .waiting(until: clock.now)
      }
    case .publish(let messages, let reply):
      outbox.add(messages, reply, now: clock.now)
    case .subscribe(let request):
      add(request)
    case .unsubscribe(let id):
      unsubscribe(id)
    case .acknowledge(let generation):
      acknowledge(generation)
    case .abandon(let generation):
      abandon(generation)
    case .close(let reply):
      isClosing = true
      if let reply { closing.append(reply) }
    }
  }

  /// Waits for the socket, the mailbox or the next deadline, and serves the socket.
  private func wait(hasMore: Bool) {
    if let deadline = durable?.deadline { return waitForAcknowledgement(until: deadline) }
    // What an earlier try has left open is dead, and would only keep waking this thread.
    let socket = isTryingOrUp ? handle.map { mosquitto_socket($0) } ?? -1 : -1
    var entries = [pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0)]
    let isHeld = inbox.isFull
    if socket >= 0, let handle {
      var events: Int32 = 0
      // A full buffer stops reading, so that the broker and TCP hold the rest back.
      if !isHeld { events |= POLLIN }
      let mayWrite = durable == nil || !inbox.hasDurableArrivals
      if mayWrite, mosquitto_want_write(handle) { events |= POLLOUT }
      entries.append(pollfd(fd: socket, events: Int16(events), revents: 0))
    }
    let timeout = hasMore ? 0 : pollTimeout()
    let count = poll(&entries, nfds_t(entries.count), timeout)
    if count > 0 {
      if entries[0].revents != 0 { mailbox.clear() }
      if entries.count > 1 { serve(Int32(entries[1].revents), isHeld: isHeld) }
    }
    let now = clock.now
    if let handle, now >= nextMisc {
      nextMisc = now.advanced(by: .seconds(1))
      if mosquitto_socket(handle) >= 0 {
        check(mosquitto_loop_misc(handle))
      }
    }
    if case .connecting(let deadline) = phase, now >= deadline {
      tryFailed(
        MQTTError(
          .timedOut, "the broker did not answer within \(options.connectTimeout)",
          broker: address.description))
    }
  }

  /// Whether there is a connection, or one is being made.
  private var isTryingOrUp: Bool {
    switch phase {
    case .connecting, .connected: true
    case .idle, .waiting, .ended: false
    }
  }

  /// A batch is out: the socket is left alone.
  private func waitForAcknowledgement(until deadline: ContinuousClock.Instant) {
    var entry = pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0)
    if poll(&entry, 1, pollTimeout(notAfter: deadline)) > 0 { mailbox.clear() }
    if clock.now >= deadline { dropConnection() }
  }

  private func pollTimeout(notAfter limit: ContinuousClock.Instant? = nil) -> Int32 {
    let now = clock.now
    // A second at most: the library's keep-alive counts in seconds.
    var next = now.advanced(by: .seconds(1))
    if let limit { next = min(next, limit) }
    switch phase {
    case .waiting(let until): next = min(next, until)
    case .connecting(let until): next = min(next, until)
    case .idle, .connected, .ended: break
    }
    if let deadline = nextDeadline { next = min(next, deadline) }
    let wait = now.duration(to: next)
    let (seconds, attoseconds) = wait.components
    let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(max(0, min(milliseconds, 1000)))
  }

  private func serve(_ events: Int32, isHeld: Bool) {
    guard let handle else { return }
    if events & POLLOUT != 0 {
      check(mosquitto_loop_write(handle, 1))
      // A TLS handshake that waits to write goes on in the read function only.
      if case .connecting = phase, address.usesTLS { readBurst(1) }
    }
    let canRead = events & POLLIN != 0
    let isBroken = events & (POLLERR | POLLHUP) != 0
    if canRead || (isBroken && !isHeld) { readBurst(durable?.batchLimit ?? Self.readBurst) }
    if isBroken && isHeld && mosquitto_socket(handle) >= 0 {
      // Held back and broken: what is left in the socket is still read, the buffer takes a burst more.
      readBurst(Self.readBurst)
    }
    acknowledgeAtOnce()
  }

  /// Has TCP acknowledge what was read without its usual wait of 40 ms for something to send along. A broker that gathers small
  /// packets until then (Nagle's algorithm, which mosquitto leaves on) would send nothing for so long.
  private func acknowledgeAtOnce() {
    guard let handle else { return }
    let socket = mosquitto_socket(handle)
    guard socket >= 0 else { return }
    var isOn: Int32 = 1
    // It holds for a while only, so it is said again each time.
    _ = setsockopt(
      socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &isOn, socklen_t(MemoryLayout<Int32>.size))
  }

  private func readBurst(_ limit: Int) {
    guard let handle else { return }
    for _ in 0..<limit {
      guard mosquitto_socket(handle) >= 0 else { return }
      errno = 0
      let before = inbox.received
      let status = mosquitto_loop_read(handle, 1)
      // Not when a message came: with its acknowledgement the library wakes its own thread, which does not run here, so the
      // pipe to it is full and that write leaves the same number.
      let isEmpty = errno == EAGAIN && inbox.received == before
      check(status)
      if hasFreshConnection {
        connectionMade()
        // The subscription leaves before a message is read whose acknowledgement would go with it.
        if durable != nil { check(mosquitto_loop_write(handle, 1)) }
      }
      if status != MOSQ_ERR_SUCCESS.rawValue || isEmpty { return }
    }
  }

  /// Looks at what a library call returned, and at whether the connection is still there.
  func check(_ status: Int32) {
    guard let handle else { return }
    let number = errno
    guard mosquitto_socket(handle) < 0 || status == MOSQ_ERR_TLS.rawValue else { return }
    switch phase {
    case .connecting:
      tryFailed(refusal ?? failure(status, errno: number))
    case .connected:
      lost(refusal ?? failure(status, errno: number))
    case .idle, .waiting, .ended:
      break
    }
  }

  // MARK: Connection

  private func connectIfDue() {
    guard case .waiting(let time) = phase, clock.now >= time else { return }
    connectWaiters.removeAll { $0.reply.isSettled }
    // A first connection that nobody waits for any more is not made.
    if connectWaiters.isEmpty && !mailbox.hasConnected { return phase = .idle }
    do throws(MQTTError) {
      if isStale { discardHandle() }
      if handle == nil { try makeHandle() }
      if hostIndex >= hosts.count {
        hosts = try MQTTHosts.addresses(of: address.host)
        hostIndex = 0
      }
      try startConnecting()
    } catch {
      tryFailed(error)
    }
  }

  private func startConnecting() throws(MQTTError) {
    guard let handle else { return }
    refusal = nil
    hasAnswered = false
    hasAsked = false
    phase = .connecting(until: clock.now.advanced(by: options.connectTimeout))
    let seconds = Int32(options.keepAlive.components.seconds)
    errno = 0
    let status: Int32
    if address.usesTLS && hosts.count > 1 {
      // TLS needs the name, to compare it with the certificate, and only the blocking call goes
      // through the addresses of a name by itself.
      hostIndex = hosts.count - 1
      let properties = connectProperties()
      status = mosquitto_connect_bind_v5(
        handle, address.host, Int32(address.port), seconds, nil, properties.list)
    } else {
      let target = address.usesTLS ? address.host : hosts[hostIndex]
      status = mosquitto_connect_bind_async(handle, target, Int32(address.port), seconds, nil)
    }
    let number = errno
    // The library's socket would live on in every program that this one starts.
    _ = fcntl(mosquitto_socket(handle), F_SETFD, FD_CLOEXEC)
    guard status == MOSQ_ERR_SUCCESS.rawValue || status == MOSQ_ERR_CONN_PENDING.rawValue else {
      throw failure(status, errno: number)
    }
  }

  private func discardHandle() {
    isStale = false
    guard let handle else { return }
    mosquitto_destroy(handle)
    self.handle = nil
    lastIdentifier = 0
    inbox.libraryForgot()
    Unmanaged.passUnretained(self).release()
  }

  /// One try has failed: the next address, or the next round after a wait, or the end of it.
  private func tryFailed(_ error: MQTTError) {
    lastFailure = error
    // Or the broker's late answer would make a client of it that nobody knows of.
    connectionBroke()
    hostIndex += 1
    if hostIndex < hosts.count && error.code != .refused && error.code != .tls {
      phase = .waiting(until: clock.now)
      return
    }
    for waiter in connectWaiters { waiter.reply.fail(error) }
    connectWaiters = []
    guard mailbox.hasConnected else {
      phase = .idle
      outbox.failAll(error)
      inbox.failUngranted(error)
      return
    }
    waitForNextTry()
  }

  private func lost(_ error: MQTTError) {
    lastFailure = error
    denyUnanswered(error)
    outbox.connectionLost()
    inbox.connectionLost()
    brokerFilters.connectionLost()
    // What had come with QoS 2 and was not released the library keeps for the next connection. With a clean session nobody
    // releases it: it would take up the window, and come in place of the message that gets its number next. What is sent
    // with QoS 1 and 2 only this handle can send again as it has to be.
    if case .clean = options.session, inbox.takesExactlyOnce, outbox.inflight == 0 {
      isStale = true
    }
    durable?.reset()
    // A broker that accepts every connection only to end it is asked ever more seldom.
    if hasProvedGood { tries = 0 }
    waitForNextTry()
  }

  private func waitForNextTry() {
    var wait = options.backoff.initial
    for _ in 0..<min(tries, 30) where wait < options.backoff.maximum { wait *= 2 }
    wait = min(wait, options.backoff.maximum)
    tries += 1
    // Many clients that lost one broker should not come back in one moment.
    phase = .waiting(until: clock.now.advanced(by: wait * Double.random(in: 0.8...1.2)))
  }

  /// The broker has accepted: everything that waits can go. Outside of the library's callbacks.
  private func connectionMade() {
    hasFreshConnection = false
    guard case .connecting = phase else { return }
    phase = .connected
    connectedAt = clock.now
    hostIndex = 0
    mailbox.hasConnected = true
    mailbox.update { $0.connections += 1 }
    for waiter in connectWaiters { waiter.reply.succeed(()) }
    connectWaiters = []
    aliases.reset(maximum: options.usesTopicAliases ? topicAliasMaximum : 0)
    // The library sends what is in flight again by itself.
    hasAsked = outbox.inflight > 0
    outbox.window = min(options.maximumInflight, receiveMaximum)
    // A 3.1.1 broker can't say how many messages it holds between the steps of QoS 2, and mosquitto drops
    // what exceeds its limit, 20 by default, although it acknowledges it.
    outbox.exactlyOnceWindow = options.version == .v311 ? min(20, outbox.window) : outbox.window
    if sessionIsPresent {
      giveBackUnwanted()
    } else {
      brokerFilters.forgetAll()
      inbox.sessionIsNew()
    }
    let isPersistent: Bool = if case .persistent = options.session { true } else { false }
    for entry in inbox.entries where !(isPersistent && entry.isInSession) { subscribe(entry) }
  }

  /// Whether the broker has done more on the latest connection than to accept it: answered, or let it last. Where it was asked for
  /// nothing that it answers, as with QoS 0 alone, the first wait is long enough: on a network that cuts every connection before the
  /// longest one is over, none would ever count as good.
  private var hasProvedGood: Bool {
    let least = hasAsked ? options.backoff.maximum : options.backoff.initial
    return hasAnswered || connectedAt.duration(to: clock.now) > least
  }

  /// What is wrong with the connection, or was until just now; nil when it has proved good since.
  var standingFailure: MQTTError? {
    if case .connected = phase, hasProvedGood { return nil }
    return lastFailure
  }

  // MARK: Callbacks, on this thread, inside library calls

  func onConnect(status: Int32, flags: Int32, properties: OpaquePointer?) {
    guard status == 0 else {
      refusal = refused(status, properties)
      return
    }
    sessionIsPresent = flags & 1 != 0
    receiveMaximum = Int(MQTTPropertyList.int16(properties, MQTT_PROP_RECEIVE_MAXIMUM) ?? 65_535)
    topicAliasMaximum = MQTTPropertyList.int16(properties, MQTT_PROP_TOPIC_ALIAS_MAXIMUM) ?? 0
    retainIsAvailable = MQTTPropertyList.byte(properties, MQTT_PROP_RETAIN_AVAILABLE) != 0
    identifiersAreAvailable =
      MQTTPropertyList.byte(properties, MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE) != 0
    durable?.connected(
      serverKeepAlive: MQTTPropertyList.int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE))
    hasFreshConnection = true
  }

  func onMessage(_ message: mosquitto_message, _ properties: OpaquePointer?) {
    hasAnswered = true
    inbox.take(message, properties)
  }

  func onSettled(_ identifier: Int32, reason: Int32) {
    if outbox.settled(identifier, reason: reason) { hasAnswered = true }
  }

  func onDisconnect(status: Int32, properties: OpaquePointer?) {
    guard refusal == nil, options.version == .v5, status >= 0x80, status <= 0xFF else { return }
    let reason = MQTTReasonCode(rawValue: UInt8(truncatingIfNeeded: status))
    refusal = MQTTError(
      .connectionLost, "the broker ended the connection: \(Self.words(reason))", reason: reason,
      broker: address.description)
  }

  // MARK: End

  private func end() {
    let error = MQTTError(.closed, "the client was closed", broker: address.description)
    if let handle {
      // A farewell would carry along the acknowledgements of messages that are not safe yet, or that nobody got.
      if case .connected = phase, durable?.isHolding != true, !inbox.hasDurableArrivals {
        mosquitto_disconnect(handle)
        flushBriefly(handle)
      }
      phase = .ended
      mosquitto_destroy(handle)
      Unmanaged.passUnretained(self).release()
    }
    handle = nil
    inbox.dispatch(mailbox)
    var late: [MQTTCommand] = mailbox.close()
    while !late.isEmpty {
      for command in late { execute(command) }
      late = mailbox.takeCommands()
    }
    for waiter in connectWaiters { waiter.reply.fail(error) }
    outbox.failAll(error)
    inbox.finishAll()
    durable?.queue.finish()
    for reply in closing { reply.succeed(()) }
  }

  /// Gives what is queued a moment to leave, so that the broker sees the farewell.
  private func flushBriefly(_ handle: OpaquePointer) {
    let deadline = clock.now.advanced(by: .seconds(1))
    while mosquitto_socket(handle) >= 0, mosquitto_want_write(handle), clock.now < deadline {
      var entry = pollfd(fd: mosquitto_socket(handle), events: Int16(POLLOUT), revents: 0)
      guard poll(&entry, 1, 100) >= 0 else { return }
      guard mosquitto_loop_write(handle, 1) == MOSQ_ERR_SUCCESS.rawValue else { return }
    }
  }
}
