/// Where and how samples are posted to a web server.
public struct HTTPSinkOptions: Sendable, Equatable {
  /// How the server is asked to take a body.
  public enum Method: String, Sendable, Equatable, CaseIterable {
    /// RFC 9110, section 9.3.3.
    case post = "POST"
    /// RFC 9110, section 9.3.4.
    case put = "PUT"
    /// RFC 5789.
    case patch = "PATCH"
  }

  /// The server, and the path that takes the requests.
  public var server: HTTPEndpoint
  /// What is sent.
  public var body: HTTPSink.Body
  /// What is sent instead of `body`.
  public var template: HTTPTemplate?
  /// How.
  public var method = Method.post
  /// How many samples one request carries at most; a template without envelope carries one.
  public var samplesPerRequest = 1000

  /// A server that gets a body of a kind.
  public init(_ server: HTTPEndpoint, body: HTTPSink.Body = .json) {
    self.server = server
    self.body = body
  }

  /// A server that gets what a template makes.
  public init(_ server: HTTPEndpoint, template: HTTPTemplate) {
    self.init(server)
    self.template = template
  }
}
