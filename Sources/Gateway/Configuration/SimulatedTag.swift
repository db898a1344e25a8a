/// A tag that is made up: for trying a gateway before the machine is there.
public struct SimulatedTag: Sendable, Equatable {
  /// How the value moves between its bounds.
  public enum Shape: String, Sendable, Equatable, CaseIterable {
    /// Up and down in a sine.
    case sine
    /// Steadily up, then back at once.
    case ramp
    /// At one bound for half of the period, then at the other.
    case square
    /// Small steps at random, always the same ones after a start; it turns at the bounds. The period says
    /// nothing to it.
    case walk
  }

  /// Its name below the device.
  public var name: String
  /// How it moves.
  public var shape: Shape
  /// Its lower bound.
  public var minimum: Double
  /// Its upper bound.
  public var maximum: Double
  /// After which time it begins again.
  public var period: Duration
  /// Its unit as a UCUM code.
  public var unit: String?
  /// How often it has a value; nil for as often as its device.
  public var every: Duration?

  /// A tag; from 0 to 100 in a minute unless given.
  public init(
    name: String, shape: Shape = .sine, minimum: Double = 0, maximum: Double = 100,
    period: Duration = .seconds(60), unit: String? = nil, every: Duration? = nil
  ) {
    self.name = name
    self.shape = shape
    self.minimum = minimum
    self.maximum = maximum
    self.period = period
    self.unit = unit
    self.every = every
  }
}
