internal import IndustrialModel
internal import Sinks
internal import StoreForward

extension GatewayConfiguration.Destination {
  /// The sink that the configuration describes. A new kind of destination is one case here.
  ///
  /// - Parameters:
  ///   - gateway: The gateway's name.
  ///   - buffer: Names the numbering of the samples.
  ///   - tags: The names of the tags.
  func makeSink(
    gateway: String, buffer: StoreIdentity, tags: TagRegistry
  ) throws(SinkError) -> any Sink {
    switch kind {
    case .file(let path, let format, let rotation):
      try FileSink(path: path, format: format, rotation: rotation, tags: tags)
    case .influxDB(let options): try InfluxDBSink(options, tags: tags)
    case .http(let options):
      try HTTPSink(options, gateway: gateway, source: "\(gateway)-\(buffer)", tags: tags)
    case .mqtt(let options): try MQTTSink(options, gateway: gateway, name: name, tags: tags)
    case .twin(let options): try TwinSink(options, gateway: gateway, name: name, tags: tags)
    case .history(let options): try HistorySink(options, tags: tags)
    }
  }
}
