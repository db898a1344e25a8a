import Foundation
import TestSupport
import Testing

@testable import Gateway

private let python = PeerProcess.find("python3")

@Suite("The clocks of places") struct TimeZoneTests {
  private static let zones = [
    "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Europe/Dublin", "Pacific/Apia", "America/St_Johns", "Asia/Tehran",
    "Antarctica/Troll", "America/Havana", "Etc/GMT+5", "UTC",
  ]

  @Test(
    "as Python knows them, from 1970 to 2100",
    .enabled(if: python != nil, "python3 is not installed"))
  func offsets() async throws {
    var random = SeededGenerator(seed: 3)
    var questions: [(zone: String, time: Int64)] = []
    for name in Self.zones {
      let rules = try #require(TimeZoneRules(named: name))
      for _ in 0..<300 {
        questions.append((name, Int64.random(in: 0..<4_102_444_800, using: &random)))
      }
      for transition in rules.transitions where (0..<4_102_444_800).contains(transition.time) {
        questions += [(name, transition.time - 1), (name, transition.time)]
      }
    }
    let script = URL(filePath: #filePath).appending(path: "../../Fixtures/gateway/zones.py")
    let answers = try await Tool(
      try #require(python), [script.standardized.path],
      input: questions.map { "\($0.zone) \($0.time)\n" }.joined())
    let offsets = answers.output.split(separator: "\n").compactMap { Int64($0) }
    try #require(offsets.count == questions.count, "\(answers.errors)")
    var zones: [String: TimeZoneRules] = [:]
    for (question, offset) in zip(questions, offsets) {
      if zones[question.zone] == nil { zones[question.zone] = TimeZoneRules(named: question.zone) }
      let ours = try #require(zones[question.zone]).offset(at: question.time)
      #expect(ours == offset, "\(question)")
    }
  }

  @Test("spans follow each other without a gap, whatever the clocks do") func spans() throws {
    for name in Self.zones {
      let rules = try #require(TimeZoneRules(named: name))
      for minutes in [1, 15, 60, 120, 360, 1440] {
        let calendar = ReportCalendar(zone: rules, minutes: minutes)
        // Around some changes of the clocks, and far from any.
        let times = rules.transitions.filter { $0.time > 1_500_000_000 }.prefix(4).map(\.time)
        for time in times + [1_767_225_600] {
          var span = calendar.span(containing: time - 100_000)
          let end = time + 100_000
          var names: Set<String> = []
          var rule = ReportRule(name: "r", history: "h", minutes: minutes, folder: "f")
          rule.decimals = 2
          let folder = ReportFolder(rule: rule, calendar: calendar)
          while span.start < end {
            let next = calendar.span(containing: span.end)
            #expect(span.start < span.end && next.start == span.end, "\(name) \(minutes) \(span)")
            #expect(calendar.span(containing: span.end - 1) == span)
            #expect(calendar.span(containing: span.start + (span.end - span.start) / 2) == span)
            let file = folder.name(of: span)
            #expect(names.insert(file).inserted, "\(name) \(file)")
            // Of two files of the same time the clocks tell one end; nowhere are they set by more than two hours.
            let known = try #require(folder.end(ofFile: file))
            #expect(abs(known - span.end) <= 7200, "\(name) \(file)")
            guard next.start == span.end else { break }
            span = next
          }
        }
      }
    }
  }

  @Test(
    "what is no zone is none",
    arguments: ["", "Prague", "../etc/passwd", "/etc/passwd", "Europe", "Europe/", "UTC\0"])
  func unknown(name: String) { #expect(TimeZoneRules(named: name) == nil) }

  @Test("a damaged file is no zone, or one with other times, but never a trap") func damage() throws
  {
    let whole = try [UInt8](Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Prague")))
    for length in 0..<whole.count { _ = TimeZoneRules(contents: Array(whole[..<length])) }
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      if let rules = TimeZoneRules(contents: bytes) {
        _ = ReportCalendar(zone: rules, minutes: 1440).span(containing: 1_767_225_600)
      }
    }
  }
}
