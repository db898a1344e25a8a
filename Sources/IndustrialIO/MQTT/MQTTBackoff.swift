/// How long to wait before connecting again.
public struct MQTTBackoff: Sendable, Hashable {
  /// The wait before the first try.
  public var initial: Duration
  /// The longest wait: it doubles with each try, with a fifth of chance, up to here.
  public var maximum: Duration

  /// By default from half a second to half a minute.
  public init(initial: Duration = .milliseconds(500), maximum: Duration = .seconds(30)) {
    self.initial = initial
    self.maximum = maximum
  }
}
