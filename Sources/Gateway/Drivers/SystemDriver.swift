internal import IndustrialModel

/// Reads what the machine says about itself.
struct SystemDriver: Driver {
  private let disk: String
  private let devices: [(every: Duration, tags: [TagID])]

  init(disk: String, devices: [GatewayConfiguration.Device], tags: TagRegistry) {
    self.disk = disk
    self.devices = devices.map { device in
      (device.every, SystemMetrics.names.map { tags.intern("\(device.name)/\($0)") })
    }
  }

  func run(_ context: DriverContext) async {
    await withTaskGroup { group in
      for (every, tags) in devices { group.addTask { await run(every, tags, context) } }
    }
  }

  private func run(_ every: Duration, _ tags: [TagID], _ context: DriverContext) async {
    var metrics = SystemMetrics(disk: disk)
    var rounds = Rounds(every: every)
    while await rounds.next() {
      let now = Timestamp.now()
      let monotonic = MonotonicClock.now()
      var samples = SampleBatch()
      for (tag, value) in zip(tags, metrics.read()) {
        samples.append(
          Sample(
            tag: tag, value: value.map { .double($0) } ?? .none,
            quality: value == nil ? .badNotSupported : .good, gatewayTime: now,
            monotonicTime: monotonic))
      }
      await context.intake.put(Moments(samples: samples, grouping: .whole))
    }
  }
}
