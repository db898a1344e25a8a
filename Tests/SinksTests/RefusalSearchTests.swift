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
    var search = RefusalSearch(batch, tags: tags)
    try search.deliver(Array(batch.indices)[...]) { (indices) throws(SinkError) in
      requests += 1
      depths.insert(Thread.callStackReturnAddresses.count)
      guard let index = indices.first(where: { $0 < 100 }) else {
        taken += indices
        return nil
      }
      return "partial write: field type conflict: input field \"t\(index)\" on measurement "
        + "\"pump\" is type float, already exists as type integer dropped=1"
    }
    #expect(search.report.rejections.map(\.index) == Array(0..<100))
    #expect(search.report.rejections[7].reason.contains("\"t7\""))
    #expect(taken == Array(100..<120))
    #expect(requests == 101)
    // However many tags are in conflict, the stack is none the deeper for it.
    #expect(depths.count == 1)
  }

  @Test("other refusals are cut in half until the culprits stand alone") func halves() throws {
    let batch = readings(50)
    let culprits: Set<Int> = [0, 17, 18, 49]
    var taken: [Int] = []
    var search = RefusalSearch(batch, tags: tags)
    try search.deliver(Array(batch.indices)[...]) { (indices) throws(SinkError) in
      guard culprits.isDisjoint(with: indices) else { return "no" }
      taken += indices
      return nil
    }
    #expect(search.report.rejections.map(\.index) == culprits.sorted())
    #expect(search.report.rejections.allSatisfy { $0.reason == "no" })
    #expect(taken == (0..<50).filter { !culprits.contains($0) })
  }

  private func readings(_ count: Int) -> SampleBatch {
    SampleBatch(
      (0..<count).map { Sample(tag: tags.intern("pump/t\($0)"), value: .double(Double($0))) })
  }
}
