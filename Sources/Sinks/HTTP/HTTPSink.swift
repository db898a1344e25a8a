internal import IOThreads
public import IndustrialModel

/// Posts samples to a web server, each batch as one request or several.
///
/// A batch is delivered when the server has answered each request with a status of 200 to 299. Each request bears
/// an `Idempotency-Key` made of the numbers of its first and last sample, and of their count where some between them are not in it, so that a server that has seen it can leave a repetition out: the same samples, delivered again in the same batch, come in the
/// same requests with the same keys.
public actor HTTPSink: Sink {
  /// What the body of a request is.
  public enum Body: String, Sendable, Equatable, CaseIterable {
    /// A JSON array of the objects that the JSON lines have (`application/json`).
    case json
    /// JSON lines (`application/x-ndjson`).
    case jsonl
    /// CSV with its header line (`text/csv`).
    case csv
    /// InfluxDB line protocol (`text/plain`).
    case influx
  }

  private let thread = BlockingThread(name: "http-sink")
  private let options: HTTPSinkOptions
  private let keyPrefix: String
  private let connection: HTTPConnection
  private var formatter: SampleFormatter
  private var search: RefusalSearch
  private var template: HTTPTemplateWriter?
  private var text: [UInt8] = []

  /// The sink's own thread: waiting for the server blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// A sink for a server; the connection is made with the first batch.
  ///
  /// - Parameters:
  ///   - options: What is sent where.
  ///   - gateway: What `{gateway}` in a template stands for.
  ///   - source: What idempotency keys begin with: what names the numbering of the samples, and nothing else does. Without it, the
  ///     gateway's name.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` for an address or settings that can't work, and where the package is built without the
  ///   trait `HTTP` (code `unsupported`).
  public init(
    _ options: HTTPSinkOptions, gateway: String, source: String? = nil, tags: TagRegistry
  ) throws(SinkError) {
    self.options = options
    keyPrefix = source ?? gateway
    let isOneEach = options.template.map { $0.envelope == nil } ?? false
    search = RefusalSearch(
      options.server.url, samplesPerRequest: isOneEach ? 1 : options.samplesPerRequest, tags: tags)
    connection = try HTTPConnection(options.server, method: options.method)
    let format: SampleFormat =
      switch options.body {
      case .json, .jsonl: .jsonl
      case .csv: .csv
      case .influx: .influx
      }
    formatter = SampleFormatter(format, tags: tags)
    template = options.template.map { HTTPTemplateWriter($0, gateway: gateway, tags: tags) }
  }

  /// A sink for a server that gets one of the common bodies; see the form above.
  public init(
    _ server: HTTPEndpoint, body: Body = .json, source: String, samplesPerRequest: Int = 1000,
    tags: TagRegistry
  ) throws(SinkError) {
    var options = HTTPSinkOptions(server, body: body)
    options.samplesPerRequest = samplesPerRequest
    try self.init(options, gateway: source, tags: tags)
  }

  /// Posts the batch. One that failed goes on behind what the server has taken of it.
  ///
  /// - Returns: Which samples were in requests that the server refused for their content (400, 413, 422).
  @discardableResult
  public func deliver(_ batch: SampleBatch) throws(SinkError) -> DeliveryReport {
    try search.deliver(batch) { (indices) throws(SinkError) in try post(batch, indices) }
  }

  /// Closes nothing: the connection ends with the sink.
  public func close() {}

  /// Posts the samples at some indices; gives the server's refusal if it refuses one of them.
  private func post(
    _ batch: SampleBatch, _ indices: ArraySlice<Int>
  ) throws(SinkError) -> RefusalSearch.Refusal? {
    fill(batch, indices)
    let key = Self.key(of: batch, indices, keyPrefix)
    let reply = try connection.post(
      "", [("Content-Type", contentType), ("Idempotency-Key", key)], body: text)
    return try reply.refusal(from: options.server.url)
  }

  /// What a request with the samples at some indices is known by. Where samples that were refused or are for other sinks are left out
  /// of the middle, the body is another one than that with all of them, though it begins and ends alike.
  static func key(of batch: SampleBatch, _ indices: ArraySlice<Int>, _ prefix: String) -> String {
    guard let first = indices.first, let last = indices.last else { return "\(prefix)-0-0" }
    let numbers = (first: batch.records[first].sequence, last: batch.records[last].sequence)
    let key = "\(prefix)-\(numbers.first)-\(numbers.last)"
    let isWhole = numbers.last &- numbers.first == UInt64(indices.count - 1)
    return isWhole ? key : "\(key)-\(indices.count)"
  }

  private func fill(_ batch: SampleBatch, _ indices: ArraySlice<Int>) {
    text.removeAll(keepingCapacity: true)
    if template != nil {
      template?.append(batch, indices, to: &text)
      return
    }
    guard options.body == .json else {
      text += formatter.header
      return formatter.append(batch, indices, to: &text)
    }
    for index in indices {
      text.append(index == indices.first ? UInt8(ascii: "[") : UInt8(ascii: ","))
      formatter.append(batch, CollectionOfOne(index), to: &text)
      // The line end.
      text.removeLast()
    }
    text.append(UInt8(ascii: "]"))
  }

  private var contentType: String {
    if let template = options.template { return template.contentType }
    return switch options.body {
    case .json: "application/json"
    case .jsonl: "application/x-ndjson"
    case .csv: "text/csv; charset=utf-8"
    case .influx: "text/plain; charset=utf-8"
    }
  }
}
