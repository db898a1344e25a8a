import IndustrialModel
import Synchronization
import Testing

@testable import Gateway

@Suite("Events: what is wrong now, and what comes again and again as one")
struct EventBoardTests {
  private final class Ear: Sendable {
    let heard = Mutex<[GatewayEvent]>([])
    let now = Atomic<Int64>(0)
    var messages: [String] { heard.withLock { $0.map(\.message) } }
  }

  private let ear = Ear()

  private func board() -> EventBoard {
    let ear = ear
    return EventBoard(now: { ear.now.load(ordering: .relaxed) }) { event in
      ear.heard.withLock { $0.append(event) }
    }
  }

  @Test("a condition is there from its beginning to its end")
  func conditions() {
    let board = board()
    var one = ConditionReporter(source: "bus a", report: board.report)
    var other = ConditionReporter(source: "sink b", report: board.report)
    one.failed("away")
    other.failed("full", level: .error)
    one.failed("away")
    #expect(board.conditions.map(\.source).sorted() == ["bus a", "sink b"])
    one.failed("silent")
    #expect(board.conditions.map(\.message).sorted() == ["full", "silent"])
    one.recovered()
    #expect(board.conditions.map(\.source) == ["sink b"])
    board.forget { $0 == "sink b" }
    #expect(board.conditions.isEmpty)
    #expect(ear.messages == ["away", "full", "silent", "works again"])
    #expect(board.counts == [.warning: 2, .error: 1, .info: 1])
  }

  @Test(
    "what a source tells more than ten times in a minute is summed up, and nothing is uncounted")
  func summary() {
    let board = board()
    for number in 1...1000 {
      board.report(GatewayEvent(.warning, source: "bus a", "no. \(number)"))
      if number == 500 { board.report(GatewayEvent(.info, source: "other", "seldom")) }
    }
    #expect(ear.messages == (1...10).map { "no. \($0)" } + ["seldom"])
    board.summarize()
    #expect(ear.messages.count == 11)
    ear.now.store(61_000_000_000, ordering: .relaxed)
    board.summarize()
    #expect(ear.messages.last == "990 events more within a minute, the last: no. 1000")
    board.summarize()
    #expect(ear.messages.count == 12)
    board.report(GatewayEvent(.warning, source: "bus a", "again"))
    #expect(ear.messages.last == "again")
    #expect(board.counts[.warning] == 1001)
  }

  @Test("the next event after the minute brings the summary, and the end brings all")
  func late() {
    let board = board()
    for number in 1...12 { board.report(GatewayEvent(.error, source: "a", "\(number)")) }
    ear.now.store(60_000_000_000, ordering: .relaxed)
    board.report(GatewayEvent(.error, source: "a", "13"))
    #expect(ear.messages.suffix(2) == ["2 events more within a minute, the last: 12", "13"])
    for number in 14...30 { board.report(GatewayEvent(.error, source: "a", "\(number)")) }
    board.summarize(all: true)
    #expect(ear.messages.last == "8 events more within a minute, the last: 30")
  }

  @Test("words from outside stay in the event's line and move no cursor of a terminal")
  func words() {
    let event = GatewayEvent(
      .error, source: "sink \u{1B}a", "no\r\n2026 info forged\n\u{9B}2Jend\u{7F}")
    let line = event.description
    #expect(line.hasSuffix(" error sink  a: no; 2026 info forged;  2Jend "))
    #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
  }
}
