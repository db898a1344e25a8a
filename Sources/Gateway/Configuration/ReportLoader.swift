#if Gateway
  internal import Formula
  internal import Yams

  /// Reads the description of a report.
  struct ReportLoader {
    private let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    func load(_ name: String, of configuration: GatewayConfiguration) -> ReportRule? {
      let minutes = section.value(
        "every", expected: "1min to 1d, a whole part of a day: 5min, 1h, 1d", required: true,
        minutes)
      let folder = section.text("folder", expected: "a folder", required: true)
      let history = history(of: configuration)
      var rule = ReportRule(
        name: name, history: history ?? "", minutes: minutes ?? 60, folder: folder ?? "")
      rule.tags = section.words("tags") ?? []
      rule.decimals = section.count("decimals", 0...17, of: "digits") ?? rule.decimals
      rule.wait = section.duration("wait") ?? rule.wait
      rule.compressAfter = section.duration("gzip_after") ?? rule.compressAfter
      rule.deleteAfter = section.duration("delete_after") ?? rule.deleteAfter
      return rule
    }

    private func minutes(_ text: String) -> Int? {
      guard let seconds = Quantity.duration(text)?.components, seconds.attoseconds == 0 else {
        return nil
      }
      let (minutes, rest) = seconds.seconds.quotientAndRemainder(dividingBy: 60)
      guard rest == 0, (1...1440).contains(minutes), 1440 % minutes == 0 else { return nil }
      return Int(minutes)
    }

    /// The sink that is named, or the only one of its type.
    private func history(of configuration: GatewayConfiguration) -> String? {
      let known = configuration.sinks.compactMap { sink -> String? in
        if case .history = sink.kind { sink.name } else { nil }
      }
      let name = section.text("history", expected: "the name of a sink of type history")
      if let name {
        if !known.contains(name) {
          let nearest = Spelling.nearest(to: name, among: known)
          section.problem(
            at: "history", "there is no history '\(name)'",
            nearest.map { "did you mean '\($0)'?" } ?? "add a sink of type history")
        }
      } else if known.count != 1 {
        section.problem(
          known.isEmpty ? "there is no history to report about" : "which of the histories?",
          known.isEmpty
            ? "add  sinks: {local: {type: history, path: data/history.db}}"
            : "add  history: \(known[0])")
      }
      return name ?? known.first
    }
  }
#endif
