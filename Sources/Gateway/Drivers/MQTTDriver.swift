internal import IndustrialModel
internal import MQTT
internal import Sinks
internal import Synchronization

/// Takes values out of the messages of a broker, which keeps each message until its values are in the store.
struct MQTTDriver: Driver {
  private let bus: String
  private let broker: MQTTEndpoint
  private let filter: String
  private let client: MQTTClient
  /// Looks whether the broker is there, with a connection that no other bus takes over.
  private let watcher: MQTTClient
  private let sampler: MQTTSampler

  /// - Parameter reserved: Tags that no topic may make, because they come from elsewhere.
  init(
    bus: String, broker: MQTTEndpoint, filter: String, gateway: String,
    devices: [GatewayConfiguration.Device], reserved: Set<String>, tags: TagRegistry
  ) throws(MQTTError) {
    self.bus = bus
    self.broker = broker
    self.filter = try MQTTTopicTemplate(filter).filter.text
    sampler = try Self.makeSampler(devices, reserved: reserved, tags: tags)
    let identifier = broker.clientIdentifier ?? gateway
    client = try MQTTClient(
      broker.fullAddress,
      options: broker.options(session: .persistent(clientIdentifier: identifier)))
    let watching = MQTTEndpoint.clientIdentifier(ofWatcherOf: bus, client: identifier)
    watcher = try MQTTClient(
      broker.fullAddress, options: Self.watcherOptions(broker, clientIdentifier: watching))
  }

  static func watcherOptions(_ broker: MQTTEndpoint, clientIdentifier: String) -> MQTTOptions {
    var options = broker.options(session: .clean)
    options.clientIdentifier = clientIdentifier
    // The messages come on another connection: this one has to find the broker again at about the same time.
    options.backoff.maximum = .seconds(5)
    // Each try ends by itself and says how it went. A call that ended before would tell of the try before, when the broker may be back.
    options.timeout = .seconds(3600)
    return options
  }

  static func makeSampler(
    _ devices: [GatewayConfiguration.Device], reserved: Set<String>, tags: TagRegistry
  ) throws(MQTTError) -> MQTTSampler {
    var sampler = MQTTSampler(tags: tags)
    for device in devices { try device.addMessages(to: &sampler) }
    sampler.reserve(reserved)
    return sampler
  }

  func run(_ context: DriverContext) async {
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    let values = SharedMessageDecoder(MessageDecoder(sampler), bus: bus, context)
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let subscription = try await client.durableSubscription(
          filter, options: MQTTDurableOptions(name: bus))
        condition.recovered()
        pause = Pause()
        let watching = Task { await watch(values, context) }
        defer { watching.cancel() }
        for try await batch in subscription {
          let isStored = await values.put(batch.messages)
          if let (count, last) = values.refusals() {
            context.report(
              GatewayEvent(
                .warning, source: "bus \(bus)",
                "messages that make no tag: \(count) so far. Last: \(last)"))
          }
          // What is not stored comes again with the next session.
          guard isStored else { throw CancellationError() }
          batch.acknowledge()
        }
        await subscription.close()
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)")
        await values.lost()
      }
      await pause.wait()
    }
    await watcher.close()
    await client.close()
  }

  /// Sees that nobody takes the last values for living ones while the broker is away. When it is back they are the latest that there
  /// are, since it has kept what came meanwhile, and count as old until a message comes.
  private func watch(_ values: SharedMessageDecoder, _ context: DriverContext) async {
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      do {
        // At once while there is a connection; else it ends with the next try to make one, however long the wait for that
        // (`watcherOptions`): what fails here has failed now.
        try await watcher.connect()
        condition.recovered()
        await values.back()
      } catch is CancellationError {
        return
      } catch {
        // The driver closes the client when it ends, and that says nothing of the broker.
        guard !Task.isCancelled else { return }
        condition.failed("\(error)")
        await values.lost()
      }
    }
  }
}

/// The decoder of the messages of a broker, for the two who give it something to decode: what it makes goes to the intake in the
/// order in which it was made.
private final class SharedMessageDecoder: Sendable {
  private struct State {
    var decoder: MessageDecoder
    var isAway = false
    /// Whether messages came since the bus was told to be away.
    var hasNews = false
    var refusals = Milestones()
  }

  private let bus: String
  private let context: DriverContext
  private let state: Mutex<State>

  init(_ decoder: MessageDecoder, bus: String, _ context: DriverContext) {
    (self.bus, self.context) = (bus, context)
    state = Mutex(State(decoder: decoder))
  }

  /// Hands over the values of messages, and waits until they are durable.
  func put(_ messages: [MQTTMessage]) async -> Bool {
    let outcome = state.withLock { state in
      state.hasNews = true
      let moments = context.moments(
        of: .messages(messages), bus, at: .now(), &state.decoder)
      return context.intake.addDurably(moments)
    }
    return await context.intake.wait(for: outcome)
  }

  /// How many messages made no tag so far, and why the last one did not, if it is time to tell it.
  func refusals() -> (count: UInt64, last: String)? {
    state.withLock { state in
      state.refusals.reached(state.decoder.refused).map {
        ($0, state.decoder.lastRefusal ?? "")
      }
    }
  }

  /// The broker is away: tags that have not been told to be bad are.
  func lost() async {
    state.withLock { state in
      guard !state.isAway || state.hasNews else { return }
      (state.isAway, state.hasNews) = (true, false)
      add(context.moments(of: .lost, bus, at: .now(), &state.decoder))
    }
    await context.intake.waitForRoom()
  }

  private func add(_ moments: Moments) {
    if !moments.isEmpty { context.intake.add(moments) }
  }

  /// The broker is there again: what tags had last counts as old.
  func back() async {
    state.withLock { state in
      guard state.isAway else { return }
      state.isAway = false
      add(context.moments(of: .back, bus, at: .now(), &state.decoder))
    }
    await context.intake.waitForRoom()
  }
}

/// Lets a count be told when it reaches 1, 10, 100 and so on, so that telling does not grow with it.
private struct Milestones {
  private var next: UInt64 = 1

  /// The count, if it has to be told now.
  mutating func reached(_ count: UInt64) -> UInt64? {
    guard count >= next else { return nil }
    while next <= count { next = next > .max / 10 ? .max : next * 10 }
    return count
  }
}
