internal import CMosquitto

extension MQTTSession {
  /// The most messages given to the library before the socket is looked at.
  private static let pumpBurst = 256

  /// Gives waiting messages to the library. Returns whether there is more that could go at once.
  func pumpOutbox() -> Bool {
    guard case .connected = phase, let handle else { return false }
    for _ in 0..<Self.pumpBurst {
      guard !outbox.identifiersAreExhausted(last: lastIdentifier),
        let (job, index) = outbox.nextMessage()
      else { return false }
      let message = job.messages[index]
      // The library would leave out the mark without a word.
      if message.retain, !retainIsAvailable {
        outbox.didFail(
          job, index,
          MQTTError(
            .denied, "the broker keeps no retained messages", reason: .retainNotSupported,
            topic: message.topic, broker: address.description))
        continue
      }
      var identifier: Int32 = 0
      let alias = message.qos == .atMostOnce ? aliases.alias(of: message.topic) : nil
      // Known to the broker by its number.
      let topic = alias?.isNew == false ? nil : message.topic
      // Messages with QoS 0 have no answer.
      if message.qos != .atMostOnce { hasAsked = true }
      outbox.willPublish()
      let status = message.payload.withUnsafeBytes { payload in
        func publish(_ properties: OpaquePointer?) -> Int32 {
          mosquitto_publish_v5(
            handle, &identifier, topic, Int32(payload.count), payload.baseAddress,
            Int32(message.qos.rawValue), message.retain, properties)
        }
        guard let properties = message.properties else {
          return publish(alias?.alias.properties.list)
        }
        var list = MQTTPropertyList(properties)
        if let alias { list.add(alias.alias.number, MQTT_PROP_TOPIC_ALIAS) }
        guard list.status == MOSQ_ERR_SUCCESS.rawValue else { return list.status }
        return publish(list.list)
      }
      if identifier != 0 { lastIdentifier = identifier }
      switch status {
      case MOSQ_ERR_SUCCESS.rawValue:
        outbox.didPublish(job, index, identifier: identifier)
      case MOSQ_ERR_INVAL.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue,
        MOSQ_ERR_OVERSIZE_PACKET.rawValue,
        MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue, MOSQ_ERR_MALFORMED_UTF8.rawValue,
        MOSQ_ERR_NOT_SUPPORTED.rawValue, MOSQ_ERR_NOMEM.rawValue,
        MOSQ_ERR_DUPLICATE_PROPERTY.rawValue:
        if alias?.isNew == true { aliases.forget(message.topic) }
        outbox.didFail(job, index, refusalToSend(status, message))
      default:
        // The connection broke while it was sent. With QoS 1 and 2 the library has the message and sends
        // it again; with QoS 0 it is lost with the connection.
        outbox.didPublish(job, index, identifier: identifier)
        connectionBroke()
        return false
      }
    }
    return true
  }

  private func refusalToSend(_ status: Int32, _ message: MQTTMessage) -> MQTTError {
    let code: MQTTError.Code
    let text: String
    var reason: MQTTReasonCode?
    switch status {
    case MOSQ_ERR_OVERSIZE_PACKET.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue:
      code = .invalidArgument
      text = "the message (\(message.payload.count) bytes) is larger than the broker takes"
    case MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue:
      // As if it had refused the message itself: its content is none of the matter.
      code = .denied
      text = "the broker does not offer QoS \(message.qos.rawValue)"
      reason = .qosNotSupported
    case MOSQ_ERR_MALFORMED_UTF8.rawValue:
      code = .invalidArgument
      text = "the topic or a property holds a character that MQTT does not allow"
    case MOSQ_ERR_NOMEM.rawValue:
      code = .outOfResources
      text = "no memory for the message"
    default:
      code = .invalidArgument
      text = "the message can't be sent: \(String(cString: mosquitto_strerror(status)))"
    }
    return MQTTError(
      code, text, reason: reason, topic: message.topic, broker: address.description)
  }
}
