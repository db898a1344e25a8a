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
  private let connection: HTTPConnection
  private var formatter: SampleFormatter
  private var search: RefusalSearch
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
    connection = try HTTPConnection(options.server)
    formatter = SampleFormatter(.influx, tags: tags)
    search = RefusalSearch(
      options.server.url, samplesPerRequest: options.samplesPerRequest, tags: tags)
  }

  /// Writes the batch. One that failed goes on behind what the server has taken of it.
  ///
  /// - Returns: Which samples the server refused for good: fields of another type, times that it does not keep.
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    try search.deliver(batch) { (indices) throws(SinkError) in try write(batch, indices) }
  }

  /// Closes nothing: the connection ends with the sink.
  public func close() {}

  /// Writes the samples at some indices; gives the server's refusal if it refuses one of them.
  private func write(
    _ batch: SampleBatch, _ indices: ArraySlice<Int>
  ) throws(SinkError) -> RefusalSearch.Refusal? {
    text.removeAll(keepingCapacity: true)
    formatter.append(batch, indices, to: &text)
    let reply = try connection.post(
      options.path, [("Content-Type", "text/plain; charset=utf-8")], body: text)
    return try reply.refusal(from: options.server.url)
  }
}
