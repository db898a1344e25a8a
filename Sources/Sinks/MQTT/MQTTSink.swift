public import IndustrialModel
internal import MQTT

/// Publishes samples to an MQTT broker.
///
/// A batch is delivered when the broker has acknowledged each of its messages (QoS 1 or 2). While the broker is away
/// nothing piles up here: the batch waits in the caller's store. Messages that were under way when the
/// connection broke may come twice.
public actor MQTTSink: Sink {
  private let options: MQTTSinkOptions
  private let gateway: String
  private let tags: TagRegistry
  private let client: MQTTClient
  private var payloads: MQTTPayloads
  /// The topics of the tags, by number.
  private var topics: [String] = []
  /// Which connection has been told that we are online; 0 for none.
  private var announced = 0
  private var watch: Task<Void, Never>?

  /// So many samples go into one call of the client, whose time limit holds for all of it.
  private static let samplesPerCall = 500

  /// A sink for a broker; the connection is made with the first batch.
  ///
  /// - Parameters:
  ///   - options: What is published where.
  ///   - gateway: What `{gateway}` stands for.
  ///   - name: The sink's name; without a configured client identifier it is `GATEWAY-NAME`.
  ///   - tags: The names of the samples' tags.
  /// - Throws: `SinkError` for settings that can't work.
  public init(
    _ options: MQTTSinkOptions, gateway: String, name: String, tags: TagRegistry
  ) throws(SinkError) {
    self.options = options
    self.gateway = gateway
    self.tags = tags
    payloads = MQTTPayloads(options.payload, tags: tags)
    var settings = options.broker.options(session: .clean)
    if settings.clientIdentifier == nil { settings.clientIdentifier = "\(gateway)-\(name)" }
    if let state = options.state {
      settings.will = MQTTMessage(
        topic: state.topic(gateway: gateway, tag: ""), text: "offline", retain: true)
    }
    do throws(MQTTError) {
      client = try MQTTClient(options.broker.fullAddress, options: settings)
    } catch {
      throw SinkError(error, broker: options.broker)
    }
  }

  deinit { watch?.cancel() }

  /// Publishes the batch and waits for the broker's acknowledgements.
  ///
  /// - Returns: Which samples the broker will never take: their messages are too large, or it does not accept their topics.
  @discardableResult
  public func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    try await announce()
    var report = DeliveryReport()
    for start in stride(from: 0, to: batch.count, by: Self.samplesPerCall) {
      let range = start..<min(start + Self.samplesPerCall, batch.count)
      try await send(groups(of: batch, range)[...], of: batch, into: &report)
    }
    return report
  }

  /// Says `offline` if there is a topic for it, and ends the session. A broker that does not
  /// answer is waited for no longer than two seconds.
  public func close() async {
    watch?.cancel()
    watch = nil
    if let state = options.state, announced > 0 {
      let topic = state.topic(gateway: gateway, tag: "")
      await withTaskGroup { group in
        group.addTask { [client] in
          try? await client.publish("offline", to: topic, retain: true)
        }
        group.addTask { try? await Task.sleep(for: .seconds(2)) }
        await group.next()
        group.cancelAll()
      }
    }
    await client.close()
  }

  // MARK: State

  /// Says `online`, once a connection: when one broke, the broker has said `offline` for us.
  private func announce() async throws(SinkError) {
    guard let state = options.state else { return }
    let connection = client.statistics.connections
    guard connection == 0 || connection != announced else { return }
    let topic = state.topic(gateway: gateway, tag: "")
    try await publish([MQTTMessage(topic: topic, text: "online", retain: true)]).get()
    announced = max(1, connection == 0 ? client.statistics.connections : connection)
    // A connection that breaks and comes back between two batches is noticed here.
    if watch == nil {
      watch = Task { [weak self] in
        while (try? await Task.sleep(for: .seconds(1))) != nil {
          guard let self else { return }
          try? await self.announce()
        }
      }
    }
  }

  // MARK: Messages

  /// Samples that share a message.
  private struct Group {
    var topic: String
    var indices: ArraySlice<Int>
  }

  private func groups(of batch: SampleBatch, _ range: Range<Int>) -> [Group] {
    let limit = options.payload == .value ? 1 : max(1, options.samplesPerMessage)
    var groups: [Group] = []
    var open: [String: Int] = [:]
    for index in range {
      let topic = topic(of: batch.records[index].tag)
      if limit > 1, let group = open[topic], groups[group].indices.count < limit {
        groups[group].indices.append(index)
      } else {
        open[topic] = groups.count
        groups.append(Group(topic: topic, indices: [index]))
      }
    }
    return groups
  }

  private func topic(of tag: TagID) -> String {
    let number = Int(tag.rawValue)
    if number >= topics.count {
      topics += tags.names[topics.count...].map { options.topic.topic(gateway: gateway, tag: $0) }
    }
    // A number without a name can only come from a mix-up of registries.
    return number < topics.count
      ? topics[number] : options.topic.topic(gateway: gateway, tag: "?/\(number)")
  }

  /// Publishes; what is refused for good is cut in half until the culprits stand alone.
  private func send(
    _ groups: ArraySlice<Group>, of batch: SampleBatch, into report: inout DeliveryReport
  ) async throws(SinkError) {
    guard let first = groups.first else { return }
    let messages = groups.map { group in
      MQTTMessage(
        topic: group.topic, payload: payloads.payload(of: batch, group.indices),
        qos: max(options.qos, .atLeastOnce), retain: options.retain)
    }
    switch await publish(messages) {
    case .success: return
    case .failure(let error) where error.code != .invalid: throw error
    case .failure(let error):
      if groups.count > 1 {
        let middle = groups.startIndex + groups.count / 2
        try await send(groups[..<middle], of: batch, into: &report)
        return try await send(groups[middle...], of: batch, into: &report)
      }
      if first.indices.count > 1 {
        let middle = first.indices.startIndex + first.indices.count / 2
        let halves = [first.indices[..<middle], first.indices[middle...]]
        let parts = halves.map { Group(topic: first.topic, indices: $0) }
        return try await send(parts[...], of: batch, into: &report)
      }
      for index in first.indices {
        report.rejections.append(.init(index: index, reason: error.message))
      }
    }
  }

  /// Publishes messages; a failure of code `invalid` is about their content.
  private func publish(_ messages: [MQTTMessage]) async -> Result<Void, SinkError> {
    do {
      return .success(try await client.publish(messages))
    } catch let error as MQTTError {
      return .failure(SinkError(error, broker: options.broker))
    } catch {
      return .failure(
        SinkError(
          code: .failed, destination: options.broker.address.description,
          message: "the delivery was interrupted", advice: "it is tried again"))
    }
  }
}
