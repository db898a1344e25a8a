internal import MQTT

extension SinkError {
  /// What a broker's refusal means to a sink: code `invalid` where the message itself will never be taken.
  init(_ error: MQTTError, broker: MQTTEndpoint) {
    let (code, advice): (Code, String) =
      switch error.code {
      case .invalidArgument: (.invalid, "see the message")
      case .invalidAddress: (.notFound, "write mqtt://HOST:PORT")
      case .tls: (.denied, "check the broker's certificate and the files of ours")
      case .refused where !error.isRetriable:
        (.denied, "check user and password, and the client identifier")
      case .denied:
        switch error.reason {
        case .topicNameInvalid, .packetTooLarge, .payloadFormatInvalid:
          (.invalid, "see the message")
        case .notAuthorized: (.denied, "let this user publish to the topic")
        case .qosNotSupported: (.denied, "let the broker offer QoS 1; nothing is lost meanwhile")
        case .retainNotSupported:
          (.denied, "leave out retain, or let the broker keep messages; nothing is lost meanwhile")
        default: (.failed, "see the broker's log")
        }
      case .unreachable, .connectionLost, .timedOut:
        (.failed, "check that the broker runs; nothing is lost meanwhile")
      default: (.failed, "see the broker's log")
      }
    let topic = error.topic.map { " (topic \($0))" } ?? ""
    self.init(
      code: code, destination: broker.address.description,
      message: (error.message + topic).withoutControls, advice: advice)
  }
}
