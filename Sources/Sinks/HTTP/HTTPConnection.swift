#if HTTP
  internal import CCurl
  internal import IndustrialModel

  /// A connection to an HTTP server that is kept open, by libcurl. For one thread; its calls block.
  final class HTTPConnection {
    private let endpoint: HTTPEndpoint
    private let handle: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let reason: UnsafeMutablePointer<CChar>
    private lazy var compressor = GzipCompressor(destination: endpoint.url)
    private static let isStarted = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// What has come of an answer.
    private final class Incoming {
      var body: [UInt8] = []
      /// The fields of these names.
      var retryAfter: Substring?
      var date: Substring?
    }

    /// - Throws: `SinkError` for an address or settings that can't work. Nothing is sent yet.
    init(
      _ endpoint: HTTPEndpoint, method: HTTPSinkOptions.Method = .post
    ) throws(SinkError) {
      self.endpoint = endpoint
      guard Self.isStarted, let handle = curl_easy_init() else {
        throw SinkError(
          code: .failed, destination: endpoint.url, message: "libcurl can't start",
          advice: "check the installation of libcurl4")
      }
      self.handle = handle
      reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
      reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
      try configure()
      // A post is what a body means by itself.
      if method != .post { set(CURLOPT_CUSTOMREQUEST, method.rawValue) }
    }

    deinit {
      curl_easy_cleanup(handle)
      curl_slist_free_all(headers)
      reason.deallocate()
    }

    private func configure() throws(SinkError) {
      guard endpoint.url.hasPrefix("http://") || endpoint.url.hasPrefix("https://") else {
        throw SinkError(
          code: .notFound, destination: endpoint.url, message: "this is no address of a web server",
          advice: "write http://HOST:PORT or https://HOST:PORT")
      }
      _ = iiot_curl_set_reason(handle, reason)
      set(CURLOPT_PROTOCOLS_STR, "http,https")
      // Signals would hit whatever thread is there.
      set(CURLOPT_NOSIGNAL, 1)
      set(CURLOPT_TCP_KEEPALIVE, 1)
      set(CURLOPT_TIMEOUT_MS, Self.milliseconds(endpoint.timeout))
      set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(endpoint.connectTimeout))
      if let file = endpoint.trustedCertificates { set(CURLOPT_CAINFO, file) }
      if let file = endpoint.clientCertificate { set(CURLOPT_SSLCERT, file) }
      if let file = endpoint.clientKey { set(CURLOPT_SSLKEY, file) }
      var fields = endpoint.headers.map { ($0.key, $0.value.value) }
      switch endpoint.authorization {
      case .basic(let user, let password):
        _ = iiot_curl_use_basic_authorization(handle)
        set(CURLOPT_USERNAME, user)
        set(CURLOPT_PASSWORD, password.value)
      case .bearer(let token): fields.append(("Authorization", "Bearer \(token.value)"))
      case .token(let token): fields.append(("Authorization", "Token \(token.value)"))
      case nil: break
      }
      // Waiting for "100 Continue" only costs a second.
      fields.append(("Expect", ""))
      for (name, value) in fields { addHeader(name, value, to: &headers) }
      _ = iiot_curl_set_watcher(handle) { _, _, _, _, _ in Task.isCancelled ? 1 : 0 }
      _ = iiot_curl_set_takers(
        handle,
        { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let incoming = Unmanaged<Incoming>.fromOpaque(context).takeUnretainedValue()
          let room = max(0, HTTPReply.bodyLimit - incoming.body.count)
          let taken = UnsafeRawBufferPointer(start: bytes, count: min(size * count, room))
          incoming.body.append(contentsOf: taken)
          return size * count
        },
        { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let line = String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
          let incoming = Unmanaged<Incoming>.fromOpaque(context).takeUnretainedValue()
          // Another answer begins: the one before was for the time being (1xx) or of a proxy.
          if line.hasPrefix("HTTP/") { (incoming.retryAfter, incoming.date) = (nil, nil) }
          let parts = line.split(separator: ":", maxSplits: 1)
          guard parts.count == 2 else { return size * count }
          switch parts[0].lowercased() {
          case "retry-after": incoming.retryAfter = parts[1]
          case "date": incoming.date = parts[1]
          default: break
          }
          return size * count
        })
    }

    /// Sends a body and gives the answer, whatever its status.
    ///
    /// - Parameters:
    ///   - path: What comes behind the endpoint's address, with its query.
    ///   - fields: Header fields of this request.
    /// - Throws: `SinkError` when no answer came.
    func post(
      _ path: String, _ fields: [(String, String)], body: [UInt8]
    ) throws(SinkError) -> HTTPReply {
      var list: UnsafeMutablePointer<curl_slist>?
      defer { curl_slist_free_all(list) }
      var link = headers
      while let field = link {
        list = curl_slist_append(list, field.pointee.data)
        link = field.pointee.next
      }
      for (name, value) in fields { addHeader(name, value, to: &list) }
      if endpoint.compressesBodies { addHeader("Content-Encoding", "gzip", to: &list) }
      set(CURLOPT_URL, endpoint.url + path)
      _ = iiot_curl_set_list(handle, CURLOPT_HTTPHEADER, list)
      let incoming = Incoming()
      let content = try endpoint.compressesBodies ? compressor.compress(body) : body
      let status = content.withUnsafeBytes { bytes in
        _ = iiot_curl_set_body(handle, bytes.baseAddress, curl_off_t(bytes.count))
        _ = iiot_curl_set_context(handle, Unmanaged.passUnretained(incoming).toOpaque())
        return curl_easy_perform(handle)
      }
      guard status == CURLE_OK else { throw failure(status) }
      return HTTPReply(
        status: iiot_curl_status(handle), body: incoming.body,
        retryAfter: incoming.retryAfter.flatMap { RetryAfter.delay($0, sent: incoming.date) })
    }

    private func failure(_ status: CURLcode) -> SinkError {
      let detail = String(cString: reason)
      let message = detail.isEmpty ? String(cString: curl_easy_strerror(status)) : detail
      let (code, advice): (SinkError.Code, String) =
        switch status {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
          (.notFound, "correct the address")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
          (.failed, "check the host's name and this machine's name server")
        case CURLE_COULDNT_CONNECT: (.failed, "check that the server runs and the port is right")
        case CURLE_OPERATION_TIMEDOUT:
          (.failed, "the server is slow or unreachable; it is tried again")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
          (.denied, "check the server's certificate and the file of trusted ones")
        case CURLE_SSL_CERTPROBLEM: (.denied, "check our own certificate and its key")
        default: (.failed, "it is tried again")
        }
      return SinkError(
        code: code, destination: endpoint.url, message: message.withoutControls, advice: advice)
    }

    private func set(_ option: CURLoption, _ value: Int) {
      _ = iiot_curl_set_long(handle, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
      _ = iiot_curl_set_text(handle, option, value)
    }

    /// Line ends would begin another field.
    private func addHeader(
      _ name: String, _ value: String, to list: inout UnsafeMutablePointer<curl_slist>?
    ) {
      let clean = "\(name): \(value)".filter { !$0.isNewline }
      list = curl_slist_append(list, clean)
    }

    private static func milliseconds(_ duration: Duration) -> Int {
      Int(min(max(duration.clampedNanoseconds / 1_000_000, 1), 1_000_000_000))
    }
  }
#else
  /// Stands for the connection where the package is built without libcurl.
  final class HTTPConnection {
    init(
      _ endpoint: HTTPEndpoint, method: HTTPSinkOptions.Method = .post
    ) throws(SinkError) {
      throw SinkError(
        code: .unsupported, destination: endpoint.url,
        message: "this program was built without the package trait 'HTTP'",
        advice: "enable the trait HTTP of the package iiot")
    }

    func post(
      _ path: String, _ fields: [(String, String)], body: [UInt8]
    ) throws(SinkError) -> HTTPReply { HTTPReply(status: 0) }
  }
#endif

/// Percent-encodes a value for a query.
func percentEncoded(_ text: String) -> String {
  var bytes: [UInt8] = []
  bytes.append(percentEncoding: text.utf8)
  return String(decoding: bytes, as: UTF8.self)
}
