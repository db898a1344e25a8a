internal import DBC
internal import Formula

extension GatewayConfiguration {
  /// Compiles the derived tags and puts them in an order in which each comes after those it uses.
  ///
  /// - Parameters:
  ///   - known: The tags that exist besides the derived ones and those that topics make; nil when they can't be known in advance.
  ///   - isPast: Whether they ran already: such as read no tag are taken then, as they were.
  ///   - report: Told for every mistake: which formula, what, what to do.
  /// - Returns: Nil when there was a mistake.
  func compiledFormulas(
    known: Set<String>?, isPast: Bool = false,
    report: (_ tag: String, _ message: String, _ advice: String) -> Void
  ) -> [FormulaSet.Member]? {
    let expressions = formulas.map { ($0.tag, $0.expression) }
    let forms = tagForms
    var known = known
    if known != nil, !forms.isEmpty {
      // What topics may make is known by its form only.
      for expression in expressions {
        let (alone, _) = FormulaSet.compile([expression], options: FormulaOptions(names: nil))
        let names = alone?.members.flatMap { $0.formula.dependencies.map(\.name) } ?? []
        known?.formUnion(names.filter(forms.contains))
      }
    }
    let (set, errors) = FormulaSet.compile(expressions, options: FormulaOptions(names: known))
    for error in errors {
      let place = error.error.length > 0 ? " (column \(error.error.column) of the formula)" : ""
      let excerpt = error.error.snippet.split(separator: "\n").map { $0.dropFirst(2) }
      report(error.name, error.error.message + place, excerpt.joined(separator: "\n"))
    }
    var isRight = errors.isEmpty
    for member in set?.members ?? [] {
      if member.formula.dependencies.isEmpty, !isPast {
        isRight = false
        report(
          member.name, "the formula reads no tag, so it would never be computed",
          "it is computed when one of its tags comes: name one, such as {device/tag}")
      }
      for dependency in member.formula.dependencies where !dependency.isTag {
        isRight = false
        report(
          member.name, "'\(dependency.name)' is no tag",
          "write tags in braces: {device/\(dependency.name)}")
      }
    }
    return isRight ? set?.members : nil
  }

  /// The tags that formulas and windows make, besides those of the devices.
  func allDerivedTags(_ known: Set<String>) -> Set<String> {
    var derived = Set(formulas.map(\.tag))
    let rules = ProcessingRules(processing)
    for name in known.union(derived) {
      for function in rules.rule(for: name)?.window?.functions ?? [] {
        derived.insert("\(name).\(function.rawValue)")
      }
    }
    return derived
  }

  /// All tags that there are or may be, when the devices have these.
  func tagSet(_ known: Set<String>) -> TagSet {
    TagSet(
      names: known.union(allDerivedTags(known)), forms: tagForms,
      rules: ProcessingRules(processing))
  }

  /// Formulas with the name of a tag that a device has: both would feed it.
  func formulaNameProblems(
    known: Set<String>
  ) -> [(tag: String, message: String, advice: String)] {
    formulas.map(\.tag).filter(known.contains).map { tag in
      let device = tag.prefix { $0 != "/" }
      return (
        tag, "the device '\(device)' has a tag '\(tag)' already, and both would feed it",
        "give the formula another name"
      )
    }
  }

  /// The tags that the devices have, or those on some buses; nil when that can't be told because a database can't be read.
  func knownTags(of isWanted: (String) -> Bool = { _ in true }) -> Set<String>? {
    var known: Set<String> = []
    for device in devices where isWanted(device.bus) {
      guard let bus = buses.first(where: { $0.name == device.bus }) else { continue }
      switch bus.transport {
      case .modbusTCP, .modbusRTU:
        for tag in device.tags { known.insert("\(device.name)/\(tag.name)") }
      case .mqtt:
        // Those with names in braces are not known before their topics come: `tagForms`.
        for tag in device.messages where !"\(device.name)\(tag.name)".contains("{") {
          known.insert("\(device.name)/\(tag.name)")
        }
      case .simulator where device.recording != nil:
        guard let recording = device.recording,
          let columns = try? RecordingReader.columns(of: recording.path)
        else { return nil }
        for name in columns { known.insert("\(device.name)/\(name)") }
      case .simulator:
        for tag in device.simulated { known.insert("\(device.name)/\(tag.name)") }
      case .system:
        for name in SystemMetrics.names { known.insert("\(device.name)/\(name)") }
      case .canLog(_, let file), .socketCAN(_, let file):
        guard let database = try? Database(contentsOf: file) else { return nil }
        for message in database.messages {
          for signal in message.signals {
            known.insert("\(device.name)/\(message.name).\(signal.name)")
          }
        }
      }
    }
    return known
  }
}
