/// A centrifugal pump with a variable-speed drive.
public struct Pump: Sendable, Equatable {
  /// Whether it is told to run.
  public internal(set) var isOn = false
  /// Speed it is told to have, 0 to 100 % of the nominal speed.
  public internal(set) var speedSetpoint = 0.0
  /// Shaft speed, revolutions a minute.
  public internal(set) var speed = 0.0
  /// Volume flow, m³/h.
  public internal(set) var flow = 0.0
  /// Discharge pressure, bar above that of the air.
  public internal(set) var pressure = 0.0
  /// Electrical power, kW.
  public internal(set) var power = 0.0
  /// Temperature of the winding, °C.
  public internal(set) var temperature = 25.0
  /// Vibration velocity, mm/s.
  public internal(set) var vibration = 0.0
  /// Time it has been turning, s.
  public internal(set) var runTime = 0.0
  /// Whether something has got between impeller and casing.
  public internal(set) var isJammed = false

  /// Whether the shaft turns.
  public var isRunning: Bool { speed > 30 }
  /// Whether it should turn and does not, or is too hot.
  public var hasFault: Bool { isJammed || isTooHot }
  /// Whether the winding is above 110 °C.
  public var isTooHot: Bool { temperature > 110 }

  /// Speed at 100 %, 1/min.
  public static let nominalSpeed = 1480.0
  /// Flow at nominal speed without any height to lift, m³/h.
  static let freeFlow = 120.0
  /// Height that the nominal speed holds without flow, m.
  static let shutOffHead = 42.0

  /// One step of `seconds`, with voltage or without, lifting the water `lift` metres.
  mutating func step(_ seconds: Double, isFed: Bool, lift: Double, random: inout PlantRandom) {
    let target = isOn && isFed && !isJammed ? speedSetpoint / 100 * Self.nominalSpeed : 0
    let ramp = (isJammed ? 3000 : 160) * seconds
    speed += min(max(target - speed, -ramp), ramp)
    let share = speed / Self.nominalSpeed
    let drive = share * share - lift / Self.shutOffHead
    flow = drive > 0 ? Self.freeFlow * drive.squareRoot() : 0
    // Below the speed that lifts the water, the check valve is shut and the pump holds its own head.
    let head = drive > 0 ? lift + 8 * (flow / 100) * (flow / 100) : Self.shutOffHead * share * share
    pressure = max(0, head * 0.0981 + (flow > 0 ? 0.01 * random.noise() : 0))
    let hydraulic = flow * pressure / 36
    let idle = 0.9 * share * share * share + (isRunning ? 0.15 : 0)
    power = isFed && isOn ? isJammed ? 62 : hydraulic / 0.71 + idle : 0
    let equilibrium = 25 + 4.2 * power
    temperature += (equilibrium - temperature) * min(1, seconds / 240)
    vibration = isRunning ? max(0.1, 0.3 + 2.1 * share * share + 0.25 * random.noise()) : 0
    if isRunning { runTime += seconds }
  }
}
