internal import IndustrialModel

/// Makes up values.
struct SimulatorDriver: Driver {
  private struct SimulatedDevice {
    var every: Duration
    var waves: [(tag: TagID, wave: Waveform)]
  }

  private let devices: [GatewayConfiguration.Device]
  private let tags: [[TagID]]

  init(devices: [GatewayConfiguration.Device], tags: TagRegistry) {
    self.devices = devices
    self.tags = devices.map { device in
      device.simulated.map { tags.intern("\(device.name)/\($0.name)") }
    }
  }

  func run(_ context: DriverContext) async {
    await withTaskGroup { group in
      for (device, tags) in zip(devices, tags) {
        group.addTask { await run(device, tags, context) }
      }
    }
  }

  private func run(
    _ device: GatewayConfiguration.Device, _ tags: [TagID], _ context: DriverContext
  ) async {
    var waves = device.simulated.enumerated().map { number, tag in
      Waveform(tag, seed: UInt64(number))
    }
    var rounds = Rounds(every: device.every)
    while await rounds.next() {
      let now = Timestamp.now()
      let monotonic = MonotonicClock.now()
      var samples = SampleBatch()
      for index in waves.indices {
        let value = waves[index].value(at: rounds.elapsed)
        samples.append(
          Sample(
            tag: tags[index], value: .double(value), gatewayTime: now, monotonicTime: monotonic))
      }
      await context.intake.put(Moments(samples: samples, grouping: .whole))
    }
  }
}
