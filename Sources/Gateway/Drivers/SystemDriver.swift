internal import IndustrialModel

/// Reads what the machine says about itself.
struct SystemDriver: Driver {
  private let bus: String
  private let disk: String
  private let devices: [(every: Duration, names: [String])]
  private let decoder: ValueDecoder

  init(
    bus: String, disk: String, devices: [GatewayConfiguration.Device], tags: TagRegistry
  ) {
    (self.bus, self.disk) = (bus, disk)
    var numbers: [String: TagID] = [:]
    self.devices = devices.map { device in
      let names = SystemMetrics.names.map { "\(device.name)/\($0)" }
      for name in names { numbers[name] = tags.intern(name) }
      return (device.every, names)
    }
    decoder = ValueDecoder(numbers)
  }

  func run(_ context: DriverContext) async {
    await withTaskGroup { group in
      for (every, names) in devices { group.addTask { await run(every, names, context) } }
    }
  }

  private func run(_ every: Duration, _ names: [String], _ context: DriverContext) async {
    var decoder = decoder
    var metrics = SystemMetrics(disk: disk)
    var rounds = Rounds(every: every)
    while await rounds.next() {
      let time = WireTime.now()
      let entries = metrics.read().enumerated().map { index, value in
        NamedValues.Entry(
          name: index, value: value.map { .double($0) } ?? .none,
          quality: value == nil ? .badNotSupported : .good)
      }
      await context.put(
        .values(NamedValues(names: names, entries: entries)), of: bus, at: time,
        through: &decoder)
    }
  }
}
