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
    let values = LastValues()
    var pause = Pause()
    while !Task.isCancelled {
      do {
        let subscription = try await client.durableSubscription(
          filter, options: MQTTDurableOptions(name: bus))
        condition.recovered()
        pause = Pause()
        values.expect(sampler.sampledTags)
        let watching = Task { await watch(values, context) }
        defer { watching.cancel() }
        for try await batch in subscription {
          var samples = SampleBatch()
          sampler.append(batch.messages, to: &samples)
          values.keep(samples)
          if let count = refusals.reached(sampler.refused) {
            context.report(
              GatewayEvent(
                .warning, source: "bus \(bus)",
                "messages that make no tag: \(count) so far. Last: \(sampler.lastRefusal ?? "")"))
          }
          // What is not stored comes again with the next session.
          guard await context.intake.putDurably(Moments(samples: samples, grouping: .byTime))
          else { throw CancellationError() }
          batch.acknowledge()
        }
        await subscription.close()
      } catch is CancellationError {
        break
      } catch {
        condition.failed("\(error)")
        values.expect(sampler.sampledTags)
        await context.intake.put(values.silence())
      }
      await pause.wait()
    }
    await client.close()
  }

  /// Sees that nobody takes the last values for living ones while the broker is away. When it is back they are the latest that there
  /// are, since it has kept what came meanwhile, and count as old until a message comes.
  private func watch(_ values: LastValues, _ context: DriverContext) async {
    var condition = ConditionReporter(source: "bus \(bus)", report: context.report)
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      do {
        // At once while there is a connection; else it ends with the next try to make one.
        try await client.connect()
        condition.recovered()
        await context.intake.put(values.lastUsable())
      } catch is CancellationError {
        return
      } catch {
        condition.failed("\(error)")
        await context.intake.put(values.silence())
      }
    }
  }
}

/// What the tags of a broker had last.
private final class LastValues: Sendable {
  private struct Entry {
    var sample: Sample
    /// Whether the tag was told to be bad since.
    var isSilent = false
  }

  /// By tag number; nil for tags of others.
  private let entries = Mutex<[Entry?]>([])

  /// There are these tags, with or without a value.
  func expect(_ tags: [TagID]) {
    entries.withLock { entries in
      for tag in tags {
        Self.makeRoom(for: tag, in: &entries)
        let number = Int(tag.rawValue)
        guard entries[number] == nil else { continue }
        entries[number] = Entry(
          sample: Sample(tag: tag, value: .none, quality: .badWaitingForInitialData))
      }
    }
  }

  func keep(_ batch: SampleBatch) {
    entries.withLock { entries in
      for sample in batch {
        Self.makeRoom(for: sample.tag, in: &entries)
        entries[Int(sample.tag.rawValue)] = Entry(sample: sample)
      }
    }
  }

  private static func makeRoom(for tag: TagID, in entries: inout [Entry?]) {
    let missing = Int(tag.rawValue) - entries.count + 1
    if missing > 0 { entries += [Entry?](repeating: nil, count: missing) }
  }

  /// A sample of bad quality for each tag that has not had one.
  func silence() -> Moments {
    change(where: { !$0.isSilent }) { entry in
      entry.isSilent = true
      return Sample(tag: entry.sample.tag, value: .none, quality: .badNoCommunication)
    }
  }

  /// The last values of the tags that are told to be bad, as old ones.
  func lastUsable() -> Moments {
    change(where: \.isSilent) { entry in
      entry.isSilent = false
      let last = entry.sample
      return Sample(
        tag: last.tag, value: last.value,
        quality: last.quality.isGood ? .uncertainLastUsableValue : last.quality)
    }
  }

  private func change(
    where isMeant: (Entry) -> Bool, _ change: (inout Entry) -> Sample
  ) -> Moments {
    var samples = SampleBatch()
    entries.withLock { entries in
      for number in entries.indices {
        guard var entry = entries[number], isMeant(entry) else { continue }
        samples.append(change(&entry))
        entries[number] = entry
      }
    }
    return Moments(samples: samples, grouping: .whole)
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
