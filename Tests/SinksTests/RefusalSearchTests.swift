import Foundation
import IndustrialModel
import Testing

@testable import Sinks

@Suite("What a database refuses is found among what it takes") struct RefusalSearchTests {
  let tags = TagRegistry()

  @Test("a type conflict costs one request a tag, and the others are written at last")
  func conflicts() throws {
    let batch = readings(120)
    var depths: Set<Int> = []
    var requests = 0
    var taken: [Int] = []
    var search = RefusalSearch("here", samplesPerRequest: 5000, tags: tags)
    let report = try search.deliver(batch) { (indices) throws(SinkError) in
      requests += 1
      depths.insert(Thread.callStackReturnAddresses.count)
      guard let index = indices.first(where: { $0 < 100 }) else {
        taken += indices
        return nil
      }
      return .init(
        reason: "partial write: field type conflict: input field \"t\(index)\" on measurement "
          + "\"pump\" is type float, already exists as type integer dropped=1",
        isAboutContent: true)
    }
    #expect(report.rejections.map(\.index) == Array(0..<100))
    #expect(report.rejections[7].reason.contains("\"t7\""))
    #expect(taken == Array(100..<120))
    #expect(requests == 101)
    // However many tags are in conflict, the stack is none the deeper for it.
    #expect(depths.count == 1)
  }

  @Test(
    "other refusals are cut in half until the culprits stand alone", arguments: [true, false])
  func halves(isAboutContent: Bool) throws {
    let batch = readings(50)
    let culprits: Set<Int> = [0, 17, 18, 49]
    var taken: [Int] = []
    var search = RefusalSearch("here", samplesPerRequest: 5000, tags: tags)
    let report = try search.deliver(batch) { (indices) throws(SinkError) in
      guard culprits.isDisjoint(with: indices) else {
        return .init(reason: "no", isAboutContent: isAboutContent)
      }
      taken += indices
      return nil
    }
    #expect(report.rejections.map(\.index) == culprits.sorted())
    #expect(report.rejections.allSatisfy { $0.reason == "no" })
    #expect(taken == (0..<50).filter { !culprits.contains($0) })
  }

  @Test("what fails at any request goes on there, and nothing is taken twice")
  func goesOn() throws {
    let batch = readings(60)
    let culprits: Set<Int> = [3, 31]
    var taken: [Int] = []
    var requests = 0
    var search = RefusalSearch("here", samplesPerRequest: 20, tags: tags)
    var report: DeliveryReport?
    while report == nil {
      report = try? search.deliver(batch) { (indices) throws(SinkError) in
        requests += 1
        if requests.isMultiple(of: 2) { throw Self.busy }
        guard culprits.isDisjoint(with: indices) else {
          return .init(reason: "no", isAboutContent: true)
        }
        taken += indices
        return nil
      }
    }
    #expect(report?.rejections.map(\.index) == culprits.sorted())
    #expect(taken == (0..<60).filter { !culprits.contains($0) })
  }

  @Test(
    "where nothing is taken and the words are the same, the request is at fault, at little cost",
    arguments: [1, 100, 5000])
  func refusedRequests(samplesPerRequest: Int) throws {
    let batch = readings(3000)
    var requests = 0
    var taken: [Int] = []
    var search = RefusalSearch("here", samplesPerRequest: samplesPerRequest, tags: tags)
    for _ in 0..<20 {
      let error = #expect(throws: SinkError.self) {
        try search.deliver(batch) { (_) throws(SinkError) in
          requests += 1
          return .init(reason: "no", isAboutContent: false)
        }
      }
      #expect(error?.code == .denied && error?.message.contains("no") == true)
    }
    #expect(requests <= 20 * 40)
    let report = try search.deliver(batch) { (indices) throws(SinkError) in
      taken += indices
      return nil
    }
    #expect(report.rejections.isEmpty)
    #expect(taken == Array(0..<3000))
  }

  @Test("one sample that a server takes is found among many that it refuses, and is taken once")
  func oneAmongMany() throws {
    let batch = readings(900)
    var taken: [Int] = []
    var search = RefusalSearch("here", samplesPerRequest: 900, tags: tags)
    var report: DeliveryReport?
    var tries = 0
    while report == nil, tries < 100 {
      tries += 1
      report = try? search.deliver(batch) { (indices) throws(SinkError) in
        guard Array(indices) == [777] else { return .init(reason: "no", isAboutContent: false) }
        taken += indices
        return nil
      }
    }
    #expect(report?.rejections.count == 899)
    #expect(taken == [777])
  }

  @Test("words that differ, or that name the content, are about the content")
  func words() throws {
    let batch = readings(30)
    for isAboutContent in [true, false] {
      var search = RefusalSearch("here", samplesPerRequest: 5000, tags: tags)
      let report = try search.deliver(batch) { (indices) throws(SinkError) in
        .init(
          reason: isAboutContent ? "no" : "unknown tag \(indices.first ?? -1)",
          isAboutContent: isAboutContent)
      }
      #expect(report.rejections.map(\.index) == Array(0..<30))
    }
  }

  @Test("a few that are all refused are refused for their content, once the server took others")
  func fewBadOnes() throws {
    var search = RefusalSearch("here", samplesPerRequest: 1000, tags: tags)
    var taken: [UInt64] = []
    /// Gives the indices that were refused of a batch.
    func deliver(_ batch: SampleBatch, bad: Set<UInt64>) throws -> [Int] {
      try search.deliver(batch) { (indices) throws(SinkError) in
        let numbers = indices.map { batch.records[$0].sequence }
        guard bad.isDisjoint(with: numbers) else {
          return .init(reason: "no", isAboutContent: false)
        }
        taken += numbers
        return nil
      }.rejections.map(\.index)
    }
    // A thousand good ones are judged together; the two behind them are alone.
    #expect(try deliver(readings(1002), bad: [1001, 1002]) == [1000, 1001])
    #expect(try deliver(readings(2, from: 1003), bad: [1003, 1004]) == [0, 1])
    #expect(try deliver(readings(99, from: 1005), bad: Set(1005...1103)) == Array(0..<99))
    #expect(try deliver(readings(3, from: 1104), bad: []) == [])
    #expect(taken == Array(1...1000) + [1104, 1105, 1106])
  }

  @Test(
    "a server that refuses everything after it took something costs no sample of a large batch",
    arguments: [1, 100, 5000])
  func refusesLater(samplesPerRequest: Int) throws {
    var search = RefusalSearch("here", samplesPerRequest: samplesPerRequest, tags: tags)
    #expect(try search.deliver(readings(50)) { _ in nil }.rejections.isEmpty)
    let batch = readings(300, from: 51)
    var requests = 0
    for _ in 0..<20 {
      let error = #expect(throws: SinkError.self) {
        try search.deliver(batch) { (_) throws(SinkError) in
          requests += 1
          return .init(reason: "no", isAboutContent: false)
        }
      }
      #expect(error?.code == .denied)
    }
    #expect(requests <= 20 * 40)
    var taken: [Int] = []
    let report = try search.deliver(batch) { (indices) throws(SinkError) in
      taken += indices
      return nil
    }
    #expect(report.rejections.isEmpty)
    #expect(taken == Array(0..<300))
  }

  @Test("two that are refused by a server that has never taken anything stay where they are")
  func twoAtFirst() throws {
    var search = RefusalSearch("here", samplesPerRequest: 1000, tags: tags)
    let error = #expect(throws: SinkError.self) {
      try search.deliver(readings(2)) { _ in .init(reason: "no", isAboutContent: false) }
    }
    #expect(error?.code == .denied)
    #expect(try search.deliver(readings(2)) { _ in nil }.rejections.isEmpty)
  }

  @Test("requests with other bodies have other keys, also where samples are left out of the middle")
  func keys() throws {
    let batch = readings(10, from: 41)
    var bodies: [String: [Int]] = [:]
    var keys: [String] = []
    var search = RefusalSearch("here", samplesPerRequest: 10, tags: tags)
    let report = try search.deliver(batch) { (indices) throws(SinkError) in
      let key = HTTPSink.key(of: batch, indices, "p")
      keys.append(key)
      #expect(bodies.updateValue(Array(indices), forKey: key) == nil)
      guard let index = indices.first(where: { [3, 5].contains($0) }) else { return nil }
      return .init(
        reason: "field type conflict: input field \"t\(index)\" on measurement \"pump\" is type "
          + "float, already exists as type integer", isAboutContent: true)
    }
    #expect(report.rejections.map(\.index) == [3, 5])
    #expect(keys == ["p-41-50", "p-41-50-9", "p-41-50-8"])
    // A group's samples that are not for the sink do not come to it at all.
    var selected = SampleBatch()
    for record in batch.records where record.sequence != 45 { selected.append(record, of: batch) }
    #expect(HTTPSink.key(of: selected, Array(0..<9)[...], "p") == "p-41-50-9")
  }

  private static let busy = SinkError(
    code: .failed, destination: "here", message: "busy", advice: "wait")

  private func readings(_ count: Int, from first: UInt64 = 1) -> SampleBatch {
    var batch = SampleBatch(
      (0..<count).map { Sample(tag: tags.intern("pump/t\($0)"), value: .double(Double($0))) })
    _ = batch.number(from: first)
    return batch
  }
}
