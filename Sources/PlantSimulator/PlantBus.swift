public import CANCore
public import DBC

/// The plant's CAN bus: what its drives, level meters and breakers say in CAN frames.
///
/// Same plant, same frames, to the last bit. ``databaseText`` describes them as a DBC file; between them they have both byte
/// orders, signed and IEEE float signals, standard and extended identifiers, multiplexing, value tables and cycle times.
public struct PlantBus: Sendable {
  private let encoder: FrameEncoder
  private var alive: UInt8 = 0
  private var page = 0

  /// A bus. Throws only if the database's own text were wrong.
  public init() throws(DBCError) {
    encoder = try Database(parsing: Self.databaseText).encoder()
  }

  /// Appends the frames that are due at the plant's present tick. Call it once after each tick.
  ///
  /// `start` is when the plant's time began, in nanoseconds since 1970; frames of one tick stand 150 µs apart,
  /// as they would on a bus of 1 Mbit/s with other traffic.
  public mutating func append(
    _ plant: Plant, start: Int64, to batch: inout CANFrameBatch
  ) throws(DBCError) {
    let milliseconds = plant.milliseconds
    var time = start &+ milliseconds &* 1_000_000
    func send(_ name: String, _ values: [String: SignalInput]) throws(DBCError) {
      var frame = try encoder.encode(name, values)
      frame.time = time
      batch.append(frame)
      time &+= 150_000
    }
    if milliseconds % 20 == 0 {
      alive = (alive + 1) & 15
      for index in plant.pumps.indices {
        try send("PumpDrive\(index + 1)_Status", Self.status(plant, index, alive))
      }
    }
    if milliseconds % 100 == 0 {
      try send("Tanks", Self.tanks(plant))
      try send("Breakers", Self.breakers(plant))
    }
    if milliseconds % 250 == 0 {
      page = 1 - page
      for index in plant.pumps.indices {
        try send("PumpDrive\(index + 1)_Diagnostics", Self.diagnostics(plant.pumps[index], page))
      }
    }
    if milliseconds % 500 == 0 {
      try send(
        "Power",
        [
          "ActivePower": .value(plant.breakers[0].power),
          "Energy": .value(plant.breakers[0].energy),
        ])
    }
  }

  private static func status(
    _ plant: Plant, _ index: Int, _ alive: UInt8
  ) -> [String: SignalInput] {
    let pump = plant.pumps[index]
    let radians = pump.speed * 2 * 3.141592653589793 / 60
    let torque = radians > 1 ? min(1000, pump.power * 1000 / radians) : 0
    let state =
      if plant.breakers[index + 1].isTripped {
        "Tripped"
      } else if pump.isJammed {
        "Jammed"
      } else if pump.isOn {
        pump.speed + 5 < pump.speedSetpoint / 100 * Pump.nominalSpeed ? "Starting" : "Running"
      } else {
        pump.isRunning ? "Stopping" : "Stopped"
      }
    return [
      "Speed": .value(pump.speed), "Torque": .value(torque),
      "Current": .value(min(409.5, plant.breakers[index + 1].current)), "State": .choice(state),
      "SpeedSetpoint": .value(pump.speedSetpoint), "AliveCounter": .value(Double(alive)),
    ]
  }

  private static func diagnostics(_ pump: Pump, _ page: Int) -> [String: SignalInput] {
    page == 0
      ? [
        "Page": 0, "WindingTemperature": .value(pump.temperature),
        "Vibration": .value(pump.vibration),
      ]
      : ["Page": 1, "RunTime": .value(pump.runTime.rounded(.down)), "Fault": flag(pump.hasFault)]
  }

  private static func tanks(_ plant: Plant) -> [String: SignalInput] {
    [
      "Level1": .value(plant.tanks[0].level), "Level2": .value(plant.tanks[1].level),
      "Demand": .value(plant.demand), "SupplyOpen": flag(plant.isSupplyOpen),
      "Automatic": flag(plant.isAutomatic),
    ]
  }

  private static func breakers(_ plant: Plant) -> [String: SignalInput] {
    var values: [String: SignalInput] = [
      "Voltage": .value(plant.breakers[0].voltage), "Current": .value(plant.breakers[0].current),
    ]
    for (index, breaker) in plant.breakers.enumerated() {
      values["Closed\(index)"] = flag(breaker.isClosed)
      values["Tripped\(index)"] = flag(breaker.isTripped)
    }
    return values
  }

  private static func flag(_ value: Bool) -> SignalInput { .value(value ? 1 : 0) }
}

extension Plant {
  /// How long the plant has run, in whole milliseconds.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = uptime.components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }

  /// Lets time pass and appends what the bus carried meanwhile.
  public mutating func advance(
    by duration: Duration, bus: inout PlantBus, start: Int64, to batch: inout CANFrameBatch
  ) throws(DBCError) {
    var rest = duration
    while rest > .zero {
      let step = min(rest, Self.tick)
      let before = uptime
      advance(by: step)
      if uptime != before { try bus.append(self, start: start, to: &batch) }
      rest -= step
    }
  }
}
