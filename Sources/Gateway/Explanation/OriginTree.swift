internal import Formula
internal import IndustrialModel

/// Puts together what was seen of a sample and of what it was made of.
struct OriginTree {
  let trace: JournalTrace
  let tags: TagRegistry
  /// So many samples are told, and no deeper than that.
  private var left = JournalTrace.limit
  private static let deepest = 16

  init(_ trace: JournalTrace, _ tags: TagRegistry) {
    (self.trace, self.tags) = (trace, tags)
  }

  mutating func origin(
    of node: JournalSearch.Node, depth: Int = 0
  ) -> Explanation.Part<Explanation.Origin> {
    let name = tags.name(of: node.tag)
    if node.isResult {
      guard let window = trace.windowGatherer?.window else {
        return .unknown("the journal does not tell what it was made of")
      }
      return .known(
        .init(
          tag: name, reading: .init(number: node.record), record: node.entry,
          time: node.record.gatewayTime, configuration: node.record.configurationVersion,
          source: .window(window), checks: []))
    }
    guard let sight = trace.sights[JournalTrace.Key(node)] else {
      return .unknown("it is not followed further")
    }
    let source: Explanation.Source
    if let wire = sight.wire {
      let (wire, decoding) = wire.explained(name)
      source = .wire(wire, decoding)
    } else if let formula = sight.formula {
      source = .formula(self.formula(formula, sight, node, depth))
    } else {
      return .unknown("the journal does not tell what it was made of")
    }
    return .known(
      .init(
        tag: name, reading: .init(sight.acquired), record: node.entry, time: sight.entryTime,
        configuration: sight.version, source: source, checks: sight.checks))
  }

  private mutating func formula(
    _ sight: JournalTrace.FormulaSight, _ own: JournalTrace.Sight, _ node: JournalSearch.Node,
    _ depth: Int
  ) -> Explanation.Formula {
    var inputs: [Explanation.Input] = []
    for (slot, dependency) in sight.formula.dependencies.enumerated()
    where slot < sight.inputs.count {
      let input = sight.inputs[slot]
      let source = node.inputs.indices.contains(slot) ? node.inputs[slot] : nil
      // No time was ever told of what never came.
      let isThere = input.quality != .badNoData || input.time != 0
      inputs.append(
        .init(
          tag: dependency.name, value: isThere ? input.value : .nan, quality: input.quality,
          time: isThere ? Timestamp(nanoseconds: input.time) : nil,
          origin: isThere ? origin(of: input, source, depth) : .unknown("no value has come yet")))
    }
    let calls = sight.formula.isStateful ? sight.memory.callCount : 0
    var result = Explanation.Reading(own.acquired)
    result.quality = sight.quality
    result.value = sight.quality.isBad ? .none : .double(sight.result.value)
    return .init(
      expression: sight.formula.source, inputs: inputs, functionsWithMemory: calls,
      memory: calls > 0 ? sight.memory.bytes : [], result: result,
      failure: sight.formula.error(of: sight.result)?.message)
  }

  private mutating func origin(
    of input: (value: Double, quality: Quality, time: Int64), _ source: JournalSearch.Node?,
    _ depth: Int
  ) -> Explanation.Part<[Explanation.Origin]> {
    guard let source else {
      return .unknown("it came before what the journal has")
    }
    guard depth < Self.deepest, left > 0 else { return .unknown("it is not followed further") }
    left -= 1
    switch origin(of: source, depth: depth + 1) {
    case .unknown(let why): return .unknown(why)
    case .known(let origin):
      // The formula may have been made anew since that sample came.
      let number = origin.reading.value.doubleValue ?? .nan
      let isSame =
        number.bitPattern == input.value.bitPattern || number.isNaN && input.value.isNaN
      guard isSame else { return .unknown("the formula did not take the sample before it") }
      return .known([origin])
    }
  }
}
