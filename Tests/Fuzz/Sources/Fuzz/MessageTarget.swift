import IndustrialModel
import MQTT

extension FuzzTarget {
  /// A message of anybody: a template, a place in JSON and a topic on the first three lines, then the payload. What a template
  /// reads it makes again, and what has no value has a quality that says so.
  static let message = FuzzTarget(
    name: "message",
    texts: [
      "iot/{device}/{kind}\nreadings.0.t\niot/pump-7/level\n{\"readings\":[{\"t\":-2.5e1}]}",
      "{site}-{line}/x{d}/#\na\\.b\nbrno-2/x7/rest\n{\"a.b\":\"\\ud83d\\ude00\\n\",\"a.b\":true}",
      "$share/g/+/{d}\n0\na/b\n[18446744073709551615,null,[]]", "plain\nt\nplain\n 21.5 \n",
      "{d}/{d}_set\nk\np/p_set\n{\"k\":{\"\\u006b\":false}}",
    ]
  ) { bytes in
    let parts = bytes.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return }
    let lines = parts.map { String(decoding: $0, as: UTF8.self) }
    let payload = Array(parts[3])
    let path = try? MQTTJSONPath(lines[1])
    for type in MQTTPayloadReader.ValueType.allCases {
      let read = MQTTPayloadReader(at: path, as: type, scale: type == .number ? 3 : 1).read(payload)
      precondition((read.value == .none) == read.quality.isBad, "no value without a reason")
    }
    guard let template = try? MQTTTopicTemplate(lines[0]) else { return }
    if let values = template.match(lines[2]) {
      precondition(template.filter.matches(lines[2]), "matched, and not subscribed to")
      if let again = try? template.topic(values) {
        precondition(again == lines[2], "another topic than the one that was read")
      }
    }
    let tag = "d" + template.names.map { "/{\($0)}" }.joined()
    var sampler = MQTTSampler(tags: TagRegistry(), limit: 1)
    guard (try? sampler.add(tag, from: template)) != nil else { return }
    var samples = SampleBatch()
    sampler.append(
      [
        MQTTMessage(topic: lines[2], payload: payload),
        MQTTMessage(topic: lines[0], payload: payload),
      ],
      to: &samples)
    precondition(samples.count <= 2, "more samples than messages")
  }
}
