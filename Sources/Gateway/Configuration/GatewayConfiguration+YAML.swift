#if Gateway
  internal import Formula
  internal import Glibc
  internal import Sinks
  internal import Yams

  extension GatewayConfiguration {
    /// Reads a configuration file.
    ///
    /// - Throws: `ConfigurationError` with every mistake of the file, each with line and column.
    public init(contentsOf path: String) throws(ConfigurationError) {
      guard let bytes = readFile(path) else { throw .unreadable(path, errno: errno) }
      try self.init(yaml: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads a configuration file to replay a journal with it: its secrets need not be there, and are left empty.
    ///
    /// - Parameter path: The file.
    /// - Returns: The configuration, with which no gateway can work if it needs a secret.
    /// - Throws: `ConfigurationError` with every mistake of the file, each with line and column.
    public static func forReplay(
      contentsOf path: String
    ) throws(ConfigurationError) -> GatewayConfiguration {
      guard let bytes = readFile(path) else { throw .unreadable(path, errno: errno) }
      return try GatewayConfiguration(
        yaml: String(decoding: bytes, as: UTF8.self), file: path, for: .looking)
    }

    /// Reads a configuration from YAML 1.2 text (docs/configuration.md).
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - file: The name that errors give it.
    /// - Throws: `ConfigurationError` with every mistake of the text, each with line and column.
    public init(yaml: String, file: String? = nil) throws(ConfigurationError) {
      try self.init(yaml: yaml, file: file, for: .work)
    }

    /// The same for another purpose than to work with it.
    init(
      yaml: String, file: String? = nil, for purpose: ConfigurationPurpose
    ) throws(ConfigurationError) {
      let log = ProblemLog(for: purpose)
      let loader = ConfigurationLoader(log: log)
      let configuration = loader.load(yaml)
      guard let configuration, log.problems.isEmpty else {
        throw ConfigurationError(file: file, problems: log.problems)
      }
      self = configuration
      text = ConfigurationText(yaml)
    }
  }

  /// Builds the configuration from the tree of nodes, collecting every mistake on the way.
  private struct ConfigurationLoader {
    let log: ProblemLog

    func load(_ yaml: String) -> GatewayConfiguration? {
      let node: Node?
      do {
        // What a word means, the key says that it stands for: no guessing of types, which takes most of the time.
        node = try Yams.compose(yaml: yaml, .basic)
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
      let buses = root.each("buses") { BusLoader($1).load($0) }
      let groups = TagGroups(root.each("groups") { TagGroup($0, $1) })
      let devices = root.each("devices", mayHaveBraces: true) {
        DeviceLoader($1, groups: groups).load($0, buses: buses)
      }
      let formulas = formulas(root.node("formulas"), groups)
      var configuration = GatewayConfiguration(
        id: gateway?.text("id", expected: "the gateway's name", required: true) ?? "",
        dataFolder: gateway?.text("data", expected: "a folder") ?? "data",
        buses: buses, devices: devices, formulas: formulas,
        processing: rules(root.section("processing")), buffer: buffer(root.section("buffer")),
        sinks: root.each("sinks") { DestinationLoader($1).load($0) })
      groups.apply(to: &configuration, in: root)
      configuration.timeZone =
        gateway?.value("timezone", expected: "a zone such as Europe/Prague, or UTC") { name in
          TimeZoneRules(named: name) == nil ? nil : name
        } ?? "UTC"
      configuration.reports = root.each("reports") { name, section in
        ReportLoader(section).load(name, of: configuration)
      }
      checkReports(of: configuration, in: root)
      if let problem = configuration.bufferProblem {
        root.section("buffer")?.problem(at: "when_full", problem.message, problem.advice)
      }
      configuration.journal = journal(root.section("journal"))
      configuration.server = server(root.section("server"))
      configuration.audit = audit(gateway?.section("audit"))
      gateway?.finish()
      root.finish()
      // A mistake elsewhere may be why a tag is not there; to call that a second mistake would mislead.
      let known =
        isSound(besides: ["processing", "groups", "sinks"]) ? configuration.knownTags() : nil
      let isComplete = isSound(besides: ["sinks"])
      checkFormulas(of: configuration, known: known, in: root)
      if let known {
        checkRules(of: configuration, known: known, in: root)
        if isComplete { checkTwins(of: configuration, known: known, in: root) }
      }
      return configuration
    }

    /// Whether no mistake was found but in what has no influence on which tags there are, and in these sections.
    private func isSound(besides sections: Set<Substring>) -> Bool {
      let harmless = sections.union(["gateway", "buffer", "journal", "server", "reports"])
      return log.problems.allSatisfy { problem in
        harmless.contains(problem.path.prefix { $0 != "." })
      }
    }

    /// Compiles the formulas, so that their mistakes show with all the others; no tag may be computed and read.
    private func checkFormulas(
      of configuration: GatewayConfiguration, known: Set<String>?, in root: YAMLSection
    ) {
      // Without this one that is no mapping would be told twice.
      guard !configuration.formulas.isEmpty, let node = root.node("formulas"),
        let section = YAMLSection(node, path: "formulas", log: log)
      else { return }
      let isPast = log.purpose == .past
      _ = configuration.compiledFormulas(known: known, isPast: isPast) { tag, message, advice in
        let expression = section.section(tag)?.node("expression")
        log.add(expression?.mark, "formulas.\(tag).expression", message, advice)
      }
      for (tag, message, advice) in configuration.formulaNameProblems(known: known ?? []) {
        section.newProblem(at: tag, message, advice)
      }
    }

    /// The files of a report are named after its interval: two of one interval in one folder would overwrite each other.
    private func checkReports(of configuration: GatewayConfiguration, in root: YAMLSection) {
      var names: [String: String] = [:]
      for rule in configuration.reports {
        let folder = rule.folder.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        let place = "\(rule.minutes) \(rule.folder.hasPrefix("/")) \(folder)"
        if let other = names[place] {
          root.section("reports")?.newProblem(
            at: rule.name,
            "its files would have the same names as those of '\(other)': both write every \(rule.interval) to \(rule.folder)",
            "give each a folder of its own")
        }
        names[place] = rule.name
      }
    }

    /// A rule for no tag at all is a misspelt one; a window's result under the name of a tag would be mixed with its values.
    private func checkRules(
      of configuration: GatewayConfiguration, known: Set<String>, in root: YAMLSection
    ) {
      let all = known.union(configuration.formulas.map(\.tag))
      let forms = configuration.tagForms
      let rules = ProcessingRules(configuration.processing)
      for name in all.sorted() {
        guard let rule = rules.rule(for: name), let window = rule.window else { continue }
        for result in window.functions.map({ "\(name).\($0.rawValue)" }) where all.contains(result)
        {
          root.section("processing")?.newProblem(
            at: rule.pattern,
            "the windows of '\(name)' make '\(result)', and there is a tag of this name",
            "give the tag another name, or leave out the function")
        }
      }
      for rule in configuration.processing {
        let isForSeveral = rule.pattern.hasSuffix("*")
        if isForSeveral ? all.contains(where: rule.matches) : all.contains(rule.pattern) {
          continue
        }
        if isForSeveral ? !forms.isEmpty : forms.contains(rule.pattern) { continue }
        let nearest = Spelling.nearest(to: rule.pattern, among: all.sorted())
        root.section("processing")?.problem(
          at: rule.pattern, "no tag is called '\(rule.pattern)'",
          nearest.map { "did you mean '\($0)'?" } ?? "write device/tag, or device/*")
      }
    }

    /// A twin's attribute of no tag would never have a value.
    private func checkTwins(
      of configuration: GatewayConfiguration, known: Set<String>, in root: YAMLSection
    ) {
      guard !configuration.sinks.isEmpty, let sinks = root.section("sinks") else { return }
      let all = known.union(configuration.allDerivedTags(known))
      for sink in configuration.sinks {
        guard case .twin(let options) = sink.kind,
          !log.problems.contains(where: { $0.path.hasPrefix("sinks.\(sink.name).") })
        else { continue }
        let map = sinks.section(sink.name)?.section("attributes")
        let forms = configuration.tagForms
        for tag in options.attributes.keys.sorted()
        where !all.contains(tag) && !forms.contains(tag) {
          let nearest = Spelling.nearest(to: tag, among: all.sorted())
          map?.problem(
            at: tag, "no tag is called '\(tag)'",
            nearest.map { "did you mean '\($0)'?" } ?? "write device/tag")
        }
      }
    }

    private func rules(_ section: YAMLSection?) -> [ProcessingRule] {
      section?.patterns.compactMap { pattern, node in
        guard let part = YAMLSection(node, path: section?.subpath(pattern) ?? "", log: log) else {
          return nil
        }
        defer { part.finish() }
        return ProcessingRuleLoader(part).load(pattern)
      } ?? []
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

    private func formulas(
      _ node: Node?, _ groups: TagGroups
    ) -> [GatewayConfiguration.DerivedTag] {
      guard let node, let section = YAMLSection(node, path: "formulas", log: log) else { return [] }
      return section.paths.compactMap { path, node in
        guard let part = YAMLSection(node, path: section.subpath(path), log: log) else {
          return nil
        }
        defer { part.finish() }
        let unit = part.text("unit", expected: "a UCUM unit")
        groups.add(path, to: groups.group(of: part), part)
        return part.text("expression", expected: "a formula", required: true).map {
          .init(tag: path, expression: $0, unit: unit)
        }
      }
    }

    private func server(_ section: YAMLSection?) -> ServerOptions? {
      guard let section else { return nil }
      defer { section.finish() }
      return section.value("listen", expected: "ADDRESS:PORT, such as 127.0.0.1:9600") {
        ServerOptions($0)
      } ?? ServerOptions()
    }

    private func journal(_ section: YAMLSection?) -> JournalOptions? {
      guard let section else { return nil }
      defer { section.finish() }
      let journal = section.size("capacity").map { JournalOptions(capacity: $0) } ?? .init()
      if journal.capacity < JournalOptions.smallestCapacity {
        section.problem(
          at: "capacity", "\(journal.capacity) bytes are too few for a journal",
          "give it 1MiB or more")
      }
      return journal
    }

    private func audit(_ section: YAMLSection?) -> AuditOptions {
      guard let section else { return AuditOptions() }
      defer { section.finish() }
      return AuditOptions(
        file: section.text("file", expected: "a path"),
        anchor: section.text("anchor", expected: "a path"), key: section.secret("key"))
    }

    private func buffer(_ section: YAMLSection?) -> GatewayConfiguration.Buffer {
      var buffer = GatewayConfiguration.Buffer()
      guard let section else { return buffer }
      defer { section.finish() }
      buffer.capacity = section.size("capacity") ?? buffer.capacity
      // A store takes whole blocks only.
      buffer.segment =
        section.size("segment") ?? min(buffer.segment, buffer.capacity / 4) / 4096 * 4096
      if buffer.segment < 65_536 || buffer.segment > buffer.capacity / 2 {
        section.problem(
          "a segment of \(buffer.segment) bytes does not fit a buffer of \(buffer.capacity)",
          "choose segments of 64KiB or more, and at least two of them")
      } else if buffer.segment > 1 << 30 || buffer.segment % 4096 != 0 {
        section.newProblem(
          at: "segment", "a segment can't have \(buffer.segment) bytes",
          "choose a multiple of 4KiB up to 1GiB, such as 16MiB")
      } else if buffer.capacity / buffer.segment >= 1 << 20 {
        section.newProblem(
          "a buffer of \(buffer.capacity) bytes has too many segments of \(buffer.segment)",
          "choose larger segments: there are 1048575 of them at most")
      }
      buffer.whenFull =
        section.value("when_full", expected: "shed or wait") { .init(rawValue: $0) } ?? .shed
      return buffer
    }
  }
#endif
