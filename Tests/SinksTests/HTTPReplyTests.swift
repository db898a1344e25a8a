import Testing

@testable import Sinks

@Suite("A server's words stay on one line of a message") struct HTTPReplyTests {
  @Test(
    "control characters and line ends become blanks",
    arguments: [
      ("no\r\nwarning: forged", "no warning: forged"), ("a\u{1B}[2Jb", "a [2Jb"),
      ("a\u{9B}2Jb\u{85}c", "a 2Jb c"), ("a\u{2028}b\u{7F}\u{0}c", "a b c"),
      ("  naïve €\t\n", "naïve €"), ("\u{7}", ""),
    ])
  func controls(body: String, text: String) {
    var reply = HTTPReply(status: 422)
    reply.body = Array(body.utf8)
    #expect(reply.text == text)
    #expect(reply.reason == (text.isEmpty ? "the server answered 422" : text))
    #expect(reply.error(from: "here").message.utf8.allSatisfy { $0 >= 0x20 })
  }

  @Test("which answers are about the content") func content() {
    let statuses = [200, 301, 400, 401, 404, 413, 415, 422, 429, 500, 503]
    #expect(statuses.filter { HTTPReply(status: $0).refusesContent } == [400, 413, 422])
  }

  @Test("a 400 may be about the request, unless the server took a part") func request() {
    #expect([413, 422].allSatisfy { HTTPReply(status: $0).isAboutContent })
    #expect(!HTTPReply(status: 400).isAboutContent)
    let words = #"{"error":"partial write: points beyond retention policy dropped=1"}"#
    #expect(HTTPReply(status: 400, body: Array(words.utf8)).isAboutContent)
  }
}
