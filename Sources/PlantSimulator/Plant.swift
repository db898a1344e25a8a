/// A small pumping station that moves by itself: two pumps lift water from one tank into another, three breakers
/// feed them, and consumers draw from the upper tank.
///
/// A value: the same seed and the same steps give the same plant on every machine, to the last bit. It knows no clock; whoever
/// owns it says how much time has passed.
///
/// In automatic mode, which it starts in, it holds the level of the upper tank with one pump or both. Now and then a
/// pump jams, its breaker trips, the other pump takes over, and after 20 s the trip is reset.
public struct Plant: Sendable, Equatable {
  /// The pumps, P1 and P2.
  public internal(set) var pumps = [Pump(), Pump()]
  /// The tanks: T1, the lower one, and T2, the upper one.
  public internal(set) var tanks: [Tank]
  /// The breakers: Q0, the main one, and Q1 and Q2 of the pumps.
  public internal(set) var breakers: [Breaker]
  /// Whether the plant sets speeds and resets trips by itself.
  public var isAutomatic = true
  /// The level of T2 to hold in automatic mode, %.
  public var levelSetpoint = 60.0
  /// What the consumers draw on average, m³/h.
  public var meanDemand = 75.0
  /// What the consumers draw now, m³/h.
  public private(set) var demand = 75.0
  /// Whether the supply valve of T1 is open.
  public private(set) var isSupplyOpen = false
  /// How long the plant has run.
  public private(set) var uptime = Duration.zero

  private var random: PlantRandom
  private var pending = Duration.zero
  private var sinceTrip = 0.0
  private var needsSecondPump = false
  private var leadPump = 0

  /// The step in which the plant moves.
  static let tick = Duration.milliseconds(10)
  private static let seconds = 0.01

  /// A plant at rest; what happens to it depends on the seed.
  public init(seed: UInt64 = 1) {
    random = PlantRandom(seed: seed)
    let start = 0.55 + 0.1 * random.noise()
    tanks = [
      Tank(height: 4, area: 9, level: 4 * (start + 0.15)),
      Tank(height: 5, area: 5, level: 5 * start),
    ]
    breakers = [Breaker(rating: 63), Breaker(rating: 32), Breaker(rating: 32)]
  }

  /// Lets time pass: the plant moves in whole ticks of 10 ms, and what is left counts next time.
  public mutating func advance(by duration: Duration) {
    pending += max(.zero, duration)
    while pending >= Self.tick {
      pending -= Self.tick
      uptime += Self.tick
      step()
    }
  }

  /// Tells a pump to run or to stop; counts in manual mode only.
  public mutating func setPump(_ index: Int, on isOn: Bool) {
    guard !isAutomatic, pumps.indices.contains(index) else { return }
    pumps[index].isOn = isOn
  }

  /// Tells a pump its speed, 0 to 100 %; counts in manual mode only.
  public mutating func setSpeed(ofPump index: Int, to percent: Double) {
    guard !isAutomatic, pumps.indices.contains(index) else { return }
    pumps[index].speedSetpoint = min(100, max(0, percent))
  }

  /// Opens a breaker, or closes one that has not tripped.
  public mutating func setBreaker(_ index: Int, closed isClosed: Bool) {
    guard breakers.indices.contains(index), !breakers[index].isTripped else { return }
    breakers[index].isClosed = isClosed
  }

  /// Resets all breakers that have tripped, and clears the jams that made them.
  public mutating func resetTrips() {
    sinceTrip = 0
    for index in breakers.indices where breakers[index].isTripped { breakers[index].reset() }
    for index in pumps.indices { pumps[index].isJammed = false }
  }

  // MARK: - One tick

  private mutating func step() {
    moveDemand()
    if isAutomatic { control() }
    misfortune()
    moveWater()
    moveCurrent()
  }

  private mutating func moveDemand() {
    demand += (meanDemand - demand) * Self.seconds / 45 + 1.1 * random.noise()
    demand = min(160, max(0, demand))
  }

  private mutating func control() {
    let gap = levelSetpoint - tanks[1].percent
    let speed = min(100, max(58, 80 + 2.2 * gap))
    if gap > 6 { needsSecondPump = true }
    if gap < 1 { needsSecondPump = false }
    // A pump whose breaker is open can't lead.
    if !breakers[leadPump + 1].isClosed, breakers[2 - leadPump].isClosed { leadPump = 1 - leadPump }
    for index in pumps.indices {
      pumps[index].isOn = (index == leadPump ? gap > -8 : needsSecondPump) && !tanks[0].isLow
      pumps[index].speedSetpoint = pumps[index].isOn ? speed : 0
    }
    if breakers.contains(where: { $0.isTripped }) {
      sinceTrip += Self.seconds
      if sinceTrip >= 20 { resetTrips() }
    }
  }

  /// Every three minutes or so of one pump's running, it jams.
  private mutating func misfortune() {
    for index in pumps.indices where pumps[index].isRunning && !pumps[index].isJammed {
      if random.once(in: 18_000) { pumps[index].isJammed = true }
    }
  }

  private mutating func moveWater() {
    let lift = 11 + tanks[1].level - tanks[0].level
    for index in pumps.indices {
      pumps[index].step(
        Self.seconds, isFed: breakers[0].isClosed && breakers[index + 1].isClosed, lift: lift,
        random: &random)
    }
    let pumped = tanks[0].level > 0 ? pumps[0].flow + pumps[1].flow : 0
    if tanks[0].percent < 35 { isSupplyOpen = true }
    if tanks[0].percent > 85 { isSupplyOpen = false }
    tanks[0].inflow = isSupplyOpen ? 170 : 0
    tanks[0].outflow = pumped
    tanks[1].inflow = pumped
    tanks[1].outflow = tanks[1].level > 0 ? demand : 0
    for index in tanks.indices { tanks[index].step(Self.seconds) }
  }

  private mutating func moveCurrent() {
    let load = pumps[0].power + pumps[1].power
    let supply = 402 - 0.12 * load + 0.8 * random.noise()
    for index in pumps.indices {
      breakers[index + 1].step(
        Self.seconds, supply: breakers[0].isClosed ? supply : 0, power: pumps[index].power)
    }
    // Lights and controls take 1.4 kW.
    breakers[0].step(
      Self.seconds, supply: supply, power: breakers[1].power + breakers[2].power + 1.4)
  }
}
