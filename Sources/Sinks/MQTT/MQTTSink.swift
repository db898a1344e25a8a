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
  /// The pieces are calls of the client.
  private var progress = BatchProgress<[Group]>()
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
  ///   - name: The sink's name; without a configured client identifier it is `GATEWAY:sink:NAME`.
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
    if settings.clientIdentifier == nil {
      settings.clientIdentifier = MQTTEndpoint.clientIdentifier(ofSink: name, gateway: gateway)
    }
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

  /// Publishes the batch and waits for the broker's acknowledgements. One that failed goes on with what the broker has not
  /// acknowledged of it, and with the later messages of the same topics.
  ///
  /// - Returns: Which samples the broker will never take: their messages are too large, or it does not accept their topics.
  @discardableResult
  public func deliver(_ batch: SampleBatch) async throws(SinkError) -> DeliveryReport {
    try await announce()
    var delivery = progress
    progress = BatchProgress()
    _ = delivery.begin(batch)
    do throws(SinkError) {
      while let groups = next(of: batch, &delivery) {
        let refusals = try await publish(groups.map { message($0, of: batch) }).get()
        try settle(groups, refusals, &delivery)
      }
    } catch {
      progress = delivery
      throw error
    }
    return delivery.report
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
    let refusals = try await publish([MQTTMessage(topic: topic, text: "online", retain: true)])
      .get()
    if let refusal = refusals.first { throw SinkError(refusal.error, broker: options.broker) }
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
  private struct Group: Sendable {
    var topic: String
    var indices: ArraySlice<Int>
  }

  /// The messages of the next call, if there is one.
  private func next(of batch: SampleBatch, _ delivery: inout BatchProgress<[Group]>) -> [Group]? {
    if delivery.pieces.isEmpty, delivery.next < batch.count {
      let end = min(delivery.next + Self.samplesPerCall, batch.count)
      delivery.pieces = [groups(of: batch, delivery.next..<end)]
      delivery.next = end
    }
    return delivery.pieces.last
  }

  private func message(_ group: Group, of batch: SampleBatch) -> MQTTMessage {
    MQTTMessage(
      topic: group.topic, payload: payloads.payload(of: batch, group.indices),
      qos: max(options.qos, .atLeastOnce), retain: options.retain)
  }

  /// Sees to what the broker did not take of a call. A message that it will never take is cut in half until the culprits stand alone.
  ///
  /// Behind a message that is still to go, the later ones of its topic go again: the newest value is the last one that the broker
  /// gets, and the one that it keeps. All the rest it has.
  ///
  /// - Throws: When it may take a message later.
  private func settle(
    _ groups: [Group], _ refusals: [MQTTRefusal], _ delivery: inout BatchProgress<[Group]>
  ) throws(SinkError) {
    delivery.pieces.removeLast()
    var refused: [Int: SinkError] = [:]
    for refusal in refusals {
      refused[refusal.index] = SinkError(refusal.error, broker: options.broker)
    }
    var again: [Group] = []
    var topicsAgain: Set<String> = []
    var failure: SinkError?
    for (index, group) in groups.enumerated() where !refused.isEmpty {
      guard let error = refused[index] else {
        if topicsAgain.contains(group.topic) { again.append(group) }
        continue
      }
      if error.code == .invalid, group.indices.count == 1 {
        delivery.report.rejections += group.indices.map {
          .init(index: $0, reason: error.message)
        }
        continue
      }
      topicsAgain.insert(group.topic)
      if error.code == .invalid {
        let middle = group.indices.startIndex + group.indices.count / 2
        for part in [group.indices[..<middle], group.indices[middle...]] {
          again.append(Group(topic: group.topic, indices: part))
        }
      } else {
        again.append(group)
        if failure == nil { failure = error }
      }
    }
    if !again.isEmpty { delivery.pieces.append(again) }
    if let failure { throw failure }
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

  /// Publishes messages; gives those that were not taken while others were.
  private func publish(_ messages: [MQTTMessage]) async -> Result<[MQTTRefusal], SinkError> {
    do {
      return .success(try await client.publishEach(messages))
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
