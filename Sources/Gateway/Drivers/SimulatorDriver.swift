internal import IndustrialModel

/// Makes up values, or plays recorded ones.
struct SimulatorDriver: Driver {
  private struct SimulatedTags: Sendable {
    var every: Duration
    /// Of the tags.
    var names: [String]
    var waves: [Waveform]
  }

  private let bus: String
  private let decoder: ValueDecoder
  private var waves: [SimulatedTags] = []
  private var players: [RecordingPlayer] = []

  init(
    bus: String, devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) throws(RecordingReader.Failure) {
    self.bus = bus
    var numbers: [String: TagID] = [:]
    for device in devices {
      if let recording = device.recording {
        let columns = try RecordingReader.columns(of: recording.path)
        if let column = RecordingReader.doubled(in: columns) {
          throw RecordingReader.Failure(
            message: "two columns of \(recording.path) are called '\(column)'")
        }
        let names = columns.map { "\(device.name)/\($0)" }
        for name in names { numbers[name] = tags.intern(name) }
        players.append(
          RecordingPlayer(
            recording: recording, bus: bus, names: names,
            source: "bus \(bus), device \(device.name)"))
        continue
      }
      let numbered = device.simulated.enumerated().map { (number: $0, tag: $1) }
      for (every, members) in device.byPeriod(numbered, every: \.tag.every) {
        let names = members.map { "\(device.name)/\($0.tag.name)" }
        for name in names { numbers[name] = tags.intern(name) }
        waves.append(
          SimulatedTags(
            every: every, names: names,
            waves: members.map { Waveform($0.tag, seed: UInt64($0.number)) }))
      }
    }
    decoder = ValueDecoder(numbers)
  }

  func run(_ context: DriverContext) async {
    await withTaskGroup { group in
      for tags in waves { group.addTask { await run(tags, context) } }
      for player in players { group.addTask { await player.run(context, decoder) } }
    }
  }

  private func run(_ tags: SimulatedTags, _ context: DriverContext) async {
    var (waves, decoder) = (tags.waves, decoder)
    var rounds = Rounds(every: tags.every)
    while await rounds.next() {
      let time = WireTime.now()
      let entries = waves.indices.map { index in
        NamedValues.Entry(name: index, value: .double(waves[index].value(at: rounds.elapsed)))
      }
      await context.put(
        .values(NamedValues(names: tags.names, entries: entries)), of: bus, at: time,
        through: &decoder)
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
