internal import IndustrialModel
internal import MQTT

/// What the body of a request looks like, for servers that want it in a way of their own.
///
/// ```
/// {"id": "{device}.{tag}", "v": {value}, "ts": {time_ms}}          a sample
/// {"from": {gateway}, "readings": [{samples}]}                      the envelope of a request, if several samples share one
/// ```
///
/// A place is a name in braces. In JSON it becomes text in quotes, a number, `true` or `null` as its value is; inside of quotes it
/// becomes part of the text, escaped. In XML and forms it is escaped too, in other types it stands as it is.
public struct HTTPTemplate: Sendable, Equatable {
  /// The `Content-Type` of the requests.
  public let contentType: String
  let escaping: TextEscaping
  let sample: TextTemplate<SamplePlace>
  let envelope: TextTemplate<EnvelopePlace>?

  /// The places that a sample has, by their names.
  enum SamplePlace: String, Sendable, CaseIterable {
    case gateway, device, tag, path, value, quality, status, reason, seq
    case sampleClass = "class"
    case time
    case timeMilliseconds = "time_ms"
    case timeNanoseconds = "time_ns"
    case sourceTime = "source_time"
  }

  /// The places of an envelope.
  enum EnvelopePlace: String, Sendable, CaseIterable {
    case gateway, samples, count
    case first = "first_seq"
    case last = "last_seq"
  }

  /// A template.
  ///
  /// - Parameters:
  ///   - sample: What a sample becomes. Places: gateway, device and tag (the parts of a tag's path before and behind its first
  ///     slash), path (the whole), value, quality, status, reason, class, seq, time and source_time (RFC 3339), time_ms and time_ns
  ///     (since 1970).
  ///   - envelope: What a request is, around its samples. Places: samples (once; joined by commas in JSON, `&` in forms, line
  ///     ends elsewhere), gateway, count, first_seq, last_seq. Nil: each sample is a request.
  ///   - contentType: The media type, by which texts are escaped.
  /// - Throws: `SinkError` of code `invalid` for unknown places, and where no JSON would come of it.
  public init(
    _ sample: String, envelope: String? = nil, contentType: String = "application/json"
  ) throws(SinkError) {
    let escaping = TextEscaping(contentType: contentType)
    self.escaping = escaping
    self.contentType = contentType
    self.sample = try TextTemplate(sample, escaping)
    if let envelope {
      let parsed = try TextTemplate<EnvelopePlace>(envelope, escaping)
      let places = parsed.parts.filter {
        if case .place(.samples, _) = $0 { true } else { false }
      }
      guard places == [.place(.samples, isQuoted: false)] else {
        throw Self.invalid(
          envelope, "an envelope has the samples in one place, and not in quotes",
          "write {samples} once, in JSON as [{samples}]")
      }
      self.envelope = parsed
    } else {
      self.envelope = nil
    }
    try checkJSON()
  }

  private static func invalid(
    _ text: String, _ message: String, _ advice: String
  ) -> SinkError {
    SinkError(code: .invalid, destination: text, message: message, advice: advice)
  }

  /// Tries it out: what comes of two samples has to be JSON.
  private func checkJSON() throws(SinkError) {
    guard escaping == .json else { return }
    let tags = TagRegistry()
    var batch = SampleBatch()
    batch.append(Sample(tag: tags.intern("d/t"), value: .string("\"")))
    batch.append(Sample(tag: tags.intern("d/t"), value: .none, quality: .bad))
    var writer = HTTPTemplateWriter(self, gateway: "g", tags: tags)
    for indices in envelope == nil ? [[0], [1]] : [[0, 1]] {
      var text: [UInt8] = []
      writer.append(batch, indices[...], to: &text)
      guard isJSONDocument(text) else {
        throw Self.invalid(
          envelope?.text ?? sample.text, "the template gives no JSON",
          "try it out with a sample, or name another content_type. It would give: "
            + String(decoding: text, as: UTF8.self))
      }
    }
  }
}
