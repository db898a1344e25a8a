internal import CMosquitto
internal import Glibc

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
      var identifier: Int32 = 0
      outbox.willPublish()
      errno = 0
      let status = message.payload.withUnsafeBytes { payload in
        if let properties = message.properties {
          let list = MQTTPropertyList(properties)
          return mosquitto_publish_v5(
            handle, &identifier, message.topic, Int32(payload.count), payload.baseAddress,
            Int32(message.qos.rawValue), message.retain, list.list)
        }
        return mosquitto_publish_v5(
          handle, &identifier, message.topic, Int32(payload.count), payload.baseAddress,
          Int32(message.qos.rawValue), message.retain, nil)
      }
      let number = errno
      if identifier != 0 { lastIdentifier = identifier }
      switch status {
      case MOSQ_ERR_SUCCESS.rawValue:
        outbox.didPublish(job, index, identifier: identifier)
      case MOSQ_ERR_INVAL.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue,
        MOSQ_ERR_OVERSIZE_PACKET.rawValue,
        MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue, MOSQ_ERR_MALFORMED_UTF8.rawValue,
        MOSQ_ERR_NOT_SUPPORTED.rawValue, MOSQ_ERR_NOMEM.rawValue,
        MOSQ_ERR_DUPLICATE_PROPERTY.rawValue:
        outbox.didFail(job, index, refusalToSend(status, message))
      default:
        // The connection broke while it was sent. With QoS 1 and 2 the library has the message and sends
        // it again; with QoS 0 it is lost with the connection.
        outbox.didPublish(job, index, identifier: identifier)
        connectionBroke(status, errno: number)
        return false
      }
    }
    return true
  }

  private func refusalToSend(_ status: Int32, _ message: MQTTMessage) -> MQTTError {
    let code: MQTTError.Code
    let text: String
    switch status {
    case MOSQ_ERR_OVERSIZE_PACKET.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue:
      code = .invalidArgument
      text = "the message (\(message.payload.count) bytes) is larger than the broker takes"
    case MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue:
      code = .invalidArgument
      text = "the broker does not offer QoS \(message.qos.rawValue)"
    case MOSQ_ERR_MALFORMED_UTF8.rawValue:
      code = .invalidArgument
      text = "the topic holds a character that MQTT does not allow"
    case MOSQ_ERR_NOMEM.rawValue:
      code = .outOfResources
      text = "no memory for the message"
    default:
      code = .invalidArgument
      text = "the message can't be sent: \(String(cString: mosquitto_strerror(status)))"
    }
    return MQTTError(code, text, topic: message.topic, broker: address.description)
  }
}
