internal import IndustrialModel
internal import MQTT
internal import Sinks

/// Takes values out of the messages of a broker, which keeps each message until its values are in the store.
struct MQTTDriver: Driver {
  private let bus: String
  private let broker: MQTTEndpoint
  private let filter: String
  private let client: MQTTClient
  /// Who wants a topic's messages.
  private let readers: [String: [MessageReader]]
  private let tags: [TagID]

  init(
    bus: String, broker: MQTTEndpoint, filter: String, gateway: String,
    devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) throws(MQTTError) {
    self.bus = bus
    self.broker = broker
    self.filter = filter
    var readers: [String: [MessageReader]] = [:]
    var all: [TagID] = []
    for device in devices {
      for tag in device.messages {
        let reader = MessageReader(tag, device: device.name, tags: tags)
        readers[tag.topic, default: []].append(reader)
        all.append(reader.tag)
      }
    }
    self.readers = readers
    self.tags = all
    let identifier = broker.clientIdentifier ?? gateway
    client = try MQTTClient(
      broker.fullAddress,
      options: broker.options(session: .persistent(clientIdentifier: identifier)))
  }

  func run(_ context: DriverContext) async {
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let subscription = try await client.durableSubscription(
          filter, options: MQTTDurableOptions(name: bus))
        condition.recovered()
        pause = Pause()
        for try await batch in subscription {
          await context.intake.putDurably(
            Moments(samples: samples(of: batch.messages), grouping: .byTime))
          batch.acknowledge()
        }
        await subscription.close()
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)")
        await context.intake.put(silence())
      }
      await pause.wait()
    }
    await client.close()
  }

  private func samples(of messages: [MQTTMessage]) -> SampleBatch {
    var samples = SampleBatch()
    var now = Timestamp.now()
    let monotonic = MonotonicClock.now()
    for message in messages {
      guard let readers = readers[message.topic] else { continue }
      for reader in readers {
        var (value, quality) = reader.read(message.payload)
        // What the broker had kept may be of any age.
        if message.retain, quality.isGood { quality = .uncertainLastUsableValue }
        samples.append(
          Sample(
            tag: reader.tag, value: value, quality: quality, gatewayTime: now,
            monotonicTime: monotonic))
      }
      // A message is a moment of its own, also for a database that knows points by their times.
      now.nanoseconds += 1
    }
    return samples
  }

  /// One sample of bad quality for each tag: nobody may take its last value for a living one.
  private func silence() -> Moments {
    Moments(
      samples: SampleBatch(
        tags.map { Sample(tag: $0, value: .none, quality: .badNoCommunication) }),
      grouping: .whole)
  }
}
