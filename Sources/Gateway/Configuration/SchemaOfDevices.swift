internal import MQTT
internal import Modbus

/// The part of the JSON Schema that is about devices and their tags.
///
/// Which keys a device has depends on its bus, which a schema can't look up: it allows those of any.
enum SchemaOfDevices {
  /// A name, with MQTT perhaps with names in braces that topics give.
  static let nameWithBraces = "^([A-Za-z0-9._-]|\\{[A-Za-z0-9_-]+\\})+$"

  static var device: OrderedJSON {
    .section(
      required: ["bus"],
      [
        ("bus", .text("one of the buses")),
        ("unit", .integer(0...255, "Modbus unit; default: 1")),
        ("every", .duration("how often it is read; default: 1s")),
        group,
        ("recording", .text("a CSV file that a simulator plays: time, then a column a tag")),
        ("repeat", .flag("whether it begins again at its end; default: false")),
        (
          "tags",
          [
            "type": "object", "propertyNames": ["pattern": .string(nameWithBraces)],
            "additionalProperties": .anyOf([register, message, simulated]),
          ]
        ),
      ])
  }

  static let group: (String, OrderedJSON) = (
    "group", .text("one of the groups, of whose settings it has those that it has not itself")
  )

  private static var scaling: [(String, OrderedJSON)] {
    [
      ("scale", .number("value = scale * number + offset; default: 1")),
      ("offset", .number("default: 0")),
      ("unit", .text("UCUM unit")),
    ]
  }

  private static var register: OrderedJSON {
    let types = RegisterType.simple.map(\.name).joined(separator: "|")
    let bits = "bit:0*([0-9]|1[0-5])"
    let strings = "string:0*([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|250)"
    return .section(
      required: ["at"],
      [
        (
          "at",
          .text("table and address from 0, such as holding/10, or a manual's modicon/40011")
        ),
        (
          "type",
          .pattern(
            "^(\(types)|\(bits)|\(strings))$", "default: uint16; coils and discretes are bool")
        ),
        (
          "order",
          .oneOf(
            words: ByteOrder.of64Bits.map(\.name) + otherOrders,
            "byte order of large numbers; default: ABCD")
        ),
      ] + scaling + [group])
  }

  /// The names of `ByteOrder` besides those of its `name`: of 16 and 64 bits.
  private static let otherOrders = ["AB", "BA", "ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"]

  private static var message: OrderedJSON {
    .section(
      required: ["topic"],
      [
        ("topic", .text("one topic, or with names in braces one for each: iot/{device}/raw")),
        ("json", .text("where in a JSON payload the value stands, such as readings.0.t")),
        (
          "type",
          .oneOf(words: MessageTag.ValueType.allCases.map(\.rawValue), "default: number")
        ),
      ] + scaling + [group])
  }

  private static var simulated: OrderedJSON {
    .section([
      ("shape", .oneOf(words: SimulatedTag.Shape.allCases.map(\.rawValue), "default: sine")),
      ("min", .number("default: 0")),
      ("max", .number("default: 100")),
      ("period", .duration("default: 60s")),
      ("unit", .text("UCUM unit")), group,
    ])
  }
}
