/// A topic with names in it, `iot/{device}/{kind}`: what to subscribe to, what a topic says, and how a topic is made.
///
/// ```swift
/// let raw = try MQTTTopicTemplate("iot/{device}/{kind}")
/// raw.filter.text                                            // iot/+/+
/// raw.match("iot/pump-7/level")                              // ["device": "pump-7", "kind": "level"]
/// try raw.topic(["device": "pump-7", "kind": "level"])       // iot/pump-7/level
/// ```
/// A name stands for a part of one level that is not empty; several may stand in a level with text between them. Of several
/// ways to read a level the first names are the shortest. A name that stands twice has the same value in both
/// places; where it is the same only if another name of the level is longer than it could be, that is not found. Names are letters,
/// digits, `_` and `-`. The wildcards `+` and `#` may stand for levels that nobody asks for: such a template can be
/// subscribed to and matched, but no topic can be made of it.
public struct MQTTTopicTemplate: Sendable, Hashable {
  private enum Part: Sendable, Hashable {
    case text([UInt8])
    /// By its place in `names`.
    case name(Int)
  }

  private enum Level: Sendable, Hashable {
    case parts([Part])
    case any
    case rest
  }

  /// The template as it was written.
  public let text: String
  /// The names in braces, each once, in the order in which they stand.
  public let names: [String]
  /// What to subscribe to: `+` stands in place of the levels with names.
  public let filter: MQTTTopicFilter

  /// Those that are matched, behind `$share/group/`.
  private let levels: [Level]

  /// A template.
  /// - Throws: ``MQTTError/Code/invalidArgument``, saying what is wrong.
  public init(_ text: String) throws(MQTTError) {
    self.text = text
    var names: [String] = []
    var levels: [Level] = []
    var filter: [String] = []
    for level in text.utf8.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      let parts = try Self.parts(of: Array(level), names: &names, in: text)
      let hasNames = parts.contains { if case .name = $0 { true } else { false } }
      switch Array(level) {
      case [UInt8(ascii: "+")]: levels.append(.any)
      case [UInt8(ascii: "#")]: levels.append(.rest)
      default: levels.append(.parts(parts))
      }
      filter.append(hasNames ? "+" : String(decoding: level, as: UTF8.self))
    }
    self.names = names
    self.filter = try MQTTTopicFilter(filter.joined(separator: "/"))
    if self.filter.sharedGroup != nil { levels.removeFirst(2) }
    self.levels = levels
  }

  /// Whether it can only be subscribed to, because it has wildcards or the group of a shared subscription.
  public var isSubscriptionOnly: Bool {
    filter.sharedGroup != nil
      || levels.contains { if case .parts = $0 { false } else { true } }
  }

  /// The topic with these values in place of the names. Each value is a part of a single level.
  /// - Throws: ``MQTTError/Code/invalidArgument`` when a value is missing or empty, has a character that would make another topic
  ///   of it (`/`, `+`, `#`, NUL), or the template can only be subscribed to.
  public func topic(_ values: [String: String]) throws(MQTTError) -> String {
    if isSubscriptionOnly {
      throw MQTTError(
        .invalidArgument, "a template with wildcards or a group makes no topic", topic: text)
    }
    for name in names {
      guard let value = values[name], !value.isEmpty else {
        throw MQTTError(.invalidArgument, "there is no value for {\(name)}", topic: text)
      }
      if let wrong = value.utf8.first(where: { "/+#\0".utf8.contains($0) }) {
        let shown = wrong == 0 ? "NUL" : String(UnicodeScalar(wrong))
        throw MQTTError(
          .invalidArgument,
          "the value of {\(name)} contains \(shown), which would make another topic",
          topic: text)
      }
    }
    let topic = render { values[$0] ?? "" }
    try MQTTTopicFilter.checkTopic(topic)
    return topic
  }

  /// The text with whatever stands for the names, unchecked.
  package func render(_ value: (String) -> String) -> String {
    var bytes: [UInt8] = []
    for (index, level) in levels.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "/")) }
      switch level {
      case .any: bytes.append(UInt8(ascii: "+"))
      case .rest: bytes.append(UInt8(ascii: "#"))
      case .parts(let parts):
        for part in parts {
          switch part {
          case .text(let text): bytes += text
          case .name(let index): bytes += value(names[index]).utf8
          }
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Matching

  /// The values of the names in a topic; nil when the topic is not of this form.
  public func match(_ topic: String) -> [String: String]? {
    var topic = topic
    return topic.withUTF8 { bytes in
      guard let places = places(in: bytes) else { return nil }
      var values: [String: String] = [:]
      for (name, place) in zip(names, places) {
        values[name] = String(decoding: UnsafeBufferPointer(rebasing: bytes[place]), as: UTF8.self)
      }
      return values
    }
  }

  private func places(in topic: UnsafeBufferPointer<UInt8>) -> [Range<Int>]? {
    // Not for the broker's own $SYS topics, as with wildcards (MQTT 5, section 4.7.2).
    if topic.first == UInt8(ascii: "$"), startsOpen { return nil }
    var places = [Range<Int>](repeating: 0..<0, count: names.count)
    var start = 0
    for level in levels {
      // `a/#` matches `a` too.
      if case .rest = level { return places }
      guard start <= topic.count else { return nil }
      let end = topic[start...].firstIndex(of: UInt8(ascii: "/")) ?? topic.count
      if case .parts(let parts) = level, !match(parts, topic, start..<end, &places) { return nil }
      start = end + 1
    }
    return start == topic.count + 1 ? places : nil
  }

  /// Whether the first level is not known beforehand.
  private var startsOpen: Bool {
    guard case .parts(let parts) = levels.first else { return true }
    return parts.contains { if case .name = $0 { true } else { false } }
  }

  private func match(
    _ parts: [Part], _ topic: UnsafeBufferPointer<UInt8>, _ level: Range<Int>,
    _ places: inout [Range<Int>]
  ) -> Bool {
    var position = level.lowerBound
    for (index, part) in parts.enumerated() {
      switch part {
      case .text(let text):
        guard Self.has(text, topic, position..<level.upperBound) else { return false }
        position += text.count
      case .name(let name):
        var end = level.upperBound
        if index + 1 < parts.count, case .text(let next) = parts[index + 1] {
          if index + 2 == parts.count {
            end -= next.count
          } else {
            // As short as possible, but not empty.
            var candidate = position + 1
            while candidate < end, !Self.has(next, topic, candidate..<level.upperBound) {
              candidate += 1
            }
            guard candidate < end else { return false }
            end = candidate
          }
        }
        guard end > position else { return false }
        let place = position..<end
        // Not empty: it stood before.
        if !places[name].isEmpty, !topic[places[name]].elementsEqual(topic[place]) { return false }
        places[name] = place
        position = end
      }
    }
    return position == level.upperBound
  }

  private static func has(
    _ text: [UInt8], _ topic: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Bool {
    text.count <= range.count && topic[range].prefix(text.count).elementsEqual(text)
  }

  // MARK: Parsing

  private static func parts(
    of level: [UInt8], names: inout [String], in text: String
  ) throws(MQTTError) -> [Part] {
    func wrong(_ message: String) -> MQTTError {
      MQTTError(.invalidArgument, message, topic: text)
    }
    var parts: [Part] = []
    var rest = level[...]
    while let brace = rest.firstIndex(where: isBrace) {
      if brace > rest.startIndex { parts.append(.text(Array(rest[..<brace]))) }
      let inside = rest[(brace + 1)...]
      guard rest[brace] == UInt8(ascii: "{"), let end = inside.firstIndex(where: isBrace),
        inside[end] == UInt8(ascii: "}")
      else { throw wrong("a brace without its other one: names are written {device}") }
      let name = String(decoding: inside[..<end], as: UTF8.self)
      guard !name.isEmpty, inside[..<end].allSatisfy(isOfName) else {
        throw wrong("{\(name)} is no name: use letters, digits, '_' and '-'")
      }
      if case .name = parts.last {
        throw wrong("no text between two names: nobody could tell where {\(name)} begins")
      }
      if !names.contains(name) { names.append(name) }
      parts.append(.name(names.firstIndex(of: name) ?? 0))
      rest = inside[(end + 1)...]
    }
    if !rest.isEmpty { parts.append(.text(Array(rest))) }
    let isOpen = parts.contains { if case .name = $0 { true } else { false } }
    if isOpen, level.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
      throw wrong("+ and # stand alone on their level, without names")
    }
    return parts
  }

  private static func isBrace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension MQTTTopicTemplate: CustomStringConvertible {
  /// The template as it was written.
  public var description: String { text }
}
