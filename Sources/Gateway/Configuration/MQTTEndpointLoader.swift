#if Gateway
  internal import MQTT
  internal import Sinks

  extension YAMLSection {
    /// The keys that say where a broker is and who we are to it; the same for a bus and for a sink.
    func mqttEndpoint() -> MQTTEndpoint? {
      let url = text("url", expected: "mqtt://HOST:PORT or mqtts://HOST:PORT", required: true)
      let user = text("user", expected: "a user")
      let password = secret("password")
      let version = value("version", expected: "5 or 3.1.1") { text in
        [("5", MQTTVersion.v5), ("3.1.1", .v311)].first { $0.0 == text }?.1
      }
      let identifier = text("client_id", expected: "a client identifier")
      let timeout = timeout(example: "30s")
      var tls = MQTTTLSOptions()
      tls.authorityFile = text("ca_file", expected: "a file of certificates")
      tls.certificateFile = text("cert_file", expected: "a file with our certificate")
      tls.keyFile = text("key_file", expected: "a file with our key")
      if (tls.certificateFile == nil) != (tls.keyFile == nil) {
        problem(
          "a certificate of our own needs its key, and the key its certificate",
          "add the other of cert_file and key_file")
      }
      let files = [
        ("ca_file", tls.authorityFile), ("cert_file", tls.certificateFile),
        ("key_file", tls.keyFile),
      ]
      if let url, url.hasPrefix("mqtt://"), let file = files.first(where: { $0.1 != nil }) {
        // Who gives certificates believes that the line is safe.
        newProblem(
          at: file.0, "certificates are for TLS, and mqtt:// is without", "write mqtts://HOST:PORT")
      }
      if password != nil, user == nil {
        problem(at: "password", "a password without a user", "add  user: NAME")
      }
      guard let url else { return nil }
      let address: MQTTAddress
      do throws(MQTTError) {
        address = try MQTTAddress(url)
      } catch {
        problem(at: "url", error.message, "write mqtt://HOST:PORT or mqtts://HOST:PORT")
        return nil
      }
      if address.userName != nil || address.password != nil {
        problem(
          at: "url", "user and password don't belong into the address",
          "use the keys user and password")
        return nil
      }
      if address.topic != nil {
        problem(at: "url", "the address has a topic", "leave out what comes behind the port")
        return nil
      }
      var endpoint = MQTTEndpoint(address)
      endpoint.user = user
      endpoint.password = password
      endpoint.version = version ?? .v5
      endpoint.clientIdentifier = identifier
      endpoint.tls = tls
      if let timeout { endpoint.timeout = timeout }
      return endpoint
    }
  }
#endif
