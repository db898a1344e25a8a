#if Gateway
  internal import Formula
  internal import Yams

  /// What the tags of a group share.
  struct TagGroup {
    var name: String
    /// How often they are read, where they are.
    var every: Duration?
    /// What happens to them before they are stored.
    var rule: ProcessingRule?
    /// The only sinks that get them.
    var sinks: [String]?

    init(_ name: String, _ section: YAMLSection) {
      self.name = name
      every = section.duration("every")
      if let every, every <= .zero {
        section.problem(at: "every", "a period must be longer than nothing", "write every: 1s")
      }
      if let part = section.section("processing") {
        rule = ProcessingRuleLoader(part).load(name)
        part.finish()
      }
      sinks = section.words("sinks")
      if section.isEmpty {
        section.problem("the group says nothing", "add every, processing or sinks")
      }
    }
  }

  /// The groups of a configuration, and the tags that are in them.
  final class TagGroups {
    private let groups: [TagGroup]
    /// Paths of tags, or beginnings of some with a `*` at their end.
    private var members: [(pattern: String, group: TagGroup)] = []

    init(_ groups: [TagGroup]) { self.groups = groups }

    /// The group that a section names; nil when it names none.
    func group(of section: YAMLSection) -> TagGroup? {
      guard let name = section.text("group", expected: "the name of a group") else { return nil }
      if let group = groups.first(where: { $0.name == name }) { return group }
      let names = groups.map(\.name)
      section.problem(
        at: "group", "there is no group '\(name)'",
        Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
          ?? (names.isEmpty
            ? "add  groups: {\(name): {every: 1s}}" : "known: \(names.joined(separator: ", "))"))
      return nil
    }

    /// Notes that a tag, or all of a device, is in a group.
    func add(_ pattern: String, to group: TagGroup?, _ section: YAMLSection) {
      guard let group else { return }
      guard !pattern.contains("{") else {
        return section.problem(
          at: "group", "what topics name is in no group",
          "write rules for it below  processing  instead")
      }
      members.append((pattern, group))
    }

    /// Gives the tags the rules of their groups, unless they have one of their own, and the sinks what they get.
    ///
    /// A formula may be named like the tags of a device and is none of them: it is in the group that it names itself, or in none.
    func apply(to configuration: inout GatewayConfiguration, in root: YAMLSection) {
      let own = Set(configuration.processing.map(\.pattern))
      let names = configuration.sinks.map(\.name)
      for group in groups {
        for sink in group.sinks ?? [] where !names.contains(sink) {
          root.section("groups")?.section(group.name)?.problem(
            at: "sinks", "there is no sink '\(sink)'",
            Spelling.nearest(to: sink, among: names).map { "did you mean '\($0)'?" }
              ?? "known: \(names.joined(separator: ", "))")
        }
      }
      for (pattern, group) in members {
        let member = ProcessingRule(pattern)
        let formulas =
          member.isForSeveral ? configuration.formulas.map(\.tag).filter(member.matches) : []
        if var rule = group.rule, member.isForSeveral || !own.contains(pattern) {
          rule.pattern = pattern
          rule.isOfGroup = member.isForSeveral
          rule.exceptions = Set(formulas)
          configuration.processing.append(rule)
        }
        guard let sinks = group.sinks else { continue }
        for name in names where !sinks.contains(name) {
          configuration.withheld[name, default: []] += [pattern] + formulas.map { "!\($0)" }
        }
      }
    }
  }
#endif
