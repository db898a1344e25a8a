import Testing

@testable import MQTT

@Suite struct OutboxTests {
  /// A call is always waiting, so the list of them is never empty.
  @Test func callsThatAreDoneDoNotPileUpUnderASteadyLoad() throws {
    var outbox = MQTTOutbox(timeout: .seconds(30), mailbox: try MQTTMailbox())
    let now = ContinuousClock.now
    let message = MQTTMessage(topic: "a", text: "", qos: .atMostOnce)
    outbox.add([message], MQTTReply<[MQTTRefusal]>(), now: now)
    for identifier in 1...Int32(10_000) {
      outbox.add([message], MQTTReply<[MQTTRefusal]>(), now: now)
      guard let (job, index) = outbox.nextMessage() else {
        Issue.record("nothing may be sent")
        return
      }
      outbox.willPublish()
      outbox.didPublish(job, index, identifier: identifier)
      outbox.settled(identifier, reason: 0)
      #expect(job.reply.isSettled)
    }
    #expect(outbox.backlog.count < 2000)
  }
}
