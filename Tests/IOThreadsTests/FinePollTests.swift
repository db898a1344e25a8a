import Glibc
import IOThreads
import Testing

@Suite("poll(2) with a limit in nanoseconds", .timeLimit(.minutes(15)))
struct FinePollTests {
  private func poll(_ descriptor: Int32, _ nanoseconds: Int64?) -> (ready: Int32, events: Int16) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = withUnsafeMutableBytes(of: &entry) { finePoll($0, nanoseconds: nanoseconds) }
    return (ready, entry.revents)
  }

  @Test("tells what is ready, with any limit and with none")
  func ready() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    for limit: Int64 in [Int64.min, -1, 0, 1, 999_999_999, 1_000_000_000] {
      // Nothing there: only limits that end.
      if limit < 1_000 { #expect(poll(ends[0], limit).ready == 0, "\(limit)") }
    }
    #expect(write(ends[1], "x", 1) == 1)
    for limit: Int64? in [nil, Int64.min, 0, 1, 1_500_000_000, Int64.max] {
      let (ready, events) = poll(ends[0], limit)
      #expect(ready == 1 && events == Int16(POLLIN), "\(limit.map(String.init) ?? "nil")")
    }
  }

  @Test("does not return before the limit")
  func limit() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    let clock = ContinuousClock()
    for limit: Int64 in [50_000, 1_000_000] {
      let start = clock.now
      #expect(poll(ends[0], limit).ready == 0)
      #expect(clock.now - start >= .nanoseconds(limit))
    }
  }

  @Test("a descriptor that is none is told of, not waited for")
  func notOpen() {
    let (ready, events) = poll(1 << 20, nil)
    #expect(ready == 1 && events == Int16(POLLNVAL))
  }
}
