import Sinks
import Testing

@Suite("The topic of a tag") struct TopicTemplateTests {
  @Test(arguments: [
    ("{gateway}/{device}/{tag}", "plant-1/pump/flow/raw"),
    ("plant/{tag}", "plant/flow/raw"),
    ("plant", "plant"),
    ("{device}-{device}/x", "pump-pump/x"),
    ("é/{gateway}-{device}", "é/plant-1-pump"),
  ])
  func isFilledIn(template: String, topic: String) throws {
    #expect(try TopicTemplate(template).topic(gateway: "plant-1", tag: "pump/flow/raw") == topic)
  }

  @Test(arguments: [
    "", "a/+/b", "a/#", "{device", "device}", "{}", "{unit}", "{gateway}{tag}", "$share/g/{tag}",
    "a\u{0}",
  ])
  func refusesWhatIsNone(template: String) {
    let error = #expect(throws: SinkError.self) { try TopicTemplate(template) }
    #expect(error?.code == .invalid && error?.advice.isEmpty == false)
  }

  @Test func wildcardsInATagDoNotReachTheBroker() throws {
    #expect(try TopicTemplate("{device}/{tag}").topic(gateway: "", tag: "a/b+c#") == "a/b_c_")
    #expect(try TopicTemplate("{device}|{tag}").topic(gateway: "", tag: "alone") == "alone|alone")
  }
}
