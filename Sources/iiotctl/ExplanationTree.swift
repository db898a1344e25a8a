internal import Gateway
internal import IndustrialModel

/// An explanation for people: a tree, from what is stored back to the wire and on to the sinks.
struct ExplanationTree {
  private struct Branch {
    var text: String
    var branches: [Branch] = []

    init(_ text: String, _ branches: [Branch] = []) {
      (self.text, self.branches) = (text, branches)
    }
  }

  private let explanation: Explanation
  private let isVerbose: Bool

  init(_ explanation: Explanation, isVerbose: Bool) {
    (self.explanation, self.isVerbose) = (explanation, isVerbose)
  }

  var lines: [String] {
    var branches: [Branch] = []
    switch explanation.origin {
    case .known(let origin): branches += self.branches(of: origin)
    case .unknown(let why): branches.append(Branch("origin unknown: \(why)"))
    }
    branches.append(rules)
    branches.append(stored)
    branches += sinks
    branches.append(configuration)
    branches += explanation.findings.map { Branch("DOES NOT FIT: \($0)") }
    branches += explanation.notes.map { Branch("note: \($0)") }
    var lines = [head]
    for (index, branch) in branches.enumerated() {
      append(branch, "", isLast: index == branches.count - 1, to: &lines)
    }
    return lines
  }

  private func append(
    _ branch: Branch, _ indent: String, isLast: Bool, to lines: inout [String]
  ) {
    lines.append("\(indent)\(isLast ? "└─" : "├─") \(branch.text)")
    for (index, next) in branch.branches.enumerated() {
      append(
        next, indent + (isLast ? "   " : "│  "), isLast: index == branch.branches.count - 1,
        to: &lines)
    }
  }

  private var head: String {
    var text = explanation.tag
    if let reading = explanation.reading { text += " = \(words(reading)), at \(reading.time)" }
    if explanation.distance > .zero {
      text += " (the last before \(explanation.time), \(explanation.distance) earlier)"
    }
    if explanation.sameTime > 1 {
      text += " (the last of \(explanation.sameTime) of this time)"
    }
    return text
  }

  // MARK: Where it comes from

  private func branches(of origin: Explanation.Origin) -> [Branch] {
    var branches: [Branch]
    switch origin.source {
    case .wire(let wire, let decoding): branches = [branch(wire, origin)] + self.branches(decoding)
    case .formula(let formula): branches = [branch(formula)]
    case .window(let window): branches = [branch(window)]
    }
    for check in origin.checks { branches.append(branch(check)) }
    return branches
  }

  private func branch(_ wire: Explanation.Wire, _ origin: Explanation.Origin) -> Branch {
    var text = "wire: bus \(wire.bus), \(wire.kind.rawValue)"
    if !wire.place.isEmpty { text += " \(wire.place)" }
    if let value = wire.value { text += " \(value.words)" }
    if !wire.bytes.isEmpty { text += ": \(shown(wire))" }
    text += ", at \(wire.time)"
    if isVerbose {
      text += " (record \(origin.record) of the journal, \(origin.time) by the gateway's clock)"
    }
    return Branch(text)
  }

  /// The bytes, and what they are as text where they are one.
  private func shown(_ wire: Explanation.Wire) -> String {
    let digits = wire.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    guard wire.kind == .message, wire.bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      return digits
    }
    return "\(digits) '\(String(decoding: wire.bytes, as: UTF8.self))'"
  }

  private func branches(_ decoding: Explanation.Part<Explanation.Decoding>) -> [Branch] {
    switch decoding {
    case .unknown(let why): return [Branch("decoded: \(why)")]
    case .known(let decoding):
      var text = "decoded: \(decoding.name) (\(decoding.form))"
      if let raw = decoding.raw { text += ", raw \(raw.words)" }
      if decoding.scale != 1 { text += " × \(decoding.scale)" }
      if decoding.offset != 0 {
        text += decoding.offset < 0 ? " - \(-decoding.offset)" : " + \(decoding.offset)"
      }
      return [Branch(text + " = \(words(decoding.result))")]
    }
  }

  private func branch(_ formula: Explanation.Formula) -> Branch {
    var branch = Branch("formula: \(formula.expression) = \(words(formula.result))")
    if let failure = formula.failure { branch.text += " (\(failure))" }
    if formula.functionsWithMemory > 0 {
      branch.text +=
        ", \(formula.functionsWithMemory) of its functions remembered \(formula.memory.count) bytes"
    }
    for input in formula.inputs {
      var text = "{\(input.tag)} = "
      text += input.value.isNaN ? "no number" : "\(input.value)"
      text += ", \(input.quality.severity)"
      if let reason = input.quality.reason { text += " (\(reason))" }
      if let time = input.time { text += ", at \(time)" }
      switch input.origin {
      case .known(let origins): branch.branches.append(Branch(text, origins.flatMap(branches)))
      case .unknown(let why): branch.branches.append(Branch(text, [Branch("unknown: \(why)")]))
      }
    }
    return branch
  }

  private func branch(_ window: Explanation.Window) -> Branch {
    var text =
      "window: \(window.function) of \(window.count) samples of \(window.tag), "
      + "from \(window.start) for \(window.length)"
    if window.unusable > 0 { text += ", \(window.unusable) without a usable value" }
    var branch = Branch(text)
    if window.isCutShort {
      branch.branches.append(Branch("the journal does not have the beginning of the window"))
    }
    for (name, reading) in [
      ("first", window.first), ("last", window.last), ("min", window.minimum),
      ("max", window.maximum),
    ] {
      guard let reading else { continue }
      branch.branches.append(Branch("\(name) \(words(reading)), at \(reading.time)"))
    }
    if isVerbose {
      branch.branches += window.readings.map { Branch("\(words($0)), at \($0.time)") }
    }
    return branch
  }

  private func branch(_ check: Explanation.Check) -> Branch {
    var text = "check \(check.name) (\(check.rule.words) for \(check.rule.pattern))"
    if let before = check.before { text += ", \(before) before" }
    if let elapsed = check.elapsed { text += ", after \(elapsed)" }
    if let quality = check.quality {
      text += ": made \(quality.severity), \(quality.reason ?? "\(quality)")"
    } else if check.name != "class" {
      text += ": no doubt"
    }
    return Branch(text)
  }

  // MARK: What became of it

  private var rules: Branch {
    switch explanation.fate {
    case .unknown(let why): return Branch("rules unknown: \(why)")
    case .known(let fate):
      var branch = Branch("rules: \(words(fate))")
      if let rule = fate.rule {
        branch.branches.append(Branch("\(rule.words) for \(rule.pattern)"))
      }
      if let compared = fate.compared {
        branch.branches.append(Branch("compared with \(words(compared)), at \(compared.time)"))
      }
      for result in fate.results {
        branch.branches.append(
          Branch("\(result.tag) = \(words(result.reading)), number \(result.sequence)"))
      }
      return branch
    }
  }

  private func words(_ fate: Explanation.Fate) -> String {
    let time = fate.time.map { " at \($0)" } ?? ""
    let start = fate.windowStart.map { " from \($0)" } ?? ""
    return switch fate.kind {
    case .stored: "stored\(time)"
    case .suppressed: "NOT STORED, it said nothing new"
    case .folded where fate.results.isEmpty: "NOT STORED, it is in the window\(start), still open"
    case .folded: "NOT STORED, it went into the window\(start)"
    case .dropped: "NOT STORED, it came too late for its window"
    case .held: "NOT STORED yet, it waits for the next sample"
    case .lost: "NOT STORED, it was held when the gateway was killed"
    }
  }

  private var stored: Branch {
    switch explanation.stored {
    case .unknown(let why): Branch("buffer: \(why)")
    case .known(let stored):
      Branch(
        "buffer: number \(stored.sequence), \(stored.sampleClass.name), record \(stored.record) of lane "
          + "\(stored.lane), configuration \(stored.configuration): \(words(stored.reading))")
    }
  }

  private var sinks: [Branch] {
    switch explanation.receipts {
    case .unknown(let why): [Branch("sinks: \(why)")]
    case .known(let receipts):
      receipts.map { Branch("sink \($0.sink): \($0.state.rawValue), \($0.words)") }
    }
  }

  private var configuration: Branch {
    switch explanation.configuration {
    case .unknown(let why): return Branch("configuration: \(why)")
    case .known(let configuration):
      var text = "configuration \(configuration.version)"
      if let began = configuration.began { text += " since \(began)" }
      text += configuration.file.map { ": \($0)" } ?? ": its text is not there any more"
      return Branch(
        text,
        configuration.places.map { Branch("\($0.what) \($0.path): line \($0.line)") })
    }
  }

  // MARK: Words

  private func words(_ reading: Explanation.Reading) -> String {
    var text = "\(reading.value.words), \(reading.quality.severity)"
    if let reason = reading.quality.reason { text += " (\(reason))" }
    return text
  }
}
