#if History
  internal import IndustrialModel

  /// What a report remembers over restarts: how far it was written, and for how long the clock has been far behind that.
  struct ReportPlace: Sendable {
    /// The start of the first span that was not written yet, in seconds since 1970.
    var next: Int64
    /// Nil unless the clock is far behind that.
    var wait: ClockWait?

    init(next: Int64, wait: ClockWait? = nil) {
      self.next = next
      self.wait = wait
    }

    /// The content of a file; nil where it does not begin with a time.
    init?(_ bytes: [UInt8]) {
      let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      guard let first = words.first, let next = Timestamp(rfc3339: first) else { return nil }
      self.init(next: next.seconds)
      guard words.count >= 4, let start = Timestamp(rfc3339: words[1]),
        let seen = Timestamp(rfc3339: words[2]), let waited = Int64(words[3])
      else { return }
      wait = ClockWait(savedFrom: start.seconds, seen: seen.seconds, waited: waited)
    }

    /// The same as a file: a line, and another one while the clock is behind.
    var text: String {
      let first = "\(Timestamp(seconds: next))\n"
      guard let wait else { return first }
      return first
        + "\(Timestamp(seconds: wait.start)) \(Timestamp(seconds: wait.seen)) \(wait.secondsWaited)\n"
    }
  }
#endif
