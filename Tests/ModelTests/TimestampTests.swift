import Foundation
import Glibc
import IndustrialModel
import TestSupport
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000000Z"),
    (-1, "1969-12-31T23:59:59.999999999Z"),
    (1_767_225_600_250_000_000, "2026-01-01T00:00:00.250000000Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
    (Int64.max, "2262-04-11T23:47:16.854775807Z"),
    (Int64.min, "1677-09-21T00:12:43.145224192Z"),
  ])
  func printsAndReads(nanoseconds: Int64, text: String) {
    let time = Timestamp(nanoseconds: nanoseconds)
    #expect(time.description == text)
    #expect(Timestamp(rfc3339: text) == time)
  }

  @Test(
    arguments: [
      ("2026-01-01T01:00:00.25+01:00", 1_767_225_600_250_000_000),
      ("2025-12-31t19:00:00-05:00", 1_767_225_600_000_000_000),
      ("2026-01-01 00:00:00z", 1_767_225_600_000_000_000),
      ("2025-12-31T23:59:60Z", 1_767_225_600_000_000_000),
      ("2026-01-01T00:00:00.1234567899Z", 1_767_225_600_123_456_789),
    ] as [(String, Int64)])
  func readsTheFormsOfRFC3339(text: String, nanoseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.nanoseconds == nanoseconds)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+1:00", "1677-09-21T00:12:43.145224191Z",
    "2262-04-11T23:47:16.854775808Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "２０２６-01-01T00:00:00Z",
  ])
  func refusesWhatIsNoTime(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  /// The C library's calendar is the oracle.
  @Test func agreesWithTheCLibraryOnRandomMoments() {
    let seed: UInt64 = 11
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      let time = Timestamp(nanoseconds: Int64(bitPattern: random.next()))
      var seconds = time_t(time.nanoseconds / 1_000_000_000)
      if time.nanoseconds % 1_000_000_000 < 0 { seconds -= 1 }
      var parts = tm()
      gmtime_r(&seconds, &parts)
      let expected = String(
        format: "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
        parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
      #expect(time.description.hasPrefix(expected), "seed \(seed)")
      #expect(Timestamp(rfc3339: time.description) == time, "seed \(seed)")
    }
  }
}
