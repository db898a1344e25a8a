#if Gateway
  internal import Formula
  internal import MQTT
  internal import Sinks
  internal import Yams

  /// Reads one mapping of the configuration and notices what nobody asked for.
  final class YAMLSection {
    let path: String
    private let mark: Mark?
    private struct Entry {
      let key: String
      let keyMark: Mark?
      let node: Node
      var isAsked = false
    }

    private var entries: [Entry] = []
    /// Whatever was asked for, whether it is there or not.
    private var asked: [String] = []
    private let log: ProblemLog

    init?(_ node: Node, path: String, log: ProblemLog) {
      self.path = path
      self.log = log
      mark = node.mark
      guard case .mapping(let mapping) = node else {
        log.add(node.mark, path, "expected a mapping (key: value)", "indent the keys below it")
        return nil
      }
      entries.reserveCapacity(mapping.count)
      for index in mapping.indices {
        let (key, value) = mapping[index]
        entries.append(Entry(key: key.scalar?.string ?? "?", keyMark: key.mark, node: value))
      }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The keys in the order of the file, for mappings whose keys are names that the user chose.
    func names(mayHaveBraces: Bool = false) -> [(String, Node)] {
      askAll()
      for entry in entries
      where !ProblemLog.isName(mayHaveBraces ? ProblemLog.withoutBraces(entry.key) : entry.key) {
        log.add(
          entry.keyMark, subpath(entry.key), "'\(entry.key)' can't be a name",
          "use letters, digits, '.', '_' and '-'")
      }
      return entries.map { ($0.key, $0.node) }
    }

    /// The keys in the order of the file, for mappings whose keys are tag paths, `device/tag`.
    var paths: [(String, Node)] {
      askAll()
      for entry in entries {
        let parts = entry.key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count < 2 || !parts.allSatisfy({ ProblemLog.isName(String($0)) }) else {
          continue
        }
        log.add(
          entry.keyMark, subpath(entry.key), "'\(entry.key)' is no tag path",
          "write device/tag, such as pump-01/power")
      }
      return entries.map { ($0.key, $0.node) }
    }

    /// The keys in the order of the file, for mappings whose keys are tag paths or beginnings of some, `device/*`.
    var patterns: [(String, Node)] {
      askAll()
      for entry in entries {
        let whole = entry.key.hasSuffix("*") ? entry.key.dropLast() + "x" : entry.key[...]
        let parts = whole.split(separator: "/", omittingEmptySubsequences: false)
        guard
          parts.count < 2 && entry.key != "*"
            || !parts.allSatisfy({ ProblemLog.isName(String($0)) })
        else { continue }
        log.add(
          entry.keyMark, subpath(entry.key), "'\(entry.key)' stands for no tag",
          "write device/tag, or device/* for all of a device")
      }
      return entries.map { ($0.key, $0.node) }
    }

    func subpath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func node(_ key: String) -> Node? {
      asked.append(key)
      for index in entries.indices where entries[index].key == key {
        entries[index].isAsked = true
        return entries[index].node
      }
      return nil
    }

    private func askAll() {
      for index in entries.indices { entries[index].isAsked = true }
    }

    func section(_ key: String) -> YAMLSection? {
      node(key).flatMap { YAMLSection($0, path: subpath(key), log: log) }
    }

    /// What is made of each named mapping below a key, in the order of the file.
    func each<Part>(
      _ key: String, mayHaveBraces: Bool = false, _ build: (String, YAMLSection) -> Part?
    ) -> [Part] {
      guard let section = section(key) else { return [] }
      return section.names(mayHaveBraces: mayHaveBraces).compactMap { name, node in
        guard let part = YAMLSection(node, path: section.subpath(name), log: log) else {
          return nil
        }
        defer { part.finish() }
        return build(name, part)
      }
    }

    /// The value of a key as `parse` reads it; a problem when it is there and can't be read, or is
    /// required and missing.
    func value<Value>(
      _ key: String, expected: @autoclosure () -> String, required: Bool = false,
      _ parse: (String) -> Value?
    ) -> Value? {
      guard let node = node(key) else {
        if required {
          log.add(mark, path, "'\(key)' is missing", "add  \(key): \(expected())")
        }
        return nil
      }
      guard let text = node.scalar?.string, let value = parse(text) else {
        log.add(
          node.mark, subpath(key), "'\(node.scalar?.string ?? "...")' is no valid \(key)",
          "write \(expected())")
        return nil
      }
      return value
    }

    func text(
      _ key: String, expected: @autoclosure () -> String, required: Bool = false
    ) -> String? {
      value(key, expected: expected(), required: required) { $0.isEmpty ? nil : $0 }
    }

    /// A secret that stands elsewhere: `${env:NAME}` or `${file:PATH}`.
    func secret(_ key: String, required: Bool = false) -> Secret? {
      guard let reference = text(key, expected: "${env:NAME} or ${file:PATH}", required: required)
      else { return nil }
      if log.purpose != .work { return Secret("") }
      do throws(SecretReference.Failure) {
        return try SecretReference.resolve(reference)
      } catch {
        problem(at: key, error.message, error.advice)
        return nil
      }
    }

    func duration(_ key: String) -> Duration? {
      value(key, expected: "a duration with its unit, such as 250ms or 1s") {
        Quantity.duration($0)
      }
    }

    /// How long an answer is waited for: some time at least.
    func timeout(example: String) -> Duration? {
      guard let timeout = duration("timeout") else { return nil }
      if timeout <= .zero {
        newProblem(at: "timeout", "no time at all", "write  timeout: \(example)")
      }
      return timeout
    }

    func size(_ key: String) -> Int? {
      value(key, expected: "a size with its unit, such as 64MiB") { Quantity.size($0) }
    }

    func number(_ key: String) -> Double? {
      value(key, expected: "a number") { text in
        Double(text).flatMap { $0.isFinite ? $0 : nil }
      }
    }

    func flag(_ key: String) -> Bool? {
      value(key, expected: "true or false") { text in ["true": true, "false": false][text] }
    }

    /// A whole number within bounds.
    func count(_ key: String, _ range: ClosedRange<Int>, of what: String) -> Int? {
      value(
        key, expected: "a number of \(what), \(range.lowerBound) to \(range.upperBound)"
      ) { text in
        Int(text).flatMap { range.contains($0) ? $0 : nil }
      }
    }

    /// A list of words, or a single one.
    func words(_ key: String) -> [String]? {
      guard let node = node(key) else { return nil }
      if let word = node.scalar?.string { return [word] }
      let words = node.sequence?.compactMap { $0.scalar?.string }
      guard let words, words.count == node.sequence?.count else {
        log.add(node.mark, subpath(key), "this is no list of words", "write  \(key): [one, other]")
        return nil
      }
      return words
    }

    func problem(at key: String? = nil, _ message: String, _ advice: String) {
      let node = key.flatMap { key in entries.first { $0.key == key }?.node }
      log.add(node?.mark ?? mark, key.map(subpath) ?? path, message, advice)
    }

    /// A mistake that an earlier version took: what ran with it is read as it ran.
    func newProblem(at key: String? = nil, _ message: String, _ advice: String) {
      if log.purpose != .past { problem(at: key, message, advice) }
    }

    /// Which keys belong here depends on a value that could not be read: asks no more about the rest.
    func giveUp() { askAll() }

    /// To be called after the last question: every key that nobody asked for is a mistake.
    func finish() {
      for entry in entries where !entry.isAsked {
        let asked = Set(asked).sorted()
        let nearest = Spelling.nearest(to: entry.key, among: asked)
        log.add(
          entry.keyMark, subpath(entry.key), "unknown key '\(entry.key)'",
          nearest.map { "did you mean '\($0)'?" }
            ?? "known here: \(asked.joined(separator: ", "))")
      }
    }
  }

  /// What the text of a configuration is read for.
  enum ConfigurationPurpose {
    /// A gateway is to work with it.
    case work
    /// No bus and no sink is opened: secrets are left empty.
    case looking
    /// It is what ran already, perhaps with an earlier version, and nothing is opened: secrets are left empty, and what was taken
    /// then is taken.
    case past
  }

  /// Collects the mistakes of one file.
  final class ProblemLog {
    private(set) var problems: [ConfigurationError.Problem] = []
    let purpose: ConfigurationPurpose

    init(for purpose: ConfigurationPurpose = .work) { self.purpose = purpose }

    func add(_ mark: Mark?, _ path: String, _ message: String, _ advice: String) {
      problems.append(
        ConfigurationError.Problem(
          line: mark?.line ?? 0, column: mark?.column ?? 0, path: path, message: message,
          advice: advice))
    }

    /// A name with something harmless in place of the names in braces, `{device}`.
    static func withoutBraces(_ text: String) -> String {
      guard text.contains("{") else { return text }
      return (try? MQTTTopicTemplate(text))?.render { _ in "x" } ?? text
    }

    static func isName(_ text: String) -> Bool {
      !text.isEmpty
        && text.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
  }
#endif
