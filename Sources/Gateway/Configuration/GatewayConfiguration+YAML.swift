#if Gateway
  internal import Formula
  internal import Glibc
  internal import Modbus
  internal import Sinks
  internal import Yams

  extension GatewayConfiguration {
    /// Reads a configuration file.
    ///
    /// - Throws: `ConfigurationError` with every mistake of the file, each with line and column.
    public init(contentsOf path: String) throws(ConfigurationError) {
      guard let bytes = readFile(path) else {
        throw ConfigurationError(
          file: path,
          problems: [
            .init(
              path: "", message: "can't read the file: \(String(cString: strerror(errno)))",
              advice: "check the path and its permissions")
          ])
      }
      try self.init(yaml: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads a configuration from YAML 1.2 text (docs/configuration.md).
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - file: The name that errors give it.
    /// - Throws: `ConfigurationError` with every mistake of the text, each with line and column.
    public init(yaml: String, file: String? = nil) throws(ConfigurationError) {
      let log = ProblemLog()
      let loader = ConfigurationLoader(log: log)
      let configuration = loader.load(yaml)
      guard let configuration, log.problems.isEmpty else {
        throw ConfigurationError(file: file, problems: log.problems)
      }
      self = configuration
    }
  }

  /// Builds the configuration from the tree of nodes, collecting every mistake on the way.
  private struct ConfigurationLoader {
    let log: ProblemLog

    func load(_ yaml: String) -> GatewayConfiguration? {
      let node: Node?
      do {
        node = try Yams.compose(yaml: yaml)
      } catch {
        report(error)
        return nil
      }
      guard let node, let root = YAMLSection(node, path: "", log: log) else {
        if node == nil { log.add(nil, "", "the file is empty", "see docs/configuration.md") }
        return nil
      }
      _ = root.value("schema", expected: "iiot/1", required: true) { $0 == "iiot/1" ? $0 : nil }
      let gateway = root.section("gateway")
      if gateway == nil { root.problem("'gateway' is missing", "add  gateway: {id: plant-1}") }
      let buses = each(root.section("buses"), bus)
      let devices = each(root.section("devices")) { device($0, $1, buses: buses) }
      let formulas = formulas(root.node("formulas"))
      let configuration = GatewayConfiguration(
        id: gateway?.text("id", expected: "the gateway's name", required: true) ?? "",
        dataFolder: gateway?.text("data", expected: "a folder") ?? "data",
        buses: buses, devices: devices, formulas: formulas, buffer: buffer(root.section("buffer")),
        sinks: each(root.section("sinks")) { DestinationLoader($1).load($0) })
      gateway?.finish()
      root.finish()
      if log.problems.isEmpty { checkFormulas(of: configuration, in: root) }
      return configuration
    }

    /// Compiles the formulas, so that their mistakes show with all the others.
    private func checkFormulas(of configuration: GatewayConfiguration, in root: YAMLSection) {
      guard let node = root.node("formulas"),
        let section = YAMLSection(node, path: "formulas", log: log)
      else { return }
      _ = configuration.compiledFormulas(known: configuration.knownTags()) { tag, message, advice in
        let expression = section.section(tag)?.node("expression")
        log.add(expression?.mark, "formulas.\(tag).expression", message, advice)
      }
    }

    private func report(_ error: any Error) {
      guard let error = error as? YamlError else {
        return log.add(nil, "", "\(error)", "correct the YAML")
      }
      switch error {
      case .scanner(let context, let problem, let mark, _),
        .parser(let context, let problem, let mark, _),
        .composer(let context, let problem, let mark, _):
        let place = context.map { " (\($0.text))" } ?? ""
        log.add(mark, "", "no valid YAML: \(problem)\(place)", "correct the line")
      case .duplicatedKeysInMapping(let duplicates, let context):
        let keys = duplicates.map { "\($0)" }.joined(separator: ", ")
        log.add(context.mark, "", "the same key twice: \(keys)", "keep one of them")
      default:
        log.add(nil, "", "no valid YAML: \(error)", "correct the YAML")
      }
    }

    private func each<Part>(
      _ section: YAMLSection?, _ build: (String, YAMLSection) -> Part?
    ) -> [Part] {
      guard let section else { return [] }
      return section.names.compactMap { name, node in
        guard let part = YAMLSection(node, path: section.subpath(name), log: log) else {
          return nil
        }
        defer { part.finish() }
        return build(name, part)
      }
    }

    private func bus(_ name: String, _ section: YAMLSection) -> GatewayConfiguration.Bus? {
      let drivers = ["modbus-tcp", "can-log"]
      let driver = section.value(
        "driver", expected: drivers.joined(separator: " or "), required: true
      ) { drivers.contains($0) ? $0 : nil }
      switch driver {
      case "modbus-tcp":
        let host = section.text("host", expected: "a host name or address", required: true)
        let port = section.value("port", expected: "a port from 1 to 65535") { text in
          UInt16(text).flatMap { $0 > 0 ? $0 : nil }
        }
        let timeout = section.duration("timeout") ?? .milliseconds(500)
        return .init(
          name: name,
          transport: .modbusTCP(host: host ?? "", port: port ?? 502, timeout: timeout))
      case "can-log":
        let path = section.text("path", expected: "a file or FIFO", required: true)
        let database = section.text("dbc", expected: "a DBC file", required: true)
        return .init(
          name: name, transport: .canLog(path: path ?? "", database: database ?? ""))
      default:
        section.giveUp()
        return nil
      }
    }

    private func device(
      _ name: String, _ section: YAMLSection, buses: [GatewayConfiguration.Bus]
    ) -> GatewayConfiguration.Device? {
      // What is missing in a bus has been told already, so a bus counts even if it is not whole.
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
      if case .modbusTCP = bus.transport {
        device.unit = section.value("unit", expected: "a unit from 0 to 255") { UInt8($0) } ?? 1
        device.every = section.duration("every") ?? .seconds(1)
        if device.every <= .zero {
          section.problem(at: "every", "a period must be longer than nothing", "write every: 1s")
        }
        device.tags = each(section.section("tags"), tag)
        if device.tags.isEmpty {
          section.problem("the device has no tags", "add  tags: {level: {at: holding/0}}")
        }
      }
      return device
    }

    private func tag(_ name: String, _ section: YAMLSection) -> RegisterTag? {
      let expected = "a table and a zero-based address, such as holding/10 or coil/0"
      guard let text = section.text("at", expected: expected, required: true) else {
        section.giveUp()
        return nil
      }
      let place: RegisterAddress
      do throws(ModbusError) {
        place = try RegisterAddress(text)
      } catch {
        section.problem(at: "at", error.message, error.advice ?? "write \(expected)")
        section.giveUp()
        return nil
      }
      let (table, address) = (place.table, place.offset)
      var tag = RegisterTag(name: name, table: table, address: address)
      let types = RegisterType.simple.map(\.name).joined(separator: ", ")
      let orders = ByteOrder.of64Bits.map(\.name).joined(separator: ", ")
      if table.isBits {
        tag.type = .bool
      } else {
        tag.type =
          section.value("type", expected: "one of \(types), bit:N, string:N") {
            RegisterType(name: $0)
          }
          ?? .uint16
        tag.order =
          section.value("order", expected: "one of \(orders)") { ByteOrder(name: $0) }
          ?? .abcd
        tag.scale = section.number("scale") ?? 1
        tag.offset = section.number("offset") ?? 0
      }
      tag.unit = section.text("unit", expected: "a UCUM unit")
      if Int(address) + tag.type.registerCount > 65_536 {
        section.problem(at: "at", "the value ends behind address 65535", "correct the address")
      }
      return tag
    }

    private func formulas(_ node: Node?) -> [GatewayConfiguration.DerivedTag] {
      guard let node, let section = YAMLSection(node, path: "formulas", log: log) else { return [] }
      return section.paths.compactMap { path, node in
        guard let part = YAMLSection(node, path: section.subpath(path), log: log) else {
          return nil
        }
        defer { part.finish() }
        let unit = part.text("unit", expected: "a UCUM unit")
        return part.text("expression", expected: "a formula", required: true).map {
          .init(tag: path, expression: $0, unit: unit)
        }
      }
    }

    private func buffer(_ section: YAMLSection?) -> GatewayConfiguration.Buffer {
      var buffer = GatewayConfiguration.Buffer()
      guard let section else { return buffer }
      defer { section.finish() }
      buffer.capacity = section.size("capacity") ?? buffer.capacity
      buffer.segment = section.size("segment") ?? min(buffer.segment, buffer.capacity / 4)
      if buffer.segment < 65_536 || buffer.segment > buffer.capacity / 2 {
        section.problem(
          "a segment of \(buffer.segment) bytes does not fit a buffer of \(buffer.capacity)",
          "choose segments of 64KiB or more, and at least two of them")
      }
      return buffer
    }
  }
#endif
