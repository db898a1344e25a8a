internal import IndustrialModel

/// What a batch says about twins: for each of them a JSON object with the newest value of each attribute.
struct TwinUpdate {
  /// The update of one twin.
  struct Part {
    /// The topic, or the path behind the address.
    var place: String
    /// The indices of the newest samples of its attributes, in the order in which they came first.
    var indices: [Int]
    var body: [UInt8]
  }

  private(set) var parts: [Part] = []

  /// - Parameters:
  ///   - attributes: By tag number; nil for tags that are none of the twin's business.
  ///   - places: By tag number.
  init(_ batch: SampleBatch, attributes: [String?], places: [String]) {
    var known: [String: Int] = [:]
    var newest: [[String: Int]] = []
    for (index, record) in batch.records.enumerated() {
      let tag = Int(record.tag.rawValue)
      guard tag < attributes.count, let attribute = attributes[tag] else { continue }
      let part = known[places[tag]] ?? parts.count
      if part == parts.count {
        known[places[tag]] = part
        parts.append(Part(place: places[tag], indices: [], body: []))
        newest.append([:])
      }
      if let slot = newest[part][attribute] {
        parts[part].indices[slot] = index
      } else {
        newest[part][attribute] = parts[part].indices.count
        parts[part].indices.append(index)
      }
    }
    for part in parts.indices {
      for index in parts[part].indices {
        let record = batch.records[index]
        let isFirst = parts[part].body.isEmpty
        parts[part].body.append(isFirst ? UInt8(ascii: "{") : UInt8(ascii: ","))
        parts[part].body.append(json: attributes[Int(record.tag.rawValue)] ?? "")
        parts[part].body.append(UInt8(ascii: ":"))
        record.appendJSON(of: batch, to: &parts[part].body)
      }
      parts[part].body.append(UInt8(ascii: "}"))
    }
  }
}
