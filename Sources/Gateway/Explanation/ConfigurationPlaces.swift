#if Gateway
  internal import MQTT
  internal import Yams

  /// Finds where in the text of a configuration things stand.
  struct ConfigurationPlaces {
    private let root: Node?

    init(_ yaml: String) { root = try? Yams.compose(yaml: yaml, .basic) }

    /// Where a tag stands, its formula and its rules; in the order of the way of a value.
    func places(of tag: String) -> [Explanation.Place] {
      let own = deviceOrFormula(of: tag)
      guard own.allSatisfy({ $0.what == "device" }),
        let window = ProcessingRule.windowTag(of: tag)
      else { return ownPlaces(of: tag) }
      // What comes of a window stands with the tag that is gathered there.
      let gathered = ownPlaces(of: window.tag)
      return gathered.contains { $0.what == "rule" || $0.what == "group" }
        ? gathered : ownPlaces(of: tag)
    }

    private func ownPlaces(of tag: String) -> [Explanation.Place] {
      let rule =
        place("rule", ["processing", tag]) ?? groupRule(of: tag) ?? ruleForSeveral(of: tag)
      return deviceOrFormula(of: tag) + (rule.map { [$0] } ?? [])
    }

    private func deviceOrFormula(of tag: String) -> [Explanation.Place] {
      if let formula = place("formula", ["formulas", tag]) { return [formula] }
      guard let slash = tag.firstIndex(of: "/") else { return [] }
      let device = String(tag[..<slash])
      let name = String(tag[tag.index(after: slash)...])
      if let exact = place("tag", ["devices", device, "tags", name]) { return [exact] }
      if let template = templateOf(tag) { return [template] }
      return place("device", ["devices", device]).map { [$0] } ?? []
    }

    /// A tag that topics name: `{device}/level`.
    private func templateOf(_ tag: String) -> Explanation.Place? {
      for device in keys(["devices"]) {
        for name in keys(["devices", device, "tags"]) where (device + name).contains("{") {
          guard let template = try? MQTTTopicTemplate("\(device)/\(name)"),
            template.match(tag) != nil
          else { continue }
          return place("tag", ["devices", device, "tags", name])
        }
      }
      return nil
    }

    private func ruleForSeveral(of tag: String) -> Explanation.Place? {
      let rules = ProcessingRules(keys(["processing"]).map { ProcessingRule($0) })
      return rules.rule(for: tag).flatMap { place("rule", ["processing", $0.pattern]) }
    }

    /// The rule of the group that a tag, its formula or its device is in.
    private func groupRule(of tag: String) -> Explanation.Place? {
      let parts = tag.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      // A formula that is named like the tags of a device is none of them.
      let owners =
        entry(["formulas", tag]) != nil
        ? [["formulas", tag]]
        : [["devices", parts[0], "tags", parts[1]], ["devices", parts[0]]]
      for owner in owners {
        guard let group = entry(owner + ["group"])?.value.scalar?.string else { continue }
        return place("group", ["groups", group, "processing"])
      }
      return nil
    }

    private func keys(_ path: [String]) -> [String] {
      entry(path)?.value.mapping?.keys.compactMap { $0.scalar?.string } ?? []
    }

    private func place(_ what: String, _ path: [String]) -> Explanation.Place? {
      entry(path)?.key.mark.map { mark in
        Explanation.Place(what: what, path: path.joined(separator: "."), line: mark.line)
      }
    }

    private func entry(_ path: [String]) -> (key: Node, value: Node)? {
      var found: (key: Node, value: Node)?
      var node = root
      for key in path {
        guard let mapping = node?.mapping,
          let next = mapping.first(where: { $0.key.scalar?.string == key })
        else { return nil }
        (found, node) = ((next.key, next.value), next.value)
      }
      return found
    }
  }
#endif
