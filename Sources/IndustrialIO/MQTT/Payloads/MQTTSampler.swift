public import IndustrialModel

/// Makes samples of messages: which topics, what in their payloads, which tags.
///
/// ```swift
/// let tags = TagRegistry()
/// let raw = try MQTTTopicTemplate("iot/{device}/raw")
/// var sampler = MQTTSampler(tags: tags)
/// try sampler.add("{device}/level", from: raw, reading: MQTTPayloadReader(at: MQTTJSONPath("level")))
/// try sampler.add("{device}/t", from: raw, reading: MQTTPayloadReader(at: MQTTJSONPath("t"), scale: 0.1))
///
/// for try await batch in try await broker.durableSubscription(raw.filter.text) {
///   var samples = SampleBatch()
///   sampler.append(batch.messages, to: &samples)
///   try await store.append(samples)
///   batch.acknowledge()
/// }
/// ```
/// A message gives one sample for each tag of its topic, whatever it holds: what can't be read is a sample of bad quality
/// (``MQTTPayloadReader``). What the broker had retained may be of any age and is of uncertain quality. The messages of a call are a
/// nanosecond apart, so that each is a moment of its own.
///
/// A tag has one topic: a topic whose tag another topic already feeds is refused, and so are topics with names that can't be parts of a
/// tag (control characters, braces, longer than 255 bytes) and more tags than the limit. ``refused`` counts their messages.
public struct MQTTSampler: Sendable {
  private struct Source: Sendable {
    var template: MQTTTopicTemplate
    var tag: MQTTTopicTemplate
    var reader: MQTTPayloadReader
  }

  /// The tags of one topic and how they are read.
  private struct Plan: Sendable {
    var tags: [TagID] = []
    var readers: [MQTTPayloadReader] = []
    /// Why another tag of the topic was not made.
    var refusal: String?
    /// Whether the templates have been asked.
    var isComplete = false
  }

  /// Messages on topics that none of the templates has.
  public private(set) var unknown: UInt64 = 0
  /// Messages of which at least one tag could not be made.
  public private(set) var refused: UInt64 = 0
  /// The topic of the last of them, and why.
  public private(set) var lastRefusal: String?
  /// The tags so far, in the order in which they were made.
  public private(set) var sampledTags: [TagID] = []

  private let registry: TagRegistry
  private let limit: Int
  private var sources: [Source] = []
  /// By topic: those that had a message, and those without names. Bounded as the tags are.
  private var plans: [String: Plan] = [:]
  /// The topics of tags that templates made; of those that they are not to make, an empty text.
  private var owners: [String: String] = [:]

  /// A sampler without tags.
  ///
  /// - Parameters:
  ///   - tags: Where the tags are named.
  ///   - limit: The most tags that topics may make.
  public init(tags: TagRegistry, limit: Int = 100_000) {
    registry = tags
    self.limit = limit
  }

  /// Makes a tag, or with names in braces one of each topic that comes.
  ///
  /// - Parameters:
  ///   - tag: Its path, `{device}/level`. All names of the topic stand in it, and no others.
  ///   - topic: The topics of its messages.
  ///   - reader: What is taken out of them.
  /// A tag without names in braces goes before those that templates would make of the same path.
  /// - Throws: ``MQTTError/Code/invalidArgument`` when the names of tag and topic are not the same, the topic has wildcards, or the tag
  ///   has another topic.
  public mutating func add(
    _ tag: String, from topic: MQTTTopicTemplate,
    reading reader: MQTTPayloadReader = MQTTPayloadReader()
  ) throws(MQTTError) {
    let path = try MQTTTopicTemplate(tag)
    if path.isSubscriptionOnly || topic.isSubscriptionOnly {
      throw MQTTError(
        .invalidArgument, "+ and # would mix several topics in one tag; use names: {device}",
        topic: topic.text)
    }
    if let lost = topic.names.first(where: { !path.names.contains($0) }) {
      throw MQTTError(
        .invalidArgument,
        "{\(lost)} is not in the tag '\(tag)', which would mix the values of several topics",
        topic: topic.text)
    }
    if let missing = path.names.first(where: { !topic.names.contains($0) }) {
      throw MQTTError(
        .invalidArgument, "{\(missing)} of the tag '\(tag)' is not in the topic", topic: topic.text)
    }
    guard topic.names.isEmpty else {
      return sources.append(Source(template: topic, tag: path, reader: reader))
    }
    guard owners[tag] == nil else {
      throw MQTTError(.invalidArgument, "the tag '\(tag)' has another topic", topic: topic.text)
    }
    var plan = plans[topic.text] ?? Plan()
    make(tag, of: topic.text, reader, in: &plan)
    plans[topic.text] = plan
    // Named by the caller: that templates could make it too is no mistake.
    owners[tag] = ""
  }

  /// Keeps tags from being made by templates, because they come from elsewhere.
  public mutating func reserve(_ tags: some Sequence<String>) {
    for tag in tags where owners[tag] == nil { owners[tag] = "" }
  }

  /// Appends the samples of messages, in their order.
  public mutating func append(_ messages: [MQTTMessage], to samples: inout SampleBatch) {
    append(messages, at: .now(), monotonic: MonotonicClock.now(), to: &samples)
  }

  /// Appends the samples of messages that came at a time, by both clocks of this machine.
  package mutating func append(
    _ messages: [MQTTMessage], at time: Timestamp, monotonic: Int64,
    to samples: inout SampleBatch
  ) {
    var now = time
    for message in messages {
      guard let plan = plan(of: message.topic) else { continue }
      let readings = MQTTPayloadReader.read(plan.readers, message.payload)
      for (tag, reading) in zip(plan.tags, readings) {
        var quality = reading.quality
        if message.retain, quality.isGood { quality = .uncertainLastUsableValue }
        samples.append(
          Sample(
            tag: tag, value: reading.value, quality: quality, gatewayTime: now,
            monotonicTime: monotonic))
      }
      now.nanoseconds &+= 1
    }
  }

  // MARK: Topics

  /// The tags of the topic of a message; nil when there are none.
  private mutating func plan(of topic: String) -> Plan? {
    var plan = plans[topic] ?? Plan()
    if !plan.isComplete {
      let isKnown = complete(&plan, of: topic)
      if !isKnown, plan.tags.isEmpty { unknown += 1 }
      // Topics that make no tag are not remembered: there may be any number of them.
      if !plan.tags.isEmpty { plans[topic] = plan }
    }
    if let refusal = plan.refusal {
      refused += 1
      lastRefusal = refusal
    }
    return plan.tags.isEmpty ? nil : plan
  }

  /// Makes the tags that templates have for a topic; false when the topic is of none of them.
  private mutating func complete(_ plan: inout Plan, of topic: String) -> Bool {
    plan.isComplete = true
    var isKnown = false
    for source in sources {
      guard let values = source.template.match(topic) else { continue }
      isKnown = true
      let tag = source.tag.render { values[$0] ?? "" }
      if let wrong = values.first(where: { !Self.canName($0.value) }) {
        plan.refusal = "'\(topic)': its {\(wrong.key)} can't be a part of a tag's name"
      } else if let owner = owners[tag] {
        // What is reserved comes from elsewhere, as it should.
        if !owner.isEmpty {
          plan.refusal = "'\(topic)': the tag '\(tag)' comes from the topic '\(owner)'"
        }
      } else if sampledTags.count >= limit {
        plan.refusal = "'\(topic)': there are \(limit) tags already"
      } else {
        make(tag, of: topic, source.reader, in: &plan)
      }
    }
    return isKnown
  }

  private mutating func make(
    _ tag: String, of topic: String, _ reader: MQTTPayloadReader, in plan: inout Plan
  ) {
    owners[tag] = topic
    let id = registry.intern(tag)
    sampledTags.append(id)
    plan.tags.append(id)
    plan.readers.append(reader)
  }

  private static func canName(_ value: String) -> Bool {
    value.utf8.count <= 255
      && value.utf8.allSatisfy { byte in
        byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}")
      }
  }
}
