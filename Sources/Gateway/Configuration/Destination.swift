public import Sinks

extension GatewayConfiguration {
  /// A sink and its name.
  public struct Destination: Sendable, Equatable {
    /// Its name: that of its cursor in the store.
    public var name: String
    /// What it is.
    public var kind: Kind

    /// The kinds of sinks.
    public enum Kind: Sendable, Equatable {
      /// A file that grows.
      case file(path: String, format: SampleFormat, rotation: FileRotation = FileRotation())
      /// An InfluxDB, or what takes its line protocol (package trait `HTTP`).
      case influxDB(InfluxDBOptions)
      /// A web server that takes posts (package trait `HTTP`).
      case http(HTTPSinkOptions)
      /// An MQTT broker.
      case mqtt(MQTTSinkOptions)
      /// A digital twin.
      case twin(TwinOptions)
      /// The local history (package trait `History`).
      case history(HistoryOptions)

      /// A web server that takes posts of a common kind.
      public static func http(_ server: HTTPEndpoint, body: HTTPSink.Body) -> Kind {
        .http(HTTPSinkOptions(server, body: body))
      }
    }

    /// What a sink gets first when much has piled up.
    public enum Backlog: String, Sendable, Equatable, CaseIterable {
      /// Everything in the order in which it was stored.
      case inOrder = "in-order"
      /// New telemetry and old in turns, each in its own order.
      case liveFirst = "live-first"
    }

    /// What it gets first when much has piled up.
    public var backlog: Backlog

    /// Where it is, for people.
    public var place: String {
      switch kind {
      case .file(let path, let format, _): "\(path), \(format.rawValue)"
      case .influxDB(let options): options.server.url
      case .http(let options): options.server.url
      case .mqtt(let options): "\(options.broker.address), topic \(options.topic.text)"
      case .history(let options): options.path
      case .twin(let options):
        switch options.transport {
        case .mqtt(let broker, let topic): "\(broker.address), topic \(topic.text)"
        case .http(let server, let path): server.url + (path?.text ?? "")
        }
      }
    }

    /// A destination. Databases and web servers sort by time themselves, so they get new samples beside old ones, if
    /// nothing else is said; the others get everything in order.
    public init(name: String, kind: Kind, backlog: Backlog? = nil) {
      self.name = name
      self.kind = kind
      self.backlog = backlog ?? kind.usualBacklog
    }
  }
}

extension GatewayConfiguration.Destination.Kind {
  fileprivate var usualBacklog: GatewayConfiguration.Destination.Backlog {
    switch self {
    case .influxDB, .http: .liveFirst
    case .file, .mqtt, .twin, .history: .inOrder
    }
  }

  /// Whether batches that are delivered again after a crash have to be the same as before: their requests have keys.
  var needsSameBatches: Bool {
    if case .http = self { true } else { false }
  }
}
