internal import IndustrialModel
internal import MQTT
internal import Sinks

/// Takes values out of the messages of a broker, which keeps each message until its values are in the store.
struct MQTTDriver: Driver {
  private let bus: String
  private let broker: MQTTEndpoint
  private let filter: String
  private let client: MQTTClient
  private let sampler: MQTTSampler

  /// - Parameter reserved: Tags that no topic may make, because they come from elsewhere.
  init(
    bus: String, broker: MQTTEndpoint, filter: String, gateway: String,
    devices: [GatewayConfiguration.Device], reserved: Set<String>, tags: TagRegistry
  ) throws(MQTTError) {
    self.bus = bus
    self.broker = broker
    self.filter = try MQTTTopicTemplate(filter).filter.text
    var sampler = MQTTSampler(tags: tags)
    for device in devices { try device.addMessages(to: &sampler) }
    sampler.reserve(reserved)
    self.sampler = sampler
    let identifier = broker.clientIdentifier ?? gateway
    client = try MQTTClient(
      broker.fullAddress,
      options: broker.options(session: .persistent(clientIdentifier: identifier)))
  }

  func run(_ context: DriverContext) async {
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var sampler = sampler
    var refusals = Milestones()
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let subscription = try await client.durableSubscription(
          filter, options: MQTTDurableOptions(name: bus))
        condition.recovered()
        pause = Pause()
        for try await batch in subscription {
          var samples = SampleBatch()
          sampler.append(batch.messages, to: &samples)
          if let count = refusals.reached(sampler.refused) {
            context.report(
              GatewayEvent(
                .warning, source: "bus \(bus)",
                "messages that make no tag: \(count) so far. Last: \(sampler.lastRefusal ?? "")"))
          }
          await context.intake.putDurably(Moments(samples: samples, grouping: .byTime))
          batch.acknowledge()
        }
        await subscription.close()
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)")
        await context.intake.put(silence(of: sampler.sampledTags))
      }
      await pause.wait()
    }
    await client.close()
  }

  /// One sample of bad quality for each tag: nobody may take its last value for a living one.
  private func silence(of tags: [TagID]) -> Moments {
    Moments(
      samples: SampleBatch(
        tags.map { Sample(tag: $0, value: .none, quality: .badNoCommunication) }),
      grouping: .whole)
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
