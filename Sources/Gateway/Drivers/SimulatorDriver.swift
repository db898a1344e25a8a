internal import IndustrialModel

/// Makes up values, or plays recorded ones.
struct SimulatorDriver: Driver {
  private struct SimulatedTags: Sendable {
    var every: Duration
    var waves: [(tag: TagID, wave: Waveform)]
  }

  private var waves: [SimulatedTags] = []
  private var players: [RecordingPlayer] = []

  init(
    bus: String, devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) throws(RecordingReader.Failure) {
    for device in devices {
      if let recording = device.recording {
        let columns = try RecordingReader.columns(of: recording.path)
        players.append(
          RecordingPlayer(
            recording: recording, tags: columns.map { tags.intern("\(device.name)/\($0)") },
            source: "bus \(bus), device \(device.name)"))
        continue
      }
      let numbered = device.simulated.enumerated().map { (number: $0, tag: $1) }
      for (every, members) in device.byPeriod(numbered, every: \.tag.every) {
        waves.append(
          SimulatedTags(
            every: every,
            waves: members.map { number, tag in
              (tags.intern("\(device.name)/\(tag.name)"), Waveform(tag, seed: UInt64(number)))
            }))
      }
    }
  }

  func run(_ context: DriverContext) async {
    await withTaskGroup { group in
      for tags in waves { group.addTask { await Self.run(tags, context) } }
      for player in players { group.addTask { await player.run(context) } }
    }
  }

  private static func run(_ tags: SimulatedTags, _ context: DriverContext) async {
    var waves = tags.waves
    var rounds = Rounds(every: tags.every)
    while await rounds.next() {
      let now = Timestamp.now()
      let monotonic = MonotonicClock.now()
      var samples = SampleBatch()
      for index in waves.indices {
        let value = waves[index].wave.value(at: rounds.elapsed)
        samples.append(
          Sample(
            tag: waves[index].tag, value: .double(value), gatewayTime: now,
            monotonicTime: monotonic))
      }
      await context.intake.put(Moments(samples: samples, grouping: .whole))
    }
  }
}

extension GatewayConfiguration.Device {
  /// The tags in groups of the same period, the device's where they have none of their own.
  func byPeriod<Tag>(
    _ tags: [Tag], every: (Tag) -> Duration?
  ) -> [(every: Duration, tags: [Tag])] {
    var groups: [(every: Duration, tags: [Tag])] = []
    for tag in tags {
      let period = every(tag) ?? self.every
      if let place = groups.firstIndex(where: { $0.every == period }) {
        groups[place].tags.append(tag)
      } else {
        groups.append((period, [tag]))
      }
    }
    return groups
  }
}
