internal import DBC
internal import Formula

extension GatewayConfiguration {
  /// Compiles the derived tags and puts them in an order in which each comes after those it uses.
  ///
  /// - Parameter known: The tags that exist besides the derived ones; nil when they can't be known in advance.
  /// - Parameter report: Told for every mistake: which formula, where in its text (a column from 1, or 0), what, what to do.
  func compiledFormulas(
    known: Set<String>?,
    report: (_ tag: String, _ column: Int, _ message: String, _ advice: String) -> Void
  ) -> [(tag: String, formula: CompiledFormula)] {
    let derived = Set(formulas.map(\.tag))
    var compiled: [String: CompiledFormula] = [:]
    for formula in formulas {
      do throws(FormulaError) {
        let program = try CompiledFormula(formula.expression)
        compiled[formula.tag] = program
        for dependency in program.dependencies {
          if !dependency.isTag {
            report(
              formula.tag, 0, "'\(dependency.name)' is no tag",
              "write tags in braces: {device/\(dependency.name)}")
          } else if let known, !known.contains(dependency.name), !derived.contains(dependency.name)
          {
            let nearest = Spelling.nearest(to: dependency.name, among: Array(known.union(derived)))
            report(
              formula.tag, 0, "there is no tag '\(dependency.name)'",
              nearest.map { "did you mean {\($0)}?" } ?? "name a tag of a device or a formula")
          }
        }
      } catch {
        report(formula.tag, error.column, error.message, error.snippet)
      }
    }
    return ordered(compiled, report: report)
  }

  private func ordered(
    _ compiled: [String: CompiledFormula],
    report: (_ tag: String, _ column: Int, _ message: String, _ advice: String) -> Void
  ) -> [(tag: String, formula: CompiledFormula)] {
    var result: [(tag: String, formula: CompiledFormula)] = []
    var placed: Set<String> = []
    var rest = formulas.map(\.tag).filter { compiled[$0] != nil }
    while !rest.isEmpty {
      let before = rest.count
      rest.removeAll { tag in
        guard let formula = compiled[tag] else { return true }
        let isReady = formula.dependencies.allSatisfy {
          compiled[$0.name] == nil || placed.contains($0.name)
        }
        if isReady {
          result.append((tag, formula))
          placed.insert(tag)
        }
        return isReady
      }
      guard rest.count < before else {
        report(
          rest[0], 0, "formulas that need each other: \(rest.joined(separator: ", "))",
          "break the circle")
        return result
      }
    }
    return result
  }

  /// The tags that the devices have; nil when that can't be told because a database can't be read.
  func knownTags() -> Set<String>? {
    var known: Set<String> = []
    for device in devices {
      guard let bus = buses.first(where: { $0.name == device.bus }) else { continue }
      switch bus.transport {
      case .modbusTCP:
        for tag in device.tags { known.insert("\(device.name)/\(tag.name)") }
      case .canLog(_, let file):
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
