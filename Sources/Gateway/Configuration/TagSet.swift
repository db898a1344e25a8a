/// The tags of a configuration: those that it names, those that topics may make, and the results of their windows.
struct TagSet: Sendable {
  let names: Set<String>
  let forms: TagForms
  let rules: ProcessingRules

  /// Whether there is or may be such a tag.
  func contains(_ tag: String) -> Bool {
    if names.contains(tag) || forms.contains(tag) { return true }
    guard !forms.isEmpty, let dot = tag.lastIndex(of: ".") else { return false }
    let base = String(tag[..<dot])
    let function = tag[tag.index(after: dot)...]
    return forms.contains(base)
      && rules.rule(for: base)?.window?.functions.contains { $0.rawValue == function } == true
  }
}
