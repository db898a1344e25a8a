internal import CMosquitto
internal import Glibc
internal import IOThreads

extension MQTTSession {
  /// Takes a request on. The broker is asked at once if there is a connection, and with each new one.
  func add(_ request: MQTTSubscriptionRequest) {
    if let rival = inbox.rival(of: request) {
      let error = MQTTError(
        .invalidArgument,
        "this client has a subscription with the same filter and other options "
          + "(\(rival.request.options.words); asked for now: \(request.options.words)), and the "
          + "broker would change them for both: give it the same options, or a client of its own",
        topic: request.filter.text, broker: address.description)
      request.reply.fail(error)
      return request.queue.finish(throwing: error)
    }
    inbox.add(request, deadline: clock.now.advanced(by: options.timeout))
    if case .connected = phase { subscribe(inbox.entry(request.id)) }
  }

  /// Asks the broker for a subscription; the answer comes as a callback.
  func subscribe(_ entry: MQTTInbox.Entry?) {
    guard let entry, let handle else { return }
    if entry.request.reply.isSettled && !entry.isGranted { return }
    var packet: Int32 = 0
    let request = entry.request
    // The broker has one subscription for a filter, and the latest request takes the place of those before [MQTT-3.8.4-3].
    let qos = inbox.highestQoS(of: request.filter)
    let status: Int32
    if options.version == .v5 {
      var properties = MQTTPropertyList()
      // Where there are none, the topics alone say to whom a message goes.
      if identifiersAreAvailable {
        properties.add(variable: entry.identifier, MQTT_PROP_SUBSCRIPTION_IDENTIFIER)
      }
      status = mosquitto_subscribe_v5(
        handle, &packet, request.filter.text, Int32(qos.rawValue), request.options.rawValue,
        properties.list)
    } else {
      status = mosquitto_subscribe(handle, &packet, request.filter.text, Int32(qos.rawValue))
    }
    switch status {
    case MOSQ_ERR_SUCCESS.rawValue:
      hasAsked = true
      inbox.didAsk(entry, qos, packet: packet)
      brokerFilters.didSubscribe(request.filter.text)
    case MOSQ_ERR_INVAL.rawValue, MOSQ_ERR_MALFORMED_UTF8.rawValue,
      MOSQ_ERR_OVERSIZE_PACKET.rawValue, MOSQ_ERR_NOMEM.rawValue:
      deny(
        entry,
        MQTTError(
          .invalidArgument,
          "the subscription can't be sent: \(String(cString: mosquitto_strerror(status)))",
          topic: request.filter.text, broker: address.description))
    default:
      // The connection broke; the subscription is made with the next one.
      connectionBroke()
    }
  }

  /// The broker's answer.
  func onGranted(_ packet: Int32, _ granted: Int32) {
    hasAnswered = true
    // Of one that has gone meanwhile the broker has been told, behind the request that this answers.
    guard let entry = inbox.answered(packet) else { return }
    guard granted < 0x80 else {
      let reason = MQTTReasonCode(rawValue: UInt8(truncatingIfNeeded: granted))
      // Version 3.1.1 knows only this one code for a refusal.
      let why = options.version == .v5 ? ": \(Self.words(reason))" : ""
      return deny(
        entry,
        MQTTError(
          .denied, "the broker refused the subscription\(why)", reason: reason,
          topic: entry.request.filter.text, broker: address.description))
    }
    entry.isGranted = true
    entry.isInSession = true
    brokerFilters.didGrant(entry.request.filter.text)
    entry.request.reply.succeed(
      MQTTQoS(rawValue: UInt8(truncatingIfNeeded: granted)) ?? .atMostOnce)
  }

  /// The broker has ended the connection and said why, in place of an answer: it would end the next one too. It answers in order, so
  /// the reason is for the request that has waited longest, if it is one that a request can be refused for. All others are asked
  /// for again.
  func denyUnanswered(_ failure: MQTTError) {
    guard let reason = failure.reason, reason.refusesSubscriptions,
      let entry = inbox.oldestAsked, !entry.isGranted
    else { return }
    deny(
      entry,
      MQTTError(
        .denied,
        "the broker ended the connection in place of granting the subscription: "
          + "\(Self.words(reason)); see its log",
        reason: reason, topic: entry.request.filter.text, broker: address.description))
  }

  private func deny(_ entry: MQTTInbox.Entry, _ error: MQTTError) {
    let filter = entry.request.filter.text
    if inbox.remove(entry.request.id)?.wasLast == true {
      // What was not granted need not be given back, and to a broker that ends connections over it, it should not. What was granted
      // to one that has gone since the session still holds.
      if brokerFilters.isGranted(filter) { giveBack(filter) } else { brokerFilters.forget(filter) }
    }
    fail(entry, error)
  }

  /// Nobody waits for the subscription any more. The broker may still grant it, so it is told.
  func giveUp(_ entry: MQTTInbox.Entry, _ error: MQTTError) {
    unsubscribe(entry.request.id)
    fail(entry, error)
  }

  private func fail(_ entry: MQTTInbox.Entry, _ error: MQTTError) {
    entry.request.reply.fail(error)
    entry.request.queue.finish(throwing: error)
    durable?.queue.finish(throwing: error)
  }

  /// The consumer has gone: the broker is told, unless another one has the same filter. The quality of service then stays what it was:
  /// to lower it would take another request, for which the retained messages come again.
  func unsubscribe(_ id: UInt64) {
    guard let (entry, wasLast) = inbox.remove(id), wasLast else { return }
    giveBack(entry.request.filter.text)
  }

  /// A new connection of a session that is still there: what was let go meanwhile, or was not heard to be forgotten, is given back.
  func giveBackUnwanted() {
    let wanted = Set(inbox.entries.map(\.request.filter.text))
    for filter in brokerFilters.all where !wanted.contains(filter) { giveBack(filter) }
  }

  private func giveBack(_ filter: String) {
    // A durable subscription's filter stays: the broker keeps its messages for whoever asks next.
    guard durable == nil, brokerFilters.isKept(filter), case .connected = phase, let handle
    else { return }
    var packet: Int32 = 0
    switch mosquitto_unsubscribe(handle, &packet, filter) {
    case MOSQ_ERR_SUCCESS.rawValue:
      hasAsked = true
      brokerFilters.didUnsubscribe(filter, packet: packet)
    case MOSQ_ERR_INVAL.rawValue, MOSQ_ERR_MALFORMED_UTF8.rawValue,
      MOSQ_ERR_OVERSIZE_PACKET.rawValue:
      brokerFilters.forget(filter)
    default:
      // It goes with the next connection.
      connectionBroke()
    }
  }

  /// The broker's answer to an UNSUBSCRIBE.
  func onUnsubscribed(_ packet: Int32) {
    hasAnswered = true
    brokerFilters.answered(packet)
  }

  /// A call found the connection broken, or nobody waits for its answer any more. The library notices it at its next read,
  /// which also tells why: what the broker said last is still in the socket.
  func connectionBroke() {
    guard let handle else { return }
    let socket = mosquitto_socket(handle)
    // Ends the connection for good, so that the next read sees it even if only one way is broken.
    if socket >= 0 { _ = shutdown(socket, Int32(SHUT_RDWR)) }
  }
}
