/// What a server answered.
struct HTTPReply {
  var status: Int
  /// The body, or its first 64 KiB.
  var body: [UInt8] = []
  /// How long the server wants to be left alone.
  var retryAfter: Duration?

  static let bodyLimit = 64 << 10

  var isSuccess: Bool { (200..<300).contains(status) }

  /// Whether the server refuses what it was sent, and always will.
  var refusesContent: Bool { [400, 413, 422].contains(status) }

  /// Whether it has certainly looked at the content before it refused it. A 400 may as well mean the request: servers give it for a
  /// parameter that is missing, or for a request without TLS to a port that wants it. Databases that took what they could
  /// of the content say so.
  var isAboutContent: Bool { status != 400 || text.contains("partial write") }

  /// What it refuses, nil where it has taken everything.
  ///
  /// - Throws: The error of an answer that is neither.
  func refusal(from destination: String) throws(SinkError) -> RefusalSearch.Refusal? {
    if isSuccess { return nil }
    guard refusesContent else { throw error(from: destination) }
    return .init(reason: reason, isAboutContent: isAboutContent)
  }

  /// Why it refuses: its words, or its status where it says nothing.
  var reason: String { text.isEmpty ? "the server answered \(status)" : text }

  /// The body as one line of text of a length that fits a message.
  var text: String {
    let words = String(decoding: body, as: UTF8.self).withoutControls
      .split(whereSeparator: \.isWhitespace)
    let line = words.joined(separator: " ")
    return line.count <= 300 ? line : line.prefix(300) + "..."
  }

  /// The error of an answer that is neither success nor about the content.
  func error(from destination: String) -> SinkError {
    let (code, advice): (SinkError.Code, String) =
      switch status {
      case 300..<400:
        (.notFound, "the server is elsewhere: write its final address into the configuration")
      case 401, 403: (.denied, "check user, password or token, and what they may do")
      case 404, 405, 410: (.notFound, "check the address, and that the database or bucket exists")
      case 415:
        (.denied, "the server does not read this kind of body; without gzip it may")
      case 408, 429, 503: (.failed, "the server is busy; it is tried again")
      default: (.failed, "see the server's log")
      }
    var error = SinkError(
      code: code, destination: destination,
      message: "the server answered \(status)" + (text.isEmpty ? "" : ": \(text)"), advice: advice)
    error.retryAfter = retryAfter
    return error
  }
}
