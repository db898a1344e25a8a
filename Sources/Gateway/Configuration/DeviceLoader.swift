#if Gateway
  internal import Formula
  internal import IndustrialModel
  internal import MQTT
  internal import Modbus
  internal import Yams

  /// Reads the description of a device and its tags, which depends on the bus that it is on.
  struct DeviceLoader {
    private let section: YAMLSection
    private let groups: TagGroups

    init(_ section: YAMLSection, groups: TagGroups) {
      self.section = section
      self.groups = groups
    }

    func load(
      _ name: String, buses: [GatewayConfiguration.Bus]
    ) -> GatewayConfiguration.Device? {
      let busName = section.text("bus", expected: "the name of a bus", required: true)
      let bus = buses.first { $0.name == busName }
      if let busName, bus == nil {
        let nearest = Spelling.nearest(to: busName, among: buses.map(\.name))
        section.problem(
          at: "bus", "there is no bus '\(busName)'",
          nearest.map { "did you mean '\($0)'?" }
            ?? "known: \(buses.map(\.name).joined(separator: ", "))")
      }
      guard let bus else {
        section.giveUp()
        return nil
      }
      var device = GatewayConfiguration.Device(name: name, bus: bus.name)
      let group = groups.group(of: section)
      switch bus.transport {
      case .modbusTCP, .modbusRTU:
        device.unit = section.value("unit", expected: "a unit from 0 to 255") { UInt8($0) } ?? 1
        device.every = period(group)
        device.tags = tags("{level: {at: holding/0}}") { tagName, part in
          var tag = RegisterTagLoader(part).load(tagName)
          tag?.every = join("\(name)/\(tagName)", part, group)
          return tag
        }
      case .mqtt(_, let filter):
        device.messages = tags("{level: {topic: plant/tank/level}}", mayHaveBraces: true) {
          _ = join("\(name)/\($0)", $1, group)
          return message($0, $1, of: device, filter: filter)
        }
      case .simulator:
        device.recording = recording()
        guard device.recording == nil else {
          groups.add("\(name)/*", to: group, section)
          break
        }
        device.every = period(group)
        device.simulated = tags("{level: {shape: sine}}") { tagName, part in
          var tag = simulated(tagName, part)
          tag?.every = join("\(name)/\(tagName)", part, group)
          return tag
        }
      case .system:
        device.every = period(group)
        groups.add("\(name)/*", to: group, section)
      case .canLog, .socketCAN: groups.add("\(name)/*", to: group, section)
      }
      if name.contains("{"), device.messages.isEmpty {
        section.problem(
          "only topics of a bus of driver mqtt give names in braces",
          "write the name of the device instead of '\(name)'")
      }
      return device
    }

    /// Notes the group of a tag, which is its device's unless it has one of its own; gives the period of its own.
    private func join(
      _ tag: String, _ section: YAMLSection, _ device: TagGroup?
    ) -> Duration? {
      let own = groups.group(of: section)
      groups.add(tag, to: own ?? device, section)
      return own?.every
    }

    private func recording() -> Recording? {
      let path = section.text("recording", expected: "a CSV file")
      let repeats = section.flag("repeat")
      guard let path else {
        if repeats != nil {
          section.problem(at: "repeat", "repeat what?", "add  recording: FILE")
        }
        return nil
      }
      if section.node("tags") != nil {
        section.problem(
          at: "tags", "a recording has the tags of its columns", "leave out tags or recording")
      }
      let every = section.duration("every")
      if let every, every <= .zero {
        section.problem(at: "every", "a period must be longer than nothing", "write every: 1s")
      }
      if let columns = try? RecordingReader.columns(of: path) {
        for column in columns
        where !column.split(separator: "/", omittingEmptySubsequences: false)
          .allSatisfy({ ProblemLog.isName(String($0)) })
        {
          section.problem(
            at: "recording", "the column '\(column)' can't be a tag",
            "use letters, digits, '.', '_' and '-' in the first line of the file")
        }
        if let column = RecordingReader.doubled(in: columns) {
          section.newProblem(
            at: "recording", "two columns are called '\(column)', and would feed one tag",
            "give each column a name of its own in the first line of the file")
        }
      }
      return Recording(path: path, every: every, repeats: repeats ?? false)
    }

    private func period(_ group: TagGroup?) -> Duration {
      let every = section.duration("every") ?? group?.every ?? .seconds(1)
      if every <= .zero {
        section.problem(at: "every", "a period must be longer than nothing", "write every: 1s")
      }
      return every
    }

    private func tags<Tag>(
      _ example: String, mayHaveBraces: Bool = false, _ build: (String, YAMLSection) -> Tag?
    ) -> [Tag] {
      let tags = section.each("tags", mayHaveBraces: mayHaveBraces, build)
      if tags.isEmpty { section.problem("the device has no tags", "add  tags: \(example)") }
      return tags
    }

    private func message(
      _ name: String, _ section: YAMLSection, of device: GatewayConfiguration.Device,
      filter: String
    ) -> MessageTag? {
      let topic = section.text("topic", expected: "a topic", required: true)
      let type = section.value(
        "type",
        expected: "one of \(MessageTag.ValueType.allCases.map(\.rawValue).joined(separator: ", "))"
      ) {
        MessageTag.ValueType(rawValue: $0)
      }
      let path = section.text("json", expected: "keys joined by dots, such as readings.0.t")
      let scale = section.number("scale")
      let offset = section.number("offset")
      let unit = section.text("unit", expected: "a UCUM unit")
      if scale != nil || offset != nil, let type, type != .number {
        section.problem("only numbers are scaled", "leave out scale and offset")
      }
      guard let topic else { return nil }
      let tag = MessageTag(
        name: name, topic: topic, path: path, type: type ?? .number, scale: scale ?? 1,
        offset: offset ?? 0, unit: unit)
      do throws(MQTTError) {
        if let path { _ = try MQTTJSONPath(path) }
      } catch {
        section.problem(
          at: "json", error.message, "write keys joined by dots, such as readings.0.t")
        return tag
      }
      do throws(MQTTError) {
        var sampler = MQTTSampler(tags: TagRegistry())
        try device.add(tag, to: &sampler)
        let topics = try device.topic(of: tag).filter
        if let filter = try? MQTTTopicTemplate(filter).filter, !filter.matches(topics.text) {
          section.problem(
            at: "topic", "the bus does not subscribe to '\(topics)', only to \(filter)",
            "correct the topic, or the bus's  subscribe")
        }
      } catch {
        section.problem(
          at: "topic", error.message,
          "write one topic, or one with names that also stand in the name of the device or the tag")
      }
      return tag
    }

    private func simulated(_ name: String, _ section: YAMLSection) -> SimulatedTag? {
      var tag = SimulatedTag(name: name)
      tag.shape =
        section.value(
          "shape",
          expected: "one of \(SimulatedTag.Shape.allCases.map(\.rawValue).joined(separator: ", "))"
        ) { SimulatedTag.Shape(rawValue: $0) } ?? tag.shape
      tag.minimum = section.number("min") ?? tag.minimum
      tag.maximum = section.number("max") ?? tag.maximum
      tag.period = section.duration("period") ?? tag.period
      tag.unit = section.text("unit", expected: "a UCUM unit")
      if tag.period <= .zero {
        section.problem(at: "period", "a period must be longer than nothing", "write period: 60s")
      }
      if tag.minimum > tag.maximum {
        section.problem(at: "min", "min is above max", "exchange them")
      }
      return tag
    }
  }
#endif
