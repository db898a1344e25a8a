/// A three-phase circuit breaker with metering.
public struct Breaker: Sendable, Equatable {
  /// Whether its contacts are closed.
  public internal(set) var isClosed = true
  /// Whether it has opened by itself and waits to be reset.
  public internal(set) var isTripped = false
  /// Voltage between two phases on the supply side, V.
  public internal(set) var voltage = 400.0
  /// Current a phase, A.
  public internal(set) var current = 0.0
  /// Active power, kW.
  public internal(set) var power = 0.0
  /// Active energy since it was made, kWh.
  public internal(set) var energy = 0.0
  /// Cosine phi, 0 to 1.
  public internal(set) var powerFactor = 0.0
  /// Current that it may carry for ever, A.
  public let rating: Double
  /// How near to tripping the overload has brought it, 0 to 1.
  var heat = 0.0

  init(rating: Double) { self.rating = rating }

  /// One step of `seconds` with a load of `power` kW behind it.
  mutating func step(_ seconds: Double, supply: Double, power load: Double) {
    voltage = supply
    guard isClosed, supply > 0 else {
      (current, power, powerFactor, heat) = (0, 0, 0, 0)
      return
    }
    power = load
    powerFactor = load > 0 ? 0.62 + 0.24 * min(1, load / 12) : 0
    current = load > 0 ? load * 1000 / (1.7320508 * voltage * powerFactor) : 0
    energy += load * seconds / 3600
    // An overload of twice the rating is borne for about 3 s.
    let overload = current / rating - 1
    heat = max(0, heat + (overload > 0 ? overload / 3 : -0.2) * seconds)
    if heat >= 1 { trip() }
  }

  mutating func trip() {
    isTripped = true
    isClosed = false
    (current, power, powerFactor, heat) = (0, 0, 0, 0)
  }

  mutating func reset() {
    isTripped = false
    isClosed = true
  }
}
