internal import Sinks

/// The part of the JSON Schema that is about sinks, a kind each.
enum SchemaOfSinks {
  static var all: [OrderedJSON] {
    [file, influxDB, http, mqtt, twinOverMQTT, twinOverHTTP, history]
  }

  private static var file: OrderedJSON {
    .section(
      required: ["type", "path"],
      [
        ("type", .kind("file")),
        ("path", .text("the file; its folder must exist")),
        ("format", .oneOf(words: ["csv", "jsonl", "influx"], "default: jsonl")),
        ("rotate_size", .size("the file is put aside when it is so large; default: never")),
        ("rotate_every", .duration("and at each multiple of this since 1970; default: never")),
        ("keep", .integer(0...1_000_000, "so many old files stay; default: all")), backlog,
      ])
  }

  private static var backlog: (String, OrderedJSON) {
    (
      "backlog",
      .oneOf(
        words: GatewayConfiguration.Destination.Backlog.allCases.map(\.rawValue),
        "what goes first when much has piled up; default: live-first for influxdb and http")
    )
  }

  private static var attributes: OrderedJSON {
    [
      "type": "object", "description": "attributes of the twin by tags, pump-01/pressure: pressure",
      "propertyNames": ["pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$"],
      "additionalProperties": .text("name of the attribute"),
    ]
  }

  private static var twinOverMQTT: OrderedJSON {
    .section(
      required: ["type", "url", "topic", "attributes"],
      [
        ("type", .kind("twin-mqtt")), ("attributes", attributes),
        ("topic", .text("of {gateway} and {device}")),
      ] + SchemaOfBuses.brokerKeys)
  }

  private static var twinOverHTTP: OrderedJSON {
    .section(
      required: ["type", "url", "attributes"],
      [
        ("type", .kind("twin-http")), ("attributes", attributes),
        ("path", .text("what comes behind the address, of {gateway} and {device}")),
      ] + server)
  }

  private static var history: OrderedJSON {
    .section(
      required: ["type", "path"],
      [
        ("type", .kind("history")),
        ("path", .text("the database file; its folder must exist")),
        ("max_size", .size("about so much stays, the newest; default: 1GiB")),
        ("max_age", .duration("older samples are removed; default: never")),
      ])
  }

  private static var server: [(String, OrderedJSON)] {
    [
      (
        "url",
        .pattern("^https?://", "http://HOST:PORT or https://HOST:PORT, without user and query")
      ),
      ("token", .secret("${env:NAME} or ${file:PATH}; excludes user")),
      ("user", .text("excludes token")),
      ("password", .secret("${env:NAME} or ${file:PATH}")),
      ("timeout", .duration("for one request; default: 10s")),
      ("ca_file", .text("trusted certificates; default: the system's")),
      (
        "headers",
        [
          "type": "object", "propertyNames": ["pattern": "^[A-Za-z0-9._-]+$"],
          "description": "more header fields; a value may be ${env:NAME} or ${file:PATH}",
          "additionalProperties": .text("value of the field"),
        ]
      ),
      ("gzip", .flag("compresses what is sent; default: false")),
    ]
  }

  private static var influxDB: OrderedJSON {
    .section(
      required: ["type", "url"],
      [
        ("type", .kind("influxdb")),
        ("database", .text("InfluxDB 1, and what takes its writes")),
        ("retention_policy", .text("InfluxDB 1; default: the database's")),
        ("bucket", .text("InfluxDB 2")),
        ("organization", .text("InfluxDB 2")),
        ("batch", .integer(1...100_000, "samples a request; default: 5000")), backlog,
      ] + server)
  }

  private static var http: OrderedJSON {
    .section(
      required: ["type", "url"],
      [
        ("type", .kind("http")),
        ("body", .oneOf(words: HTTPSink.Body.allCases.map(\.rawValue), "default: json")),
        (
          "template",
          .text("what a sample becomes, with {device}, {tag}, {value}, ...; in place of body")
        ),
        ("envelope", .text("what a request is, around {samples}; default: a sample is a request")),
        ("content_type", .text("of what the template gives; default: application/json")),
        (
          "method",
          .oneOf(words: HTTPSinkOptions.Method.allCases.map(\.rawValue), "default: POST")
        ),
        ("batch", .integer(1...100_000, "samples a request; default: 1000")), backlog,
      ] + server)
  }

  private static var mqtt: OrderedJSON {
    .section(
      required: ["type", "url"],
      [
        ("type", .kind("mqtt")),
        ("topic", .text("of {gateway}, {device} and {tag}; default: {gateway}/{device}/{tag}")),
        (
          "payload",
          .oneOf(words: MQTTSinkOptions.Payload.allCases.map(\.rawValue), "default: json")
        ),
        ("qos", ["enum": [1, 2], "description": "default: 1"]),
        ("retain", .flag("the broker keeps the last message of each topic; default: false")),
        ("batch", .integer(1...10_000, "samples of one topic that share a message; default: 1")),
        ("state", .text("topic whose retained message is online or offline; default: none")),
        backlog,
      ] + SchemaOfBuses.brokerKeys)
  }
}
