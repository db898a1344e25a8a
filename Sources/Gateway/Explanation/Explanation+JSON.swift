internal import IndustrialModel

extension Explanation {
  /// One JSON object without a line end (docs/json-lines.md).
  public var jsonLine: String {
    OrderedJSON.object([
      ("tag", .string(tag)), ("asked", .string("\(time)")),
      ("before_s", .literal("\(distance / .seconds(1))")), ("same_time", .integer(sameTime)),
      ("origin", origin.json(\.json)), ("fate", fate.json(\.json)),
      ("stored", stored.json(\.json)), ("sinks", receipts.json { .array($0.map(\.json)) }),
      ("configuration", configuration.json(\.json)),
      ("findings", .array(findings.map { .string($0) })),
      ("notes", .array(notes.map { .string($0) })),
    ]).line
  }
}

private func optional<Content>(
  _ content: Content?, _ json: (Content) -> OrderedJSON
) -> OrderedJSON {
  content.map(json) ?? .null
}

private func seconds(_ duration: Duration) -> OrderedJSON {
  .literal("\(duration / .seconds(1))")
}

extension Explanation.Part {
  fileprivate func json(_ json: (Content) -> OrderedJSON) -> OrderedJSON {
    switch self {
    case .known(let content): json(content)
    case .unknown(let why): ["unknown": .string(why)]
    }
  }
}

extension Explanation.Reading {
  fileprivate var json: OrderedJSON {
    .object([
      ("time", .string("\(gatewayTime)")), ("value", value.json),
      ("quality", .string("\(quality.severity)")), ("status", .string("\(quality)")),
      ("source_time", optional(sourceTime) { .string("\($0)") }),
      ("reason", optional(quality.reason) { .string($0) }),
    ])
  }
}

extension Explanation.Origin {
  fileprivate var json: OrderedJSON {
    .object([
      ("tag", .string(tag)), ("record", .literal("\(record)")), ("time", .string("\(time)")),
      ("configuration", .literal("\(configuration)")), ("result", reading.json),
      ("source", source.json), ("checks", .array(checks.map(\.json))),
    ])
  }
}

extension Explanation.Source {
  fileprivate var json: OrderedJSON {
    switch self {
    case .wire(let wire, let decoding):
      ["wire": wire.json, "decoding": decoding.json(\.json)]
    case .formula(let formula): ["formula": formula.json]
    case .window(let window): ["window": window.json]
    }
  }
}

extension Explanation.Wire {
  fileprivate var json: OrderedJSON {
    .object([
      ("bus", .string(bus)), ("kind", .string(kind.rawValue)), ("place", .string(place)),
      ("bytes", .string(bytes.hexadecimal)), ("value", optional(value, \.json)),
      ("time", .string("\(time)")),
    ])
  }
}

extension Explanation.Decoding {
  fileprivate var json: OrderedJSON {
    .object([
      ("name", .string(name)), ("form", .string(form)), ("raw", optional(raw, \.json)),
      ("scale", .literal("\(scale)")), ("offset", .literal("\(offset)")), ("result", result.json),
    ])
  }
}

extension Explanation.Formula {
  fileprivate var json: OrderedJSON {
    .object([
      ("expression", .string(expression)), ("inputs", .array(inputs.map(\.json))),
      ("functions_with_memory", .integer(functionsWithMemory)),
      ("memory", .string(memory.hexadecimal)), ("result", result.json),
      ("failure", optional(failure) { .string($0) }),
    ])
  }
}

extension Explanation.Input {
  fileprivate var json: OrderedJSON {
    .object([
      ("tag", .string(tag)), ("value", Value.double(value).json),
      ("quality", .string("\(quality.severity)")), ("status", .string("\(quality)")),
      ("time", optional(time) { .string("\($0)") }),
      ("origin", origin.json { optional($0.first, \.json) }),
    ])
  }
}

extension Explanation.Window {
  fileprivate var json: OrderedJSON {
    .object([
      ("tag", .string(tag)), ("function", .string(function)), ("start", .string("\(start)")),
      ("length_s", seconds(length)), ("count", .integer(count)), ("unusable", .integer(unusable)),
      ("first", optional(first, \.json)), ("last", optional(last, \.json)),
      ("min", optional(minimum, \.json)), ("max", optional(maximum, \.json)),
      ("cut_short", .bool(isCutShort)), ("samples", .array(readings.map(\.json))),
    ])
  }
}

extension Explanation.Rule {
  fileprivate var json: OrderedJSON {
    ["pattern": .string(pattern), "rule": .string(words)]
  }
}

extension Explanation.Check {
  fileprivate var json: OrderedJSON {
    .object([
      ("check", .string(name)), ("pattern", .string(rule.pattern)),
      ("rule", .string(rule.words)), ("before", optional(before) { Value.double($0).json }),
      ("elapsed_s", optional(elapsed, seconds)),
      ("status", optional(quality) { .string("\($0)") }),
    ])
  }
}

extension Explanation.Fate {
  fileprivate var json: OrderedJSON {
    .object([
      ("fate", .string(kind.rawValue)), ("rule", optional(rule, \.json)),
      ("compared", optional(compared, \.json)),
      ("window", optional(windowStart) { .string("\($0)") }),
      ("results", .array(results.map(\.json))), ("time", optional(time) { .string("\($0)") }),
      ("seq", optional(sequence) { .literal("\($0)") }),
    ])
  }
}

extension Explanation.Result {
  fileprivate var json: OrderedJSON {
    ["tag": .string(tag), "seq": .literal("\(sequence)"), "result": reading.json]
  }
}

extension Explanation.Stored {
  fileprivate var json: OrderedJSON {
    .object([
      ("seq", .literal("\(sequence)")), ("class", .string(sampleClass.name)),
      ("lane", .string(lane)), ("record", .literal("\(record)")),
      ("configuration", .literal("\(configuration)")), ("sample", reading.json),
    ])
  }
}

extension Explanation.Receipt {
  fileprivate var json: OrderedJSON {
    ["sink": .string(sink), "state": .string(state.rawValue), "why": .string(words)]
  }
}

extension Explanation.Configuration {
  fileprivate var json: OrderedJSON {
    .object([
      ("version", .literal("\(version)")), ("sha256", optional(digest) { .string($0) }),
      ("file", optional(file) { .string($0) }), ("since", optional(began) { .string("\($0)") }),
      ("places", .array(places.map(\.json))),
    ])
  }
}

extension Explanation.Place {
  fileprivate var json: OrderedJSON {
    ["what": .string(what), "path": .string(path), "line": .integer(line)]
  }
}
