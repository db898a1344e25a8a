internal import IndustrialModel

/// The part of the JSON Schema that is about what happens to tags before they are stored.
enum SchemaOfProcessing {
  static var rules: OrderedJSON {
    [
      "type": "object",
      "description": "what happens to tags before they are stored; the most exact path counts",
      "propertyNames": [
        "pattern": "^(\\*|[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/([A-Za-z0-9._-]+\\*?|\\*))$"
      ],
      "additionalProperties": rule,
    ]
  }

  static var rule: OrderedJSON {
    let functions: OrderedJSON = .oneOf(
      words: ProcessingRule.Function.allCases.map(\.rawValue), "what is kept of a window")
    return .section([
      (
        "class",
        .oneOf(
          words: SampleClass.allCases.map(\.name), "what the samples are for; default: telemetry")
      ),
      ("min", .number("values below are marked uncertain, and kept")),
      ("max", .number("values above are marked uncertain, and kept")),
      (
        "rate",
        [
          "type": ["string", "number"], "pattern": "^[0-9.eE+-]+(/s)?$",
          "description": "a faster change marks the value uncertain: 5/s",
        ]
      ),
      ("gap", .duration("a value after a longer time without one is marked uncertain")),
      (
        "duplicate",
        .flag("the same value again with the same time of the device's is marked uncertain")
      ),
      (
        "deadband",
        width("only larger changes are stored; in the tag's unit, or of max - min: 1%")
      ),
      (
        "deviation",
        width("what is stored joined by straight lines is never further from a sample; as above")
      ),
      ("silence", .duration("after so long the next value is stored, whatever it is")),
      ("aggregate", .duration("of each window only the results are stored")),
      ("functions", .anyOf([functions, ["type": "array", "minItems": 1, "items": functions]])),
      ("late", .duration("so late a value may be; default: 0s")),
      (
        "too_late",
        .oneOf(
          words: ProcessingRule.TooLate.allCases.map(\.rawValue),
          "what happens to later ones; default: store")
      ),
    ])
  }

  private static func width(_ description: String) -> OrderedJSON {
    [
      "type": ["string", "number"], "pattern": "^[0-9.eE+-]+%?$",
      "description": .string(description),
    ]
  }
}
