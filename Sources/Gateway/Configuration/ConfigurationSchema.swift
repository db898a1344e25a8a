internal import Modbus

/// The JSON Schema (draft 2020-12) of the configuration file, for editors and other programs.
///
/// What a schema can't say (that a bus exists, that a formula can be computed) is left to `iiotctl gateway check`.
public enum ConfigurationSchema {
  /// The schema.
  public static var text: String { document.text() + "\n" }

  private static var document: OrderedJSON {
    .object([
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "Configuration of iiotctl gateway, format iiot/1"),
      ("type", "object"), ("required", ["schema", "gateway"]),
      ("additionalProperties", false),
      (
        "properties",
        .object([
          ("schema", ["const": "iiot/1", "description": "the version of the file's format"]),
          ("gateway", gateway),
          ("buses", named(.oneOf(SchemaOfBuses.all), "the wires, each with one owner")),
          ("groups", named(group, "what several tags share")),
          (
            "devices",
            named(
              SchemaOfDevices.device, "what is read from the buses",
              names: SchemaOfDevices.nameWithBraces)
          ),
          ("formulas", formulas),
          ("processing", SchemaOfProcessing.rules),
          ("buffer", buffer),
          (
            "journal",
            .section([
              (
                "capacity",
                .size("disk space for what comes from the wires, to replay it; default: 64MiB")
              )
            ])
          ),
          ("sinks", named(.oneOf(SchemaOfSinks.all), "where samples go")),
          (
            "server",
            .section([
              (
                "listen",
                .text("address and port of /metrics, /health and /readyz; default: 127.0.0.1:9600")
              )
            ])
          ),
          ("reports", named(report, "what is written about the values of tags")),
        ])
      ),
    ])
  }

  private static var gateway: OrderedJSON {
    .section(
      required: ["id"],
      [
        ("id", .text("the name of the gateway among others")),
        ("data", .text("folder of everything it keeps; default: data")),
        (
          "timezone", .text("by whose clocks reports are made, such as Europe/Prague; default: UTC")
        ),
        (
          "audit",
          .section([
            ("file", .text("the audit trail; default: audit.jsonl in the data folder")),
            ("anchor", .text("its head, best on another disk; default: audit.head there")),
            ("key", .secret("whoever has it can forge the trail; default: audit.key there")),
          ])
        ),
      ])
  }

  private static var group: OrderedJSON {
    .section([
      ("every", .duration("how often the tags are read, where they are")),
      ("processing", SchemaOfProcessing.rule),
      (
        "sinks",
        .anyOf([.text("a sink"), ["type": "array", "items": .text("the sinks; default: all")]])
      ),
    ])
  }

  private static var report: OrderedJSON {
    .section(
      required: ["every", "folder"],
      [
        ("every", .duration("1min to 1d, a whole part of a day")),
        ("folder", .text("the folder of the files")),
        ("history", .text("the sink of type history; default: the only one")),
        (
          "tags",
          .anyOf([.text("a tag"), ["type": "array", "items": .text("tags; default: all")]])
        ),
        ("decimals", .integer(0...17, "digits behind the point; default: 4")),
        ("wait", .duration("how long after the end of a span it is written; default: 10s")),
        ("gzip_after", .duration("files are compressed when they are so old; default: 7d")),
        ("delete_after", .duration("files are deleted when they are so old; default: 365d")),
      ])
  }

  private static var buffer: OrderedJSON {
    .section([
      ("capacity", .size("disk space it takes in all; default: 1GiB")),
      ("segment", .size("of which one file; default: 16MiB, or a quarter of the capacity")),
      (
        "when_full",
        .oneOf(
          words: GatewayConfiguration.Buffer.WhenFull.allCases.map(\.rawValue),
          "shed: the oldest samples give way; wait: sources wait for the sinks; default: shed")
      ),
    ])
  }

  private static var formulas: OrderedJSON {
    [
      "type": "object",
      "description": "tags computed from tags, by their paths device/tag",
      "propertyNames": ["pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$"],
      "additionalProperties": .section(
        required: ["expression"],
        [
          ("expression", .text("the formula, tags in braces (docs/formula.md)")),
          ("unit", .text("UCUM unit")), SchemaOfDevices.group,
        ]),
    ]
  }

  private static func named(
    _ part: OrderedJSON, _ description: String, names: String = "^[A-Za-z0-9._-]+$"
  ) -> OrderedJSON {
    [
      "type": "object", "description": .string(description),
      "propertyNames": ["pattern": .string(names)], "additionalProperties": part,
    ]
  }
}

extension OrderedJSON {
  /// A mapping with these keys and no others.
  static func section(
    required: [String] = [], _ properties: [(String, OrderedJSON)]
  ) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [("type", "object")]
    if !required.isEmpty { members.append(("required", .array(required.map { .string($0) }))) }
    members.append(("additionalProperties", false))
    members.append(("properties", .object(properties.map { (key: $0.0, value: $0.1) })))
    return .object(members)
  }

  static func oneOf(_ parts: [OrderedJSON]) -> OrderedJSON { ["oneOf": .array(parts)] }

  static func anyOf(_ parts: [OrderedJSON]) -> OrderedJSON { ["anyOf": .array(parts)] }

  /// A scalar that is taken as text; YAML readers make numbers and truths of some.
  static func text(_ description: String) -> OrderedJSON {
    ["type": ["string", "number", "boolean"], "description": .string(description)]
  }

  static func pattern(_ pattern: String, _ description: String) -> OrderedJSON {
    ["type": "string", "pattern": .string(pattern), "description": .string(description)]
  }

  static func duration(_ description: String) -> OrderedJSON {
    pattern("^[0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|min|h|d)$", description)
  }

  static func size(_ description: String) -> OrderedJSON {
    pattern("^[0-9]+(\\.[0-9]*)?(B|kB|MB|GB|TB|[kK]iB|MiB|GiB|TiB)$", description)
  }

  static func secret(_ description: String) -> OrderedJSON {
    pattern("^\\$\\{(env|file):.+\\}$", description)
  }

  static func number(_ description: String) -> OrderedJSON {
    ["type": "number", "description": .string(description)]
  }

  static func integer(_ range: ClosedRange<Int>, _ description: String) -> OrderedJSON {
    [
      "type": "integer", "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound), "description": .string(description),
    ]
  }

  static func flag(_ description: String) -> OrderedJSON {
    ["type": "boolean", "description": .string(description)]
  }

  static func oneOf(words: [String], _ description: String) -> OrderedJSON {
    ["enum": .array(words.map { .string($0) }), "description": .string(description)]
  }

  /// The value by which one kind is told from the others.
  static func kind(_ name: String) -> OrderedJSON { ["const": .string(name)] }
}
