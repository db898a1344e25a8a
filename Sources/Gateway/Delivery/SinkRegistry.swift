internal import IndustrialModel
internal import Sinks

extension GatewayConfiguration.Destination {
  /// The sink that the configuration describes. A new kind of destination is one case here.
  func makeSink(gateway: String, tags: TagRegistry) throws(SinkError) -> any Sink {
    switch kind {
    case .file(let path, let format, let rotation):
      try FileSink(path: path, format: format, rotation: rotation, tags: tags)
    case .influxDB(let options): try InfluxDBSink(options, tags: tags)
    case .http(let server, let body): try HTTPSink(server, body: body, source: gateway, tags: tags)
    case .mqtt(let options): try MQTTSink(options, gateway: gateway, name: name, tags: tags)
    case .twin(let options): try TwinSink(options, gateway: gateway, name: name, tags: tags)
    case .history(let options): try HistorySink(options, tags: tags)
    }
  }
}
