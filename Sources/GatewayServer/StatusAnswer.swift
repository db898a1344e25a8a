internal import Gateway

/// What is said to a request.
struct StatusAnswer {
  /// The HTTP status.
  var code: Int
  var mediaType: String
  var text: String

  /// - Parameters:
  ///   - isReading: Whether the request only wants to know something.
  ///   - target: What it asks for: a path, perhaps with a query.
  ///   - gateway: Whom it is about.
  init(_ isReading: Bool, _ target: String, _ gateway: GatewayRuntime) {
    let path = target.prefix { $0 != "?" }
    switch path {
    case _ where !isReading:
      self.init(405, "text/plain; charset=utf-8", "only GET and HEAD\n")
    case "/metrics": self.init(200, PrometheusText.mediaType, gateway.metricsText)
    case "/health": self.init(200, "application/json", gateway.healthText)
    case "/readyz":
      self.init(gateway.isReady ? 200 : 503, "application/json", gateway.healthText)
    case "/": self.init(200, "text/plain; charset=utf-8", "/metrics\n/health\n/readyz\n")
    default:
      self.init(404, "text/plain; charset=utf-8", "here are /metrics, /health and /readyz\n")
    }
  }

  private init(_ code: Int, _ mediaType: String, _ text: String) {
    (self.code, self.mediaType, self.text) = (code, mediaType, text)
  }
}
