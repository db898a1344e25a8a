internal import IndustrialModel
internal import Modbus

/// The plant's register map: what stands where, for unit 1.
///
/// It has what real maps have: scaled whole numbers, 32-bit floats in two byte orders, 32- and 64-bit
/// counters, text, commands beside readings, and holes, which answer exception 2.
public enum PlantRegisters {
  /// All values, in the order of table and address.
  public static let all: [PlantRegister] =
    summary + setpoints + pumps + tanks + breakers + station + coils + discretes

  /// The register map as a Markdown table.
  public static var table: [String] {
    [
      "| place | type | one count is | command | name | meaning |",
      "| --- | --- | --- | --- | --- | --- |",
    ]
      + all.map(\.description)
  }

  /// The values that a client's write changes, in the order in which they are carried out when they were written within one step:
  /// others count only in manual mode, and no breaker closes before its trip is reset.
  static let commands: [PlantRegister] = {
    let first = ["station/automatic", "station/reset"]
    let commands = all.filter { $0.isCommand }
    return first.compactMap { name in commands.first { $0.name == name } }
      + commands.filter { !first.contains($0.name) }
  }()

  /// The places that do not exist. A single free place between two values can be read, as 0.
  static let holes: [RegisterBlock] = RegisterTable.allCases.flatMap { table in
    var holes: [RegisterBlock] = []
    var end = 0
    let values = all.filter { $0.address.table == table }.sorted {
      $0.address.offset < $1.address.offset
    }
    for value in values {
      let start = Int(value.address.offset)
      if start - end > 1 { holes.append(RegisterBlock(table, UInt16(end), count: start - end)) }
      end = start + value.type.registerCount
    }
    holes.append(RegisterBlock(table, UInt16(end), count: 65536 - end))
    return holes
  }

  /// How many places each table must have to hold them.
  static let size = RegisterBank.Size(coils: 16, discretes: 16, inputs: 128, holdings: 64)

  /// Holding 0 to 9, scaled whole numbers, and 20, a float: the values people look at first.
  private static let summary: [PlantRegister] =
    [0, 1].flatMap { index in
      let name = "pump\(index + 1)"
      let base = UInt16(3 * index)
      return [
        number(
          "summary/\(name)-speed", .holding(base), .uint16, 1, "/min", "speed of P\(index + 1)"
        ) { $0.pumps[index].speed },
        number(
          "summary/\(name)-flow", .holding(base + 1), .uint16, 0.1, "m3/h", "flow of P\(index + 1)"
        ) { $0.pumps[index].flow },
        number(
          "summary/\(name)-pressure", .holding(base + 2), .uint16, 0.01, "bar",
          "discharge pressure of P\(index + 1)"
        ) { $0.pumps[index].pressure },
      ]
    } + [
      number("summary/tank1-level", .holding(6), .uint16, 0.1, "%", "level of T1") {
        $0.tanks[0].percent
      },
      number("summary/tank2-level", .holding(7), .uint16, 0.1, "%", "level of T2") {
        $0.tanks[1].percent
      },
      number("summary/voltage", .holding(8), .uint16, 0.1, "V", "voltage at Q0") {
        $0.breakers[0].voltage
      },
      number("summary/current", .holding(9), .uint16, 0.1, "A", "current through Q0") {
        $0.breakers[0].current
      },
      number(
        "summary/flow", .holding(20), .float32, 1, "m3/h", "flow of both pumps", order: .cdab
      ) { $0.pumps[0].flow + $0.pumps[1].flow },
    ]

  /// Holding 40 to 43: what an operator sets.
  private static let setpoints: [PlantRegister] = [
    number(
      "command/pump1-speed", .holding(40), .uint16, 0.1, "%", "speed of P1, manual mode",
      write: { $0.setSpeed(ofPump: 0, to: $1) }, read: { $0.pumps[0].speedSetpoint }),
    number(
      "command/pump2-speed", .holding(41), .uint16, 0.1, "%", "speed of P2, manual mode",
      write: { $0.setSpeed(ofPump: 1, to: $1) }, read: { $0.pumps[1].speedSetpoint }),
    number(
      "command/tank2-level", .holding(42), .uint16, 0.1, "%", "level of T2 to hold",
      write: { $0.levelSetpoint = min(95, max(5, $1)) }, read: { $0.levelSetpoint }),
    number(
      "command/demand", .holding(43), .uint16, 0.1, "m3/h", "mean draw of the consumers",
      write: { $0.meanDemand = min(160, max(0, $1)) }, read: { $0.meanDemand }),
  ]

  /// Input 0 to 11 and 20 to 31.
  private static let pumps: [PlantRegister] = [0, 1].flatMap { index in
    let name = "pump\(index + 1)"
    let base = UInt16(20 * index)
    return [
      number("\(name)/speed", .input(base), .uint16, 1, "/min", "shaft speed") {
        $0.pumps[index].speed
      },
      number("\(name)/flow", .input(base + 2), .float32, 1, "m3/h", "volume flow") {
        $0.pumps[index].flow
      },
      number("\(name)/pressure", .input(base + 4), .float32, 1, "bar", "discharge pressure") {
        $0.pumps[index].pressure
      },
      number("\(name)/power", .input(base + 6), .uint16, 0.01, "kW", "electrical power") {
        $0.pumps[index].power
      },
      number("\(name)/temperature", .input(base + 7), .int16, 0.1, "Cel", "winding temperature") {
        $0.pumps[index].temperature
      },
      number("\(name)/vibration", .input(base + 8), .uint16, 0.01, "mm/s", "vibration velocity") {
        $0.pumps[index].vibration
      },
      number("\(name)/run-time", .input(base + 10), .uint32, 1, "s", "time it has been turning") {
        $0.pumps[index].runTime
      },
    ]
  }

  /// Input 40 to 45 and 50 to 55; the low register first, as many level transmitters have it.
  private static let tanks: [PlantRegister] = [0, 1].flatMap { index in
    let name = "tank\(index + 1)"
    let base = UInt16(40 + 10 * index)
    return [
      number("\(name)/level", .input(base), .float32, 1, "m", "water level", order: .cdab) {
        $0.tanks[index].level
      },
      number("\(name)/inflow", .input(base + 2), .float32, 1, "m3/h", "inflow", order: .cdab) {
        $0.tanks[index].inflow
      },
      number("\(name)/outflow", .input(base + 4), .float32, 1, "m3/h", "outflow", order: .cdab) {
        $0.tanks[index].outflow
      },
    ]
  }

  /// Input 60 to 68, 70 to 78 and 80 to 88.
  private static let breakers: [PlantRegister] = [0, 1, 2].flatMap { index in
    let name = "breaker\(index)"
    let base = UInt16(60 + 10 * index)
    return [
      number("\(name)/voltage", .input(base), .uint16, 0.1, "V", "voltage between phases") {
        $0.breakers[index].voltage
      },
      number("\(name)/current", .input(base + 1), .uint16, 0.1, "A", "current a phase") {
        $0.breakers[index].current
      },
      number("\(name)/power", .input(base + 2), .int32, 1, "W", "active power") {
        $0.breakers[index].power * 1000
      },
      number("\(name)/energy", .input(base + 4), .uint64, 1, "W.h", "active energy") {
        ($0.breakers[index].energy * 1000).rounded(.down)
      },
      number("\(name)/power-factor", .input(base + 8), .uint16, 0.001, "", "cosine phi") {
        $0.breakers[index].powerFactor
      },
    ]
  }

  /// Input 100 and 110 to 119.
  private static let station: [PlantRegister] = [
    number("station/uptime", .input(100), .uint32, 1, "s", "time since the start") {
      Double($0.uptime.components.seconds)
    },
    PlantRegister(
      name: "station/name", address: .input(110), type: .string(byteCount: 20), order: .abcd,
      scale: 1, unit: "", meaning: "name of the station", read: { _ in .string("Pump station 1") },
      write: nil),
  ]

  private static let coils: [PlantRegister] = [
    flag("pump1/run", .coil(0), "P1 is told to run", write: { $0.setPump(0, on: $1) }) {
      $0.pumps[0].isOn
    },
    flag("pump2/run", .coil(1), "P2 is told to run", write: { $0.setPump(1, on: $1) }) {
      $0.pumps[1].isOn
    },
    flag("station/automatic", .coil(2), "automatic mode", write: { $0.isAutomatic = $1 }) {
      $0.isAutomatic
    },
    flag("breaker0/closed", .coil(4), "Q0 is closed", write: { $0.setBreaker(0, closed: $1) }) {
      $0.breakers[0].isClosed
    },
    flag("breaker1/closed", .coil(5), "Q1 is closed", write: { $0.setBreaker(1, closed: $1) }) {
      $0.breakers[1].isClosed
    },
    flag("breaker2/closed", .coil(6), "Q2 is closed", write: { $0.setBreaker(2, closed: $1) }) {
      $0.breakers[2].isClosed
    },
    flag(
      "station/reset", .coil(7), "reset trips (falls back to 0)",
      write: { if $1 { $0.resetTrips() } }
    ) { _ in false },
  ]

  private static let discretes: [PlantRegister] = [
    flag("pump1/running", .discrete(0), "P1 turns") { $0.pumps[0].isRunning },
    flag("pump2/running", .discrete(1), "P2 turns") { $0.pumps[1].isRunning },
    flag("pump1/fault", .discrete(2), "P1 is jammed or too hot") { $0.pumps[0].hasFault },
    flag("pump2/fault", .discrete(3), "P2 is jammed or too hot") { $0.pumps[1].hasFault },
    flag("tank1/low", .discrete(4), "T1 is below 15 %") { $0.tanks[0].isLow },
    flag("tank1/high", .discrete(5), "T1 is above 90 %") { $0.tanks[0].isHigh },
    flag("tank2/low", .discrete(6), "T2 is below 15 %") { $0.tanks[1].isLow },
    flag("tank2/high", .discrete(7), "T2 is above 90 %") { $0.tanks[1].isHigh },
    flag("breaker0/tripped", .discrete(8), "Q0 has tripped") { $0.breakers[0].isTripped },
    flag("breaker1/tripped", .discrete(9), "Q1 has tripped") { $0.breakers[1].isTripped },
    flag("breaker2/tripped", .discrete(10), "Q2 has tripped") { $0.breakers[2].isTripped },
    flag("tank1/supply", .discrete(11), "the supply valve of T1 is open") { $0.isSupplyOpen },
  ]

  private static func number(
    _ name: String, _ address: RegisterAddress, _ type: RegisterType, _ scale: Double,
    _ unit: String, _ meaning: String, order: ByteOrder = .abcd,
    write: (@Sendable (inout Plant, Double) -> Void)? = nil,
    read: @escaping @Sendable (Plant) -> Double
  ) -> PlantRegister {
    PlantRegister(
      name: name, address: address, type: type, order: order, scale: scale, unit: unit,
      meaning: meaning, read: { .double(read($0)) }, write: write)
  }

  private static func flag(
    _ name: String, _ address: RegisterAddress, _ meaning: String,
    write: (@Sendable (inout Plant, Bool) -> Void)? = nil,
    read: @escaping @Sendable (Plant) -> Bool
  ) -> PlantRegister {
    let command = write.map { write in
      { @Sendable (plant: inout Plant, value: Double) in write(&plant, value != 0) }
    }
    return PlantRegister(
      name: name, address: address, type: .bool, order: .abcd, scale: 1, unit: "",
      meaning: meaning, read: { .bool(read($0)) }, write: command)
  }
}
