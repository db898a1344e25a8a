import IndustrialModel
import Testing

@Suite("Durations in nanoseconds") struct DurationTests {
  @Test(
    arguments: [
      (Duration.zero, 0), (.nanoseconds(1), 1), (.seconds(3600), 3_600_000_000_000),
      (.milliseconds(-1500), -1_500_000_000), (.seconds(Int64.max), .max),
      (.seconds(Int64.min), .min), (.nanoseconds(Int64.max) + .nanoseconds(1), .max),
    ] as [(Duration, Int64)])
  func clamped(duration: Duration, nanoseconds: Int64) {
    #expect(duration.clampedNanoseconds == nanoseconds)
  }
}
