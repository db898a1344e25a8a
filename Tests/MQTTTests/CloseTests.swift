import Testing

@testable import MQTT

/// A session's thread may be in a call of the system that nobody can shorten: looking up a name, or trying the addresses of
/// one for TLS.
@Suite(.timeLimit(.minutes(15))) struct CloseTests {
  @Test func whoClosesDoesNotWaitForAThreadThatDoesNotAnswer() async throws {
    let reply = MQTTReply<Void>()
    await reply.wait(atMost: .milliseconds(50))
    // The late answer finds nobody.
    reply.succeed(())
    #expect(reply.isSettled)
  }

  @Test func theWaitEndsWithTheAnswer() async throws {
    let reply = MQTTReply<Void>()
    let waiting = Task { await reply.wait(atMost: .seconds(3600)) }
    reply.succeed(())
    await waiting.value
  }
}
