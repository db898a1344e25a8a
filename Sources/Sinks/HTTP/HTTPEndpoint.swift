/// Where an HTTP server is and how to talk to it.
public struct HTTPEndpoint: Sendable, Equatable {
  /// How we say who we are.
  public enum Authorization: Sendable, Equatable {
    /// Name and password (RFC 7617).
    case basic(user: String, password: Secret)
    /// `Authorization: Bearer TOKEN` (RFC 6750).
    case bearer(Secret)
    /// `Authorization: Token TOKEN`, as InfluxDB 2 wants it.
    case token(Secret)
  }

  /// The address, `http://` or `https://`, with a path if there is one and without a query.
  public var url: String
  /// How we say who we are; nil for not at all.
  public var authorization: Authorization?
  /// Header fields to send with every request; their values may be secrets.
  public var headers: [String: Secret] = [:]
  /// Whether bodies are sent compressed (`Content-Encoding: gzip`); the server has to know how to read them.
  public var compressesBodies = false
  /// For one whole request, from the connection to the end of the answer.
  public var timeout: Duration = .seconds(10)
  /// For the connection alone.
  public var connectTimeout: Duration = .seconds(5)
  /// A file of trusted certificates (PEM); nil for the system's.
  public var trustedCertificates: String?
  /// A file with our own certificate (PEM), for servers that ask for one.
  public var clientCertificate: String?
  /// The file with the key of our own certificate (PEM).
  public var clientKey: String?

  /// A server at an address, with the defaults.
  public init(url: String, authorization: Authorization? = nil) {
    self.url = url
    self.authorization = authorization
  }
}
