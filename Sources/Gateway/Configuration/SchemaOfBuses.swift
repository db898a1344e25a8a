/// The part of the JSON Schema that is about buses, a kind each.
enum SchemaOfBuses {
  static var all: [OrderedJSON] {
    [modbusTCP, modbusRTU, canLog, socketCAN, mqtt, system, simulator]
  }

  private static var modbusTCP: OrderedJSON {
    .section(
      required: ["driver", "host"],
      [
        ("driver", .kind("modbus-tcp")),
        ("host", .text("host name or address")),
        ("port", .integer(1...65_535, "default: 502")),
        ("timeout", .duration("for one answer; default: 500ms")),
      ])
  }

  private static var modbusRTU: OrderedJSON {
    .section(
      required: ["driver", "url"],
      [
        ("driver", .kind("modbus-rtu")),
        (
          "url",
          .pattern(
            "^[Mm][Oo][Dd][Bb][Uu][Ss]\\+[Rr][Tt][Uu]:",
            "modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E or modbus+rtu://HOST:PORT")
        ),
        ("timeout", .duration("for one answer; default: 500ms")),
      ])
  }

  private static var canLog: OrderedJSON {
    .section(
      required: ["driver", "path", "dbc"],
      [
        ("driver", .kind("can-log")),
        ("path", .text("a recording, or a pipe or FIFO into which candump writes")),
        ("dbc", .text("DBC file that says what the frames mean")),
      ])
  }

  private static var socketCAN: OrderedJSON {
    .section(
      required: ["driver", "interface", "dbc"],
      [
        ("driver", .kind("socketcan")),
        ("interface", .text("CAN interface of this machine, such as can0")),
        ("dbc", .text("DBC file that says what the frames mean")),
      ])
  }

  private static var mqtt: OrderedJSON {
    .section(
      required: ["driver", "url", "subscribe"],
      [
        ("driver", .kind("mqtt")),
        (
          "subscribe",
          .text("all that its devices need, in one topic filter: plant/# or iot/{device}/raw")
        ),
      ] + brokerKeys)
  }

  /// What a bus and a sink say of a broker.
  static var brokerKeys: [(String, OrderedJSON)] {
    [
      ("url", .pattern("^[Mm][Qq][Tt][Tt][Ss]?://", "mqtt://HOST:PORT or mqtts://HOST:PORT")),
      ("user", .text("who we are to the broker")),
      ("password", .secret("${env:NAME} or ${file:PATH}")),
      ("client_id", .text("client identifier; default: after the gateway's id")),
      ("version", ["enum": [5, "5", "3.1.1"], "description": "of the protocol; default: 5"]),
      ("timeout", .duration("for the broker's answers; default: 30s")),
      ("ca_file", .text("trusted certificates; default: the system's")),
      ("cert_file", .text("our own certificate")),
      ("key_file", .text("the key of our own certificate")),
    ]
  }

  private static var system: OrderedJSON {
    .section(
      required: ["driver"],
      [
        ("driver", .kind("system")),
        ("disk", .text("a path on the file system that is looked at; default: /")),
      ])
  }

  private static var simulator: OrderedJSON {
    .section(required: ["driver"], [("driver", .kind("simulator"))])
  }
}
