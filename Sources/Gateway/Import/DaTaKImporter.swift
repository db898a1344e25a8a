#if Gateway
  internal import Glibc
  internal import Yams

  /// Takes over the configuration of a DaTaK gateway: its `gateway.yaml`, and the sensors as its API exports them
  /// (`/api/config/export`, or the body of an import).
  ///
  /// Secrets are not copied: the result names environment variables for them.
  public struct DaTaKImporter {
    var notes: [String] = []
    private var system: Node?
    private var sensors: [Node] = []

    /// An importer that has seen nothing yet.
    public init() {}

    /// Reads a file by its name, as `add(_:file:)`.
    ///
    /// - Throws: `ConfigurationError` for a file that can't be read or is something else.
    public mutating func add(contentsOf path: String) throws(ConfigurationError) {
      guard let bytes = readFile(path) else { throw .unreadable(path, errno: errno) }
      try add(String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads a file, YAML or JSON, with settings, sensors or both.
    ///
    /// - Throws: `ConfigurationError` for what is neither.
    public mutating func add(_ text: String, file: String) throws(ConfigurationError) {
      func wrong(_ message: String, _ mark: Mark? = nil) -> ConfigurationError {
        ConfigurationError(
          file: file,
          problems: [
            .init(
              line: mark?.line ?? 0, column: mark?.column ?? 0, path: "", message: message,
              advice:
                "name the gateway.yaml of a DaTaK gateway, or what its /api/config/export gave")
          ])
      }
      let root: Node?
      do {
        root = try Yams.compose(yaml: text)
      } catch {
        throw wrong("no valid YAML or JSON: \(error)")
      }
      guard let root else { throw wrong("the file is empty") }
      if let list = root.sequence {
        sensors += list
        return
      }
      let inner = root["config"] ?? root
      guard inner.mapping != nil else { throw wrong("no settings and no sensors", root.mark) }
      if let list = inner["sensors"]?.sequence {
        sensors += list
      }
      let sections = ["gateway", "influxdb", "mqtt", "digital_twin", "reports"]
      let isSystem = sections.contains { inner[$0]?.mapping != nil }
      if isSystem { system = inner }
      guard isSystem || inner["sensors"] != nil else {
        throw wrong("no settings and no sensors", root.mark)
      }
    }

    /// The configuration that follows from all that was added.
    public mutating func convert() -> ImportedConfiguration {
      var plant = ImportedPlant(defaultBroker: broker)
      for sensor in sensors { plant.add(DaTaKSensor(sensor)) }
      var sections = [heading, plant.yaml]
      let sinks = sinks(of: plant)
      if !sinks.isEmpty { sections.append("sinks:\n" + sinks) }
      if let reports { sections.append(reports) }
      return ImportedConfiguration(
        yaml: sections.filter { !$0.isEmpty }.joined(separator: "\n"), notes: notes + plant.notes)
    }

    private var heading: String {
      let name = system?.text("gateway", "name") ?? "datak"
      var line = "gateway: {id: \(YAMLText.name(name))"
      if let folder = system?.text("gateway", "data_dir") {
        line += ", data: \(YAMLText.quoted(folder))"
      }
      return "schema: iiot/1\n\(line)}\n"
    }

    private var broker: ImportedPlant.Broker {
      ImportedPlant.Broker(
        host: system?.text("mqtt", "broker") ?? "localhost",
        port: system?.text("mqtt", "port").flatMap { UInt16($0) } ?? 1883,
        user: system?.text("mqtt", "username"))
    }

    private mutating func sinks(of plant: ImportedPlant) -> String {
      var sinks = ""
      if let url = system?.text("influxdb", "url") {
        let bucket = system?.text("influxdb", "bucket") ?? "sensors"
        let organization = system?.text("influxdb", "org") ?? "datak"
        sinks += """
            influx:
              type: influxdb
              url: \(YAMLText.quoted(url))
              bucket: \(YAMLText.quoted(bucket))
              organization: \(YAMLText.quoted(organization))
              token: ${env:INFLUX_TOKEN}

          """
        notes.append(
          "influxdb: the token is taken from the environment variable INFLUX_TOKEN; measurements are named after devices, "
            + "not sensor_reading")
      }
      sinks += twin(of: plant)
      if system?["reports"]?.mapping != nil {
        sinks += "  local: {type: history, path: history.db}\n"
        notes.append("reports: made from a local history, history.db, which is a sink of its own")
      }
      return sinks
    }

    private mutating func twin(of plant: ImportedPlant) -> String {
      guard system?.text("digital_twin", "enabled") != "false", !plant.twinAttributes.isEmpty else {
        return ""
      }
      let attributes = plant.twinAttributes.map {
        "      \($0.tag): \(YAMLText.quoted($0.attribute))\n"
      }.joined()
      if let host = system?.text("digital_twin", "host"),
        let topic = system?.text("digital_twin", "topic")
      {
        let port = system?.text("digital_twin", "port").flatMap { UInt16($0) } ?? 1883
        let scheme = port == 8883 || port == 443 ? "mqtts" : "mqtt"
        var keys = "    url: \(scheme)://\(host):\(port)\n    topic: \(YAMLText.quoted(topic))\n"
        if let user = system?.text("digital_twin", "username") {
          keys += "    user: \(YAMLText.quoted(user))\n    password: ${env:TWIN_PASSWORD}\n"
          notes.append(
            "digital_twin: the password is taken from the environment variable TWIN_PASSWORD")
        }
        return "  twin:\n    type: twin-mqtt\n\(keys)    attributes:\n\(attributes)"
      }
      guard let endpoint = system?.text("digital_twin", "endpoint") else { return "" }
      notes.append("digital_twin: the key is taken from the environment variable TWIN_API_KEY")
      return "  twin:\n    type: twin-http\n    url: \(YAMLText.quoted(endpoint))\n"
        + "    token: ${env:TWIN_API_KEY}\n    attributes:\n\(attributes)"
    }

    private var reports: String? {
      mutating get {
        guard let section = system?["reports"], section.mapping != nil else { return nil }
        guard section["enabled"]?.scalar?.string != "false" else {
          notes.append("reports: they were switched off, and are left out")
          return nil
        }
        let folder = YAMLText.quoted(section["output_dir"]?.scalar?.string ?? "data/exports")
        let retention = section["retention"]
        let ages = [("compress_after_days", "gzip_after"), ("delete_after_days", "delete_after")]
          .compactMap { old, new -> String? in
            guard let days = retention?[old]?.scalar?.string, Int(days) ?? 0 > 0 else { return nil }
            return ", \(new): \(days)d"
          }.joined()
        let known = ["1min": "1min", "5min": "5min", "10min": "10min", "1hour": "1h"]
        var lines = ""
        for interval in section["intervals"]?.sequence ?? [] {
          let name = interval.scalar?.string ?? ""
          guard let every = known[name] else {
            notes.append(
              "reports: the interval '\(name)' is left out; known: 1min, 5min, 10min, 1hour")
            continue
          }
          lines += "  every-\(name): {every: \(every), folder: \(folder)\(ages)}\n"
        }
        return "reports:\n\(lines)  daily: {every: 1d, folder: \(folder)\(ages)}\n"
      }
    }
  }

  extension Node {
    /// The text at a place; nil when there is none, or it is empty.
    func text(_ keys: String...) -> String? {
      var node = self
      for key in keys {
        guard node.mapping != nil, let next = node[key] else { return nil }
        node = next
      }
      guard let text = node.scalar?.string, !text.isEmpty, text != "null", text != "~" else {
        return nil
      }
      return text
    }
  }

  /// Text as YAML has it.
  enum YAMLText {
    /// What can be a name with us; other characters become a hyphen.
    static func name(_ text: String) -> String {
      let name = String(text.map { ProblemLog.isName(String($0)) ? $0 : "-" })
      return name.isEmpty ? "unnamed" : name
    }

    static func quoted(_ text: String) -> String { OrderedJSON.string(text).text() }
  }
#endif
