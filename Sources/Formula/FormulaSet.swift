/// Formulas that may use each other's results, in an order in which each comes after those it uses.
///
/// ```
/// let set = try FormulaSet([
///   (name: "mean", expression: "(a + b) / 2"),
///   (name: "high", expression: "{mean} > limit"),
/// ])
/// set.members.map(\.name)   // ["mean", "high"]
/// set.inputs                // a, b, limit: what must come from outside
/// ```
public struct FormulaSet: Sendable {
  /// A formula of the set.
  public struct Member: Sendable {
    /// The name under which others use its result, with or without braces.
    public let name: String
    /// The compiled formula.
    public let formula: CompiledFormula
    /// The members it uses, as indices into ``FormulaSet/members``; they are all smaller than its own.
    public let uses: [Int]
  }

  /// A mistake in a member of a set.
  public struct MemberError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The member's name.
    public let name: String
    /// What is wrong, placed in the member's expression.
    public let error: FormulaError

    /// The member's name and the error.
    public var description: String { "\(name): \(error)" }
  }

  /// The formulas, each after those it uses; otherwise in the order they were given.
  public let members: [Member]

  /// What the formulas read that none of them computes, without repetition, in order of first use.
  public let inputs: [FormulaDependency]

  /// Compiles formulas and orders them.
  ///
  /// - Parameters:
  ///   - definitions: The formulas and the names of their results.
  ///   - options: Holds for each formula; where `names` is set, the set's own names may be used as well.
  /// - Throws: The first ``MemberError``: an error of a formula, a name given twice, or
  ///   ``FormulaError/Code/cycle`` with the names along the cycle.
  public init(
    _ definitions: [(name: String, expression: String)], options: FormulaOptions = FormulaOptions()
  ) throws(MemberError) {
    let (set, errors) = Self.compile(definitions, options: options)
    guard let set else { throw errors[0] }
    self = set
  }

  /// Compiles formulas and reports every mistake, for a configuration check; the set is nil if there is one.
  public static func compile(
    _ definitions: [(name: String, expression: String)], options: FormulaOptions = FormulaOptions()
  ) -> (set: FormulaSet?, errors: [MemberError]) {
    var options = options
    let own = definitions.map(\.name)
    options.names = options.names.map { $0.union(own) }
    var errors: [MemberError] = []
    var formulas: [CompiledFormula?] = []
    var indices: [String: Int] = [:]
    for (index, definition) in definitions.enumerated() {
      do throws(FormulaError) {
        if indices[definition.name] != nil {
          let complaint = Complaint(
            .unknownName, "the name '\(definition.name)' is given to two formulas", at: 0, length: 0
          )
          throw FormulaError(complaint, in: definition.expression)
        }
        indices[definition.name] = index
        formulas.append(try CompiledFormula(definition.expression, options: options))
      } catch {
        errors.append(MemberError(name: definition.name, error: error))
        formulas.append(nil)
      }
    }
    let graph = DependencyGraph(
      uses: formulas.map { formula in (formula?.dependencies ?? []).compactMap { indices[$0.name] }
      })
    let (order, cycle) = graph.order()
    if let first = cycle.first, let formula = formulas[first] {
      let path = (cycle + [first]).map { definitions[$0].name }.joined(separator: " -> ")
      let next = definitions[cycle.count > 1 ? cycle[1] : first].name
      errors.append(
        MemberError(name: definitions[first].name, error: formula.cycleError(path, through: next)))
    }
    guard errors.isEmpty else { return (nil, errors) }
    var place = [Int](repeating: 0, count: order.count)
    for (position, index) in order.enumerated() { place[index] = position }
    var members: [Member] = []
    var inputs: [FormulaDependency] = []
    var known: Set<FormulaDependency> = []
    for index in order {
      guard let formula = formulas[index] else { continue }
      members.append(
        Member(
          name: definitions[index].name, formula: formula,
          uses: graph.uses[index].map { place[$0] }.sorted()))
      for dependency in formula.dependencies
      where indices[dependency.name] == nil && known.insert(dependency).inserted {
        inputs.append(dependency)
      }
    }
    return (FormulaSet(members: members, inputs: inputs), [])
  }

  private init(members: [Member], inputs: [FormulaDependency]) {
    self.members = members
    self.inputs = inputs
  }
}

extension CompiledFormula {
  /// The error about a cycle, at the use of the next member along it.
  fileprivate func cycleError(_ path: String, through name: String) -> FormulaError {
    let use = program.tree.nodes.first {
      $0.kind == .input && program.inputs[Int($0.slot)].name == name
    }
    let complaint = Complaint(
      .cycle, "the formula needs its own result: \(path)", at: Int(use?.offset ?? 0),
      length: Int(use?.length ?? 0))
    return FormulaError(complaint, in: source)
  }
}
