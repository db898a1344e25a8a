/// An upright tank.
public struct Tank: Sendable, Equatable {
  /// Water level above the floor of the tank, m.
  public internal(set) var level: Double
  /// What runs in, m³/h.
  public internal(set) var inflow = 0.0
  /// What runs out, m³/h.
  public internal(set) var outflow = 0.0
  /// Level at the overflow, m.
  public let height: Double
  /// Surface, m².
  let area: Double

  init(height: Double, area: Double, level: Double) {
    self.height = height
    self.area = area
    self.level = level
  }

  /// Level in per cent of the height.
  public var percent: Double { level / height * 100 }
  /// Whether the float switch at 15 % reports low water.
  public var isLow: Bool { percent < 15 }
  /// Whether the float switch at 90 % reports high water.
  public var isHigh: Bool { percent > 90 }

  /// One step of `seconds`. What does not fit in runs over; what is not there does not run out.
  mutating func step(_ seconds: Double) {
    let change = (inflow - outflow) / 3600 * seconds / area
    level = min(height, max(0, level + change))
  }
}
