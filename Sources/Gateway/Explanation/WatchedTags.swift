internal import Formula
internal import IndustrialModel

/// The tag that is asked about, and all that it is made of by the configuration that holds.
struct WatchedTags {
  let tag: TagID
  private let name: String
  private let registry: TagRegistry
  /// The inputs of formulas, in the order of their slots.
  private(set) var inputs: [TagID: [TagID]] = [:]
  /// The tag whose samples are gathered, when the one asked about is what comes of a window.
  private(set) var gathered: TagID?
  /// Whether a tag is one of them, by its number.
  private var isWatched: [Bool] = []

  init(_ name: String, in registry: TagRegistry) {
    (self.name, self.registry) = (name, registry)
    tag = registry.intern(name)
    watch(tag)
  }

  /// Another configuration holds.
  mutating func configure(_ configuration: GatewayConfiguration) {
    isWatched = []
    inputs = [:]
    gathered = nil
    let formulas = Dictionary(
      configuration.formulas.map { ($0.tag, $0.expression) },
      uniquingKeysWith: { first, _ in first }
    )
    var names = [name]
    if formulas[name] == nil, let window = ProcessingRule.windowTag(of: name),
      let rule = ProcessingRules(configuration.processing).rule(for: window.tag)?.window,
      rule.functions.contains(window.function)
    {
      gathered = registry.intern(window.tag)
      names.append(window.tag)
    }
    watch(tag)
    var next = 0
    while next < names.count {
      let tag = registry.intern(names[next])
      watch(tag)
      if let expression = formulas[names[next]], inputs[tag] == nil {
        let options = FormulaOptions(names: nil)
        let formula = try? CompiledFormula(expression, options: options)
        let dependencies = formula?.dependencies.map(\.name) ?? []
        inputs[tag] = dependencies.map { registry.intern($0) }
        names += dependencies
      }
      next += 1
    }
  }

  private mutating func watch(_ tag: TagID) {
    let number = Int(tag.rawValue)
    while isWatched.count <= number { isWatched.append(false) }
    isWatched[number] = true
  }

  func contains(_ tag: TagID) -> Bool {
    let number = Int(tag.rawValue)
    return number < isWatched.count && isWatched[number]
  }
}
