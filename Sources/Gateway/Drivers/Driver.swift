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
  /// Whether what comes from the wires is kept.
  var isJournaling = false

  /// Makes samples of what came from a bus, and hands them over; waits while there is no room.
  func put(
    _ event: WireEvent, of bus: String, at time: WireTime = .now(),
    through decoder: inout some WireDecoder
  ) async {
    await intake.put(moments(of: event, bus, at: time, &decoder))
  }

  /// The samples of what came from a bus; with the event itself, where it is kept.
  func moments(
    of event: WireEvent, _ bus: String, at time: WireTime, _ decoder: inout some WireDecoder
  ) -> Moments {
    var moments = decoder.decode(event, at: time)
    if isJournaling { moments.wire = JournalEntry.wire(bus, event, time).encoded() }
    return moments
  }
}
