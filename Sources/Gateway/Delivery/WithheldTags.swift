/// The tags that are not for a sink.
struct WithheldTags: Sendable {
  private let exact: Set<String>
  /// Those that are for the sink, whatever they begin with.
  private let given: Set<String>
  private let beginnings: [String]

  /// - Parameter patterns: Paths of tags, or beginnings of some with a `*` at their end; behind a `!` paths of tags that are for it.
  init(_ patterns: [String]) {
    given = Set(patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
    let withheld = patterns.filter { !$0.hasPrefix("!") }
    exact = Set(withheld.filter { !$0.hasSuffix("*") })
    beginnings = withheld.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
  }

  func contains(_ name: String) -> Bool {
    if let answer = said(of: name) { return answer }
    // The results of a tag's windows go where the tag goes.
    if let tag = ProcessingRule.windowTag(of: name)?.tag, let answer = said(of: tag) {
      return answer
    }
    return beginnings.contains { name.hasPrefix($0) }
  }

  /// Whether exactly this tag is withheld; nil where only beginnings can tell. What is for the sink as far as its device goes may be
  /// withheld by a group of its own.
  private func said(of name: String) -> Bool? {
    if exact.contains(name) { return true }
    return given.contains(name) ? false : nil
  }
}

extension ProcessingRule {
  /// Of which tag and function the results of a window are called so; nil when they can't be.
  static func windowTag(of name: String) -> (tag: String, function: Function)? {
    guard let dot = name.lastIndex(of: "."),
      let function = Function(rawValue: String(name[name.index(after: dot)...]))
    else { return nil }
    return (String(name[..<dot]), function)
  }
}
