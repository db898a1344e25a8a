import IndustrialModel
import Testing

@testable import Sinks

@Suite("How long a server wants to be left alone") struct RetryAfterTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT, and a bit.
  private let now = Timestamp(nanoseconds: 784_111_777_250_000_000)

  @Test(
    "seconds and dates are read; by our own clock no wait for a date is longer than five minutes",
    arguments: [
      (" 120\r\n", 120), ("0", 0), ("86400", 86_400), ("86401", 86_400),
      ("99999999999999999999999", 86_400), (" Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0),
      ("Sun, 06 Nov 1994 08:51:37 GMT", 120), ("Mon, 07 Nov 1994 08:49:36 GMT", 300),
      ("Fri, 31 Dec 9999 23:59:59 GMT", 300), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ] as [(Substring, Int)])
  func reads(value: Substring, seconds: Int) {
    #expect(RetryAfter.delay(value, now: now) == .seconds(seconds))
  }

  @Test(
    "a date is held against that of the answer, whatever our clock says",
    arguments: [
      ("Sun, 06 Nov 1994 08:51:37 GMT", " Sun, 06 Nov 1994 08:49:37 GMT\r\n", 120),
      ("Sun, 06 Nov 2094 08:51:37 GMT", "Sun, 06 Nov 2094 08:49:37 GMT", 120),
      ("Sun, 06 Nov 1970 08:51:37 GMT", "Sun, 06 Nov 1970 08:49:37 GMT", 120),
      ("Mon, 07 Nov 2094 08:49:36 GMT", "Sun, 06 Nov 2094 08:49:37 GMT", 86_399),
      ("Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 86_400),
      ("Sun, 06 Nov 2094 08:49:37 GMT", "Sun, 06 Nov 2094 08:51:37 GMT", 0),
      ("Sun, 06 Nov 2094 08:51:37 GMT", "no date", 300), ("120", "no date", 120),
    ] as [(Substring, Substring, Int)])
  func sent(value: Substring, date: Substring, seconds: Int) {
    #expect(RetryAfter.delay(value, sent: date, now: now) == .seconds(seconds))
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
