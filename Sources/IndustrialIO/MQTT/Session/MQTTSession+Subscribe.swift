internal import CMosquitto
internal import Glibc
internal import IOThreads

extension MQTTSession {
  /// Asks the broker for a subscription; the answer comes as a callback.
  func subscribe(_ entry: MQTTInbox.Entry?) {
    guard let entry, let handle else { return }
    if entry.request.reply.isSettled && !entry.isGranted { return }
    var packet: Int32 = 0
    let request = entry.request
    let status: Int32
    if options.version == .v5 {
      var properties = MQTTPropertyList()
      properties.add(variable: entry.identifier, MQTT_PROP_SUBSCRIPTION_IDENTIFIER)
      status = mosquitto_subscribe_v5(
        handle, &packet, request.filter.text, Int32(request.qos.rawValue),
        request.options.rawValue, properties.list)
    } else {
      status = mosquitto_subscribe(
        handle, &packet, request.filter.text, Int32(request.qos.rawValue))
    }
    switch status {
    case MOSQ_ERR_SUCCESS.rawValue:
      inbox.didAsk(entry, packet: packet)
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
    entry.request.reply.succeed(
      MQTTQoS(rawValue: UInt8(truncatingIfNeeded: granted)) ?? .atMostOnce)
  }

  private func deny(_ entry: MQTTInbox.Entry, _ error: MQTTError) {
    _ = inbox.remove(entry.request.id)
    entry.request.reply.fail(error)
    entry.request.queue.finish(throwing: error)
    durable?.queue.finish(throwing: error)
  }

  /// The consumer has gone: the broker is told, unless another one has the same filter.
  func unsubscribe(_ id: UInt64) {
    guard let (entry, wasLast) = inbox.remove(id), wasLast else { return }
    guard case .connected = phase, let handle else { return }
    let status = mosquitto_unsubscribe(handle, nil, entry.request.filter.text)
    if status != MOSQ_ERR_SUCCESS.rawValue { connectionBroke() }
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
