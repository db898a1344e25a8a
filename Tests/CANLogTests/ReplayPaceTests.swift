import CANLog
import Testing

@Suite struct ReplayPaceTests {
  private let millisecond: Int64 = 1_000_000

  private func due(_ times: [Int64], _ pace: CANReplayPace) -> [Int64] {
    var pace = pace
    return times.map { pace.due($0 * millisecond) / millisecond }
  }

  @Test func framesAreDueAsTheyWereRecorded() {
    let times: [Int64] = [500, 510, 510, 700]
    #expect(due(times, CANReplayPace(start: 0)) == [0, 10, 10, 200])
    #expect(due(times, CANReplayPace(speed: 2, start: 0)) == [0, 5, 5, 100])
    #expect(
      due(times, CANReplayPace(start: 0, longestGap: 50 * millisecond)) == [0, 10, 10, 60])
  }

  /// Two channels, of which one is written a little later: the time between two frames is not played twice.
  @Test func whatIsOutOfOrderMakesNothingLonger() {
    var times: [Int64] = []
    for step in 0..<1000 as Range<Int64> { times += [1000 + 10 * step, 1000 + 10 * step - 4] }
    let played = due(times, CANReplayPace(start: 0))
    #expect(played == (0..<1000).flatMap { [10 * $0, 10 * $0] })
    // Up to a second.
    #expect(due([5000, 4001, 4500, 5010], CANReplayPace(start: 0)) == [0, 0, 0, 10])
  }

  @Test func aClockThatWasSetBackGoesOnFromThere() {
    #expect(due([5000, 5100, 4100, 4110], CANReplayPace(start: 0)) == [0, 100, 100, 110])
    #expect(due([5000, 0, 20, 19], CANReplayPace(start: 0)) == [0, 0, 20, 20])
    var pace = CANReplayPace(start: 0)
    #expect(pace.due(.max) == 0 && pace.due(.min) == 0 && pace.due(.min + 7) == 7)
    #expect(pace.due(.max) == 7)
  }
}
