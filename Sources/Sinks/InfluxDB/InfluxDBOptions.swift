/// Where in an InfluxDB samples go, and how.
public struct InfluxDBOptions: Sendable, Equatable {
  /// Which of its two interfaces.
  public enum Target: Sendable, Equatable {
    /// `/write` of InfluxDB 1, and of VictoriaMetrics, Telegraf and QuestDB. Without a retention policy the database's default.
    case database(String, retentionPolicy: String? = nil)
    /// `/api/v2/write` of InfluxDB 2 and 3.
    case bucket(String, organization: String)
  }

  /// The server.
  public var server: HTTPEndpoint
  /// Which database or bucket.
  public var target: Target
  /// How many samples one request carries; InfluxData's advice is 5000.
  public var samplesPerRequest = 5000

  /// A target at a server.
  public init(server: HTTPEndpoint, target: Target) {
    self.server = server
    self.target = target
  }

  /// The path and query of a write.
  var path: String {
    switch target {
    case .database(let database, let policy):
      "/write?precision=ns&db=\(percentEncoded(database))"
        + (policy.map { "&rp=\(percentEncoded($0))" } ?? "")
    case .bucket(let bucket, let organization):
      "/api/v2/write?precision=ns&bucket=\(percentEncoded(bucket))"
        + "&org=\(percentEncoded(organization))"
    }
  }
}
