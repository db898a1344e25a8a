internal import IndustrialModel

/// The owner of one bus: reads its devices until it is cancelled or the source ends.
protocol Driver: Sendable {
  func run(_ context: DriverContext) async
}

/// What a driver is given.
struct DriverContext: Sendable {
  /// Where samples go.
  var intake: Intake
  /// Where events go.
  var report: @Sendable (GatewayEvent) -> Void
}
