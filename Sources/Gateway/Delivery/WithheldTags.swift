/// The tags that are not for a sink.
struct WithheldTags: Sendable {
  private let exact: Set<String>
  private let beginnings: [String]

  /// - Parameter patterns: Paths of tags, or beginnings of some with a `*` at their end.
  init(_ patterns: [String]) {
    exact = Set(patterns.filter { !$0.hasSuffix("*") })
    beginnings = patterns.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
  }

  func contains(_ name: String) -> Bool {
    if exact.contains(name) || beginnings.contains(where: { name.hasPrefix($0) }) { return true }
    // The results of a tag's windows go where the tag goes.
    return ProcessingRule.windowTag(of: name).map { exact.contains($0.tag) } ?? false
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
