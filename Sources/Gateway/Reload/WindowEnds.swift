/// Which windows end because the rules of their tags are others: also by a rule that comes or goes and takes tags from another one, or
/// leaves them to it.
struct WindowEnds {
  private let before: ProcessingRules
  private let after: ProcessingRules
  /// The tags that may have windows, as far as they can be told.
  private let tags: Set<String>
  /// Whether there may be others: made by topics, or in a file that can't be read.
  private let hasOthers: Bool

  init(from old: GatewayConfiguration, to new: GatewayConfiguration) {
    (before, after) = (ProcessingRules(old.processing), ProcessingRules(new.processing))
    let known = old.knownTags()
    tags = (known ?? []).union(old.formulas.map(\.tag))
    hasOthers = known == nil || !old.tagForms.isEmpty
  }

  /// Whether a rule has a part in it: it is the one that counts, or counted, for a tag whose windows end.
  func areCaused(by pattern: String, isOfGroup: Bool) -> Bool {
    affected(by: pattern).contains { tag in
      let (past, now) = (before.rule(for: tag), after.rule(for: tag))
      guard let window = past?.window, window != now?.window else { return false }
      return [past, now].contains { $0?.pattern == pattern && $0?.isOfGroup == isOfGroup }
    }
  }

  private func affected(by pattern: String) -> Set<String> {
    let rule = ProcessingRule(pattern)
    guard rule.isForSeveral else { return [pattern] }
    var affected = tags.filter(rule.matches)
    // One that stands for all of them, and has no rule of its own: no tag is called so.
    if hasOthers { affected.insert(String(pattern.dropLast()) + "\u{0}") }
    return affected
  }
}

extension GatewayConfiguration {
  /// The rules that devices have of their groups, or all others. For which formulas they are not is no difference between rules.
  func rules(isOfGroup: Bool) -> [ProcessingRule] {
    processing.filter { $0.isOfGroup == isOfGroup }.map { rule in
      var rule = rule
      rule.exceptions = []
      return rule
    }
  }
}
