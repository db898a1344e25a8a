internal import IOThreads
public import IndustrialModel

/// Writes samples to an InfluxDB, or to another database that takes its line protocol over HTTP.
///
/// A batch is delivered when the server has answered each of its requests with success. Writing the same samples
/// again changes nothing there: a point is its series and its time. What the server refuses for its content is
/// found one by one and reported; the rest of the batch is written.
public actor InfluxDBSink: Sink {
  private let thread = BlockingThread(name: "influxdb-sink")
  private let options: InfluxDBOptions
  private let tags: TagRegistry
  private let connection: HTTPConnection
  private var formatter: SampleFormatter
  private var text: [UInt8] = []

  /// The sink's own thread: waiting for the server blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// A sink for a database; the connection is made with the first batch.
  ///
  /// - Throws: `SinkError` for an address or settings that can't work, and where the package is built without the
  ///   trait `HTTP` (code `unsupported`).
  public init(_ options: InfluxDBOptions, tags: TagRegistry) throws(SinkError) {
    self.options = options
    self.tags = tags
    connection = try HTTPConnection(options.server)
    formatter = SampleFormatter(.influx, tags: tags)
  }

  /// Writes the batch.
  ///
  /// - Returns: Which samples the server refused for good: fields of another type, times that it does not keep.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    var report = DeliveryReport()
    let step = max(1, options.samplesPerRequest)
    for start in stride(from: 0, to: batch.count, by: step) {
      try deliver(batch, Array(start..<min(start + step, batch.count))[...], into: &report)
    }
    return report
  }

  /// Closes nothing: the connection ends with the sink.
  public func close() {}

  /// Writes the samples at some indices; what is refused is cut in half until the culprits stand alone.
  private func deliver(
    _ batch: SampleBatch, _ indices: ArraySlice<Int>, into report: inout DeliveryReport
  ) throws(SinkError) {
    guard let first = indices.first else { return }
    text.removeAll(keepingCapacity: true)
    formatter.append(batch, indices, to: &text)
    let reply = try connection.post(
      options.path, [("Content-Type", "text/plain; charset=utf-8")], body: text)
    if reply.isSuccess { return }
    guard [400, 413, 422].contains(reply.status) else {
      throw reply.error(from: options.server.url)
    }
    let reason = reply.text.isEmpty ? "the server answered \(reply.status)" : reply.text
    if indices.count == 1 {
      report.rejections.append(.init(index: first, reason: reason))
      return
    }
    if let conflict = FieldTypeConflict(in: reason) {
      let names = tags.names
      let refused = indices.filter { index in
        let tag = Int(batch.records[index].tag.rawValue)
        return tag < names.count && conflict.concerns(batch.records[index], tag: names[tag])
      }
      if !refused.isEmpty {
        report.rejections += refused.map { .init(index: $0, reason: reason) }
        let others = Set(refused)
        return try deliver(batch, indices.filter { !others.contains($0) }[...], into: &report)
      }
    }
    let middle = indices.startIndex + indices.count / 2
    try deliver(batch, indices[..<middle], into: &report)
    try deliver(batch, indices[middle...], into: &report)
  }
}
