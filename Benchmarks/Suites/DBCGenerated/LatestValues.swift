import CANCore

/// The last message of each kind, as a program that watches a bus keeps them.
struct LatestValues {
  var engine = Bus.Engine()
  var gearbox = Bus.Gearbox()
  var brakes = Bus.Brakes()
  var steering = Bus.Steering()
  var wheels = Bus.Wheels()
  var climate = Bus.Climate()
  var battery = Bus.Battery()
  var doors = Bus.Doors()
  var lights = Bus.Lights()
  var suspension = Bus.Suspension()
  var radar = Bus.Radar()
  var camera = Bus.Camera()
  var inertial = Bus.Inertial()
  var diagnosis = Bus.Diagnosis()
  var configuration = Bus.Configuration()
  var torque = Bus.Torque()
  var cruise = Bus.Cruise()
  var airbag = Bus.Airbag()
  var charger = Bus.Charger()
  var inverter = Bus.Inverter()
  var cooling = Bus.Cooling()
  var hydraulics = Bus.Hydraulics()
  var parking = Bus.Parking()

  @inline(__always)
  mutating func take(_ frame: CANFrame) {
    switch frame.identifier.rawValue {
    case 0x100:
      if let message = Bus.Engine(payload: frame.payload) { engine = message }
    case 0x111:
      if let message = Bus.Gearbox(payload: frame.payload) { gearbox = message }
    case 0x122:
      if let message = Bus.Brakes(payload: frame.payload) { brakes = message }
    case 0x133:
      if let message = Bus.Steering(payload: frame.payload) { steering = message }
    case 0x144:
      if let message = Bus.Wheels(payload: frame.payload) { wheels = message }
    case 0x155:
      if let message = Bus.Climate(payload: frame.payload) { climate = message }
    case 0x166:
      if let message = Bus.Battery(payload: frame.payload) { battery = message }
    case 0x177:
      if let message = Bus.Doors(payload: frame.payload) { doors = message }
    case 0x188:
      if let message = Bus.Lights(payload: frame.payload) { lights = message }
    case 0x199:
      if let message = Bus.Suspension(payload: frame.payload) { suspension = message }
    case 0x514:
      if let message = Bus.Radar(payload: frame.payload) { radar = message }
    case 0x515:
      if let message = Bus.Camera(payload: frame.payload) { camera = message }
    case 0x578:
      if let message = Bus.Inertial(payload: frame.payload) { inertial = message }
    case 0x600:
      if let message = Bus.Diagnosis(payload: frame.payload) { diagnosis = message }
    case 0x601:
      if let message = Bus.Configuration(payload: frame.payload) { configuration = message }
    case 0x98ff0003:
      if let message = Bus.Torque(payload: frame.payload) { torque = message }
    case 0x98ff0103:
      if let message = Bus.Cruise(payload: frame.payload) { cruise = message }
    case 0x98ff0203:
      if let message = Bus.Airbag(payload: frame.payload) { airbag = message }
    case 0x98ff0303:
      if let message = Bus.Charger(payload: frame.payload) { charger = message }
    case 0x98ff0403:
      if let message = Bus.Inverter(payload: frame.payload) { inverter = message }
    case 0x98ff0503:
      if let message = Bus.Cooling(payload: frame.payload) { cooling = message }
    case 0x98ff0603:
      if let message = Bus.Hydraulics(payload: frame.payload) { hydraulics = message }
    case 0x98ff0703:
      if let message = Bus.Parking(payload: frame.payload) { parking = message }
    default: break
    }
  }

  /// A number made of all values, the same as that of `Peers/DBCGenerated/cantools_c.h`.
  var check: UInt64 {
    let messages: [Any] = [
      engine,
      gearbox,
      brakes,
      steering,
      wheels,
      climate,
      battery,
      doors,
      lights,
      suspension,
      radar,
      camera,
      inertial,
      diagnosis,
      configuration,
      torque,
      cruise,
      airbag,
      charger,
      inverter,
      cooling,
      hydraulics,
      parking,
    ]
    var sum = 0.0
    for message in messages {
      for property in Mirror(reflecting: message).children {
        guard let value = number(property.value), value.isFinite else { continue }
        sum += value / (1 + abs(value))
      }
    }
    return sum.bitPattern >> 1
  }

  /// Nil for a signal that its multiplexor leaves out.
  private func number(_ value: Any) -> Double? {
    switch value {
    case let value as Double: value
    case let value as Int: Double(value)
    case let value as Bool: value ? 1 : 0
    default: nil
    }
  }
}
