import IndustrialModel
import Testing

@testable import Sinks

@Suite("How long a server wants to be left alone") struct RetryAfterTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT, and a bit.
  private let now = Timestamp(nanoseconds: 784_111_777_250_000_000)

  @Test(
    "seconds and dates are read, and no wait is longer than a day",
    arguments: [
      (" 120\r\n", 120), ("0", 0), ("86400", 86_400), ("86401", 86_400),
      ("99999999999999999999999", 86_400), (" Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0),
      ("Sun, 06 Nov 1994 08:51:37 GMT", 120), ("Mon, 07 Nov 1994 08:49:36 GMT", 86_399),
      ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ] as [(Substring, Int)])
  func reads(value: Substring, seconds: Int) {
    #expect(RetryAfter.delay(value, now: now) == .seconds(seconds))
  }

  @Test(
    "what is neither says nothing",
    arguments: [
      "", " \r\n", "-1", "+1", "1.5", "soon", "٣", "120 s", "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ] as [Substring])
  func refuses(value: Substring) {
    #expect(RetryAfter.delay(value, now: now) == nil)
  }
}
