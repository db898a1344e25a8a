internal import IOThreads
public import IndustrialModel
internal import MQTT

/// Keeps a digital twin up to date: sends the newest value of each of its attributes as a JSON object,
/// `{"pressure":3.2,"running":true}`.
///
/// A twin wants the present and not the past: of several values in a batch only the newest is sent, and after an outage it gets what
/// waited in a few large steps. An attribute whose tag has no usable value is null, so that nobody takes an old one for alive.
public actor TwinSink: Sink {
  private let thread = BlockingThread(name: "twin-sink")
  private let options: TwinOptions
  private let gateway: String
  private let tags: TagRegistry
  private let client: MQTTClient?
  private let connection: HTTPConnection?
  /// By tag number.
  private var attributes: [String?] = []
  private var places: [String] = []
  /// Whether an update was ever taken.
  private var hasTaken = false

  /// The sink's own thread: waiting for a web server blocks.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  /// A sink for a twin; the connection is made with the first batch.
  ///
  /// - Parameters:
  ///   - options: Where the twin is, and its attributes.
  ///   - gateway: What `{gateway}` stands for.
  ///   - name: The sink's name; without a configured client identifier it is `GATEWAY:sink:NAME` at a broker.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` for settings that can't work.
  public init(
    _ options: TwinOptions, gateway: String, name: String, tags: TagRegistry
  ) throws(SinkError) {
    self.options = options
    self.gateway = gateway
    self.tags = tags
    switch options.transport {
    case .http(let server, _):
      connection = try HTTPConnection(server)
      client = nil
    case .mqtt(let broker, _):
      connection = nil
      var settings = broker.options(session: .clean)
      if settings.clientIdentifier == nil {
        settings.clientIdentifier = MQTTEndpoint.clientIdentifier(ofSink: name, gateway: gateway)
      }
      do throws(MQTTError) {
        client = try MQTTClient(broker.fullAddress, options: settings)
      } catch {
        throw SinkError(error, broker: broker)
      }
    }
  }

  /// Sends what the batch says about the twin, and waits for the answers.
  ///
  /// - Returns: Which samples made an update that will never be taken. Those of other tags, and those that newer ones made
  ///   needless, count as delivered.
  @discardableResult
  public func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    learnNames()
    var report = DeliveryReport()
    var refusals: [RefusalSearch.Refusal] = []
    for part in TwinUpdate(batch, attributes: attributes, places: places).parts {
      if let refusal = try await refusal(of: part) {
        report.rejections += part.indices.map { .init(index: $0, reason: refusal.reason) }
        refusals.append(refusal)
      } else {
        hasTaken = true
      }
    }
    try doubt(refusals)
    return report
  }

  /// Looks into whether it is the updates that are refused, and not the request.
  ///
  /// - Throws: Where a web server has never taken anything, and refuses several twins in the same words. The batch then goes again.
  private func doubt(_ refusals: [RefusalSearch.Refusal]) throws(SinkError) {
    guard !hasTaken, refusals.count > 1, case .http(let server, _) = options.transport,
      let words = refusals.first?.reason,
      refusals.allSatisfy({ !$0.isAboutContent && $0.reason == words })
    else { return }
    throw RefusalSearch.doubt(
      of: server.url, words,
      advice: "check the address (http or https) and the path; nothing is lost meanwhile")
  }

  /// Ends the session at a broker.
  public func close() async { await client?.close() }

  /// Sends one update; gives the refusal when it will never be taken.
  private func refusal(
    of part: TwinUpdate.Part
  ) async throws(SinkError) -> RefusalSearch.Refusal? {
    switch options.transport {
    case .mqtt(let broker, _):
      do {
        try await client?.publish([
          MQTTMessage(topic: part.place, payload: part.body, qos: .atLeastOnce)
        ])
        return nil
      } catch let failure as MQTTError {
        let error = SinkError(failure, broker: broker)
        guard error.code == .invalid else { throw error }
        return .init(reason: error.message, isAboutContent: true)
      } catch {
        throw SinkError(
          code: .failed, destination: broker.address.description,
          message: "the delivery was interrupted", advice: "it is tried again")
      }
    case .http(let server, _):
      guard let connection else { return nil }
      let reply = try connection.post(
        part.place, [("Content-Type", "application/json")], body: part.body)
      return try reply.refusal(from: server.url)
    }
  }

  private func learnNames() {
    for name in tags.names[attributes.count...] {
      attributes.append(options.attributes[name])
      let template: TopicTemplate? =
        switch options.transport {
        case .mqtt(_, let topic): topic
        case .http(_, let path): path
        }
      places.append(template?.topic(gateway: gateway, tag: name) ?? "")
    }
  }
}
