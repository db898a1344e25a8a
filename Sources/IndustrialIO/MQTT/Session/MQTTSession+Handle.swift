internal import CMosquitto
internal import Glibc
internal import IOThreads

extension MQTTSession {
  /// The library's global state; made once, never torn down.
  private static let libraryStarted: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

  /// Makes and configures the library's client.
  func makeHandle() throws(MQTTError) {
    guard Self.libraryStarted else {
      throw MQTTError(.outOfResources, "the MQTT library could not be started")
    }
    var identifier = options.clientIdentifier
    var isClean = true
    if case .persistent(let name, _) = options.session {
      identifier = name
      isClean = false
    }
    // The library keeps this pointer until the handle is destroyed (`end`), and the session with it.
    let context = Unmanaged.passRetained(self)
    guard let handle = mosquitto_new(identifier, isClean, context.toOpaque()) else {
      context.release()
      throw MQTTError(.outOfResources, "no memory for a session")
    }
    do throws(MQTTError) {
      try configure(handle)
    } catch {
      mosquitto_destroy(handle)
      context.release()
      throw error
    }
    self.handle = handle
    do throws(MQTTError) {
      try setConnectProperties()
    } catch {
      mosquitto_destroy(handle)
      self.handle = nil
      context.release()
      throw error
    }
  }

  private func configure(_ handle: OpaquePointer) throws(MQTTError) {
    let version = options.version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
    try require(
      mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, version), "setting the version")
    _ = mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
    // The session keeps the window itself: the library looks through all waiting messages each time.
    _ = mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, 65_535)
    // Mosquitto up to 2.0.12 now and then loses count and sends more than a window (its issue 2362). The library ends the connection
    // over that, and with a clean session what comes until the next one is lost. So there is none: what
    // nobody has taken yet stops the reading.
    _ = mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, 65_535)
    // Nothing is written but by mosquitto_loop_write (MQTTDurableHold).
    if durable != nil { _ = mosquitto_threaded_set(handle, true) }
    if address.userName != nil || address.password != nil {
      try require(
        mosquitto_username_pw_set(handle, address.userName ?? "", address.password),
        "setting user name and password")
    }
    if let will = options.will { try setWill(will, handle) }
    if address.usesTLS { try setTLS(handle) }
    setCallbacks(handle)
  }

  private func setWill(_ will: MQTTMessage, _ handle: OpaquePointer) throws(MQTTError) {
    guard options.version == .v5 else {
      return try require(
        mosquitto_will_set(
          handle, will.topic, Int32(will.payload.count), will.payload, Int32(will.qos.rawValue),
          will.retain), "setting the will")
    }
    var properties = MQTTPropertyList(will.properties ?? MQTTProperties())
    if options.willDelaySeconds > 0 {
      properties.add(options.willDelaySeconds, MQTT_PROP_WILL_DELAY_INTERVAL)
    }
    try require(properties.status, "setting the properties of the will")
    let status = mosquitto_will_set_v5(
      handle, will.topic, Int32(will.payload.count), will.payload, Int32(will.qos.rawValue),
      will.retain, properties.list)
    // The library takes the list over when it succeeds.
    if status == MOSQ_ERR_SUCCESS.rawValue { properties.forget() }
    try require(status, "setting the will")
  }

  private func setTLS(_ handle: OpaquePointer) throws(MQTTError) {
    let tls = options.tls
    for file in [tls.authorityFile, tls.certificateFile, tls.keyFile] {
      guard let file, access(file, R_OK) != 0 else { continue }
      throw MQTTError(
        .tls, "the certificate file \(file) can't be read: \(SystemFailure.explanation(of: errno))",
        broker: address.description)
    }
    if tls.authorityFile == nil {
      _ = mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
    }
    // Without a file of its own the library wants a folder; the system's holds the same certificates.
    let folder = tls.authorityFile == nil ? "/etc/ssl/certs" : nil
    try require(
      mosquitto_tls_set(
        handle, tls.authorityFile, folder, tls.certificateFile, tls.keyFile, nil),
      "setting the certificates", code: .tls)
    if tls.acceptsAnyHostName { _ = mosquitto_tls_insecure_set(handle, true) }
  }

  /// What MQTT 5 sends along with each connection; empty with version 3.1.1.
  func connectProperties() -> MQTTPropertyList {
    var properties = MQTTPropertyList()
    if options.version == .v5, case .persistent(_, let expiry) = options.session {
      properties.add(expiry, MQTT_PROP_SESSION_EXPIRY_INTERVAL)
    }
    return properties
  }

  private func setConnectProperties() throws(MQTTError) {
    let properties = connectProperties()
    guard properties.list != nil else { return }
    // The library takes properties only with its blocking call. It stores them before it looks at the
    // port, and a port that can't be ends the call there: they are kept for all later connections.
    let status = mosquitto_connect_bind_v5(
      handle, address.host, 65_536, 60, nil, properties.list)
    guard status == MOSQ_ERR_INVAL.rawValue else {
      throw MQTTError(.outOfResources, "the properties of the connection could not be set")
    }
  }

  private func setCallbacks(_ handle: OpaquePointer) {
    mosquitto_connect_v5_callback_set(handle) { _, context, status, flags, properties in
      MQTTSession.from(context)?.onConnect(status: status, flags: flags, properties: properties)
    }
    mosquitto_disconnect_v5_callback_set(handle) { _, context, status, properties in
      MQTTSession.from(context)?.onDisconnect(status: status, properties: properties)
    }
    mosquitto_publish_v5_callback_set(handle) { _, context, identifier, reason, _ in
      MQTTSession.from(context)?.onSettled(identifier, reason: reason)
    }
    mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
      guard let message else { return }
      MQTTSession.from(context)?.onMessage(message.pointee, properties)
    }
    mosquitto_subscribe_v5_callback_set(handle) { _, context, identifier, count, granted, _ in
      guard count > 0, let granted else { return }
      MQTTSession.from(context)?.onGranted(identifier, granted[0])
    }
    mosquitto_unsubscribe_v5_callback_set(handle) { _, context, identifier, _ in
      MQTTSession.from(context)?.onUnsubscribed(identifier)
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> MQTTSession? {
    context.map { Unmanaged<MQTTSession>.fromOpaque($0).takeUnretainedValue() }
  }

  private func require(
    _ status: Int32, _ what: String, code: MQTTError.Code = .invalidArgument
  ) throws(MQTTError) {
    guard status != MOSQ_ERR_SUCCESS.rawValue else { return }
    throw MQTTError(
      code, "\(what) failed: \(String(cString: mosquitto_strerror(status)))",
      broker: address.description)
  }

  // MARK: Words for failures

  /// What a failed library call means.
  func failure(_ status: Int32, errno number: Int32) -> MQTTError {
    let broker = address.description
    switch status {
    case MOSQ_ERR_ERRNO.rawValue where number != 0:
      let why = SystemFailure.explanation(of: number)
      let isUp: Bool = if case .connected = phase { true } else { false }
      return isUp
        ? MQTTError(.connectionLost, "the connection was lost: \(why)", broker: broker)
        : MQTTError(.unreachable, "no connection to the broker: \(why)", broker: broker)
    case MOSQ_ERR_EAI.rawValue:
      return MQTTError(.unreachable, "the host name can't be resolved", broker: broker)
    case MOSQ_ERR_TLS.rawValue, MOSQ_ERR_TLS_HANDSHAKE.rawValue:
      return MQTTError(
        .tls,
        "no TLS session with the broker: check that its certificate is signed by the given authority, "
          + "is made for this host name and has not expired, and that the port speaks TLS",
        broker: broker)
    case MOSQ_ERR_NOMEM.rawValue:
      return MQTTError(.outOfResources, "no memory", broker: broker)
    case MOSQ_ERR_KEEPALIVE.rawValue:
      return MQTTError(
        .connectionLost, "the broker has been silent for longer than the keep-alive time",
        broker: broker)
    case MOSQ_ERR_PROTOCOL.rawValue, MOSQ_ERR_MALFORMED_PACKET.rawValue,
      MOSQ_ERR_MALFORMED_UTF8.rawValue, MOSQ_ERR_DUPLICATE_PROPERTY.rawValue:
      return MQTTError(
        .protocolViolation, "the broker sent what MQTT does not allow", broker: broker)
    default:
      let isUp: Bool = if case .connected = phase { true } else { false }
      return isUp
        ? MQTTError(.connectionLost, "the broker closed the connection", broker: broker)
        : MQTTError(
          .unreachable, "the connection was closed before the broker answered", broker: broker)
    }
  }

  /// What the broker's answer to a connection means: MQTT 3.1.1 has codes of its own below 0x80.
  func refused(_ status: Int32, _ properties: OpaquePointer?) -> MQTTError {
    let classic: [MQTTReasonCode] = [
      .unsupportedProtocolVersion, .clientIdentifierNotValid, .serverUnavailable,
      .badUserNameOrPassword, .notAuthorized,
    ]
    let reason =
      status >= 1 && status <= 5
      ? classic[Int(status) - 1] : MQTTReasonCode(rawValue: UInt8(truncatingIfNeeded: status))
    var text = "the broker refused the connection: \(Self.words(reason))"
    if let more = MQTTPropertyList.string(properties, MQTT_PROP_REASON_STRING) {
      text += " (it says: \(more))"
    }
    switch reason {
    case .unsupportedProtocolVersion where options.version == .v5:
      text += "; try MQTT 3.1.1"
    case .notAuthorized, .badUserNameOrPassword:
      text += address.userName == nil ? "; no user name was given" : "; check user and password"
    default: break
    }
    return MQTTError(.refused, text, reason: reason, broker: address.description)
  }

  /// The library's words for a reason.
  static func words(_ reason: MQTTReasonCode) -> String {
    String(cString: mosquitto_reason_string(Int32(reason.rawValue)))
  }
}
