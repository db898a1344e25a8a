#if Gateway
  /// The buses, devices and formulas that follow from a list of sensors.
  ///
  /// The other gateway had a connection for each sensor; here sensors with the same peer share one, and those with the same unit
  /// and interval are one device, which is read in few requests.
  struct ImportedPlant {
    /// Where messages come from unless a sensor says otherwise.
    struct Broker {
      var host: String
      var port: UInt16
      var user: String?
    }

    private struct Bus {
      var keys: String
      /// In milliseconds.
      var timeout = 0
      /// Of a broker.
      var topics: [String] = []
      var user: String?
    }

    private struct Device {
      var keys: String
      var tags: [String] = []
    }

    let defaultBroker: Broker
    private(set) var notes: [String] = []
    /// By the tags, in the order of the sensors.
    private(set) var twinAttributes: [(tag: String, attribute: String)] = []
    private var buses: [(name: String, bus: Bus)] = []
    private var devices: [(name: String, device: Device)] = []
    private var formulas: [String] = []
    private var usedNames: Set<String> = []

    init(defaultBroker: Broker) { self.defaultBroker = defaultBroker }

    mutating func add(_ sensor: DaTaKSensor) {
      func leftOut(_ reason: String) {
        notes.append("sensor '\(sensor.name)' is left out: \(reason)")
      }
      guard !sensor.name.isEmpty else { return notes.append("a sensor without a name is left out") }
      guard sensor.isActive else { return leftOut("it is not active") }
      switch sensor.protocol {
      case "MODBUS_TCP", "MODBUS_RTU":
        guard let (bus, keys) = modbusBus(sensor) else {
          return leftOut("its connection has no host or port")
        }
        addModbus(sensor, bus: bus, keys: keys)
      case "MQTT":
        guard let topic = sensor.parameter("topic"), !topic.contains(where: { "+#".contains($0) })
        else { return leftOut("it has no topic, or one with wildcards") }
        addMessage(sensor, topic: topic)
      case "CAN":
        let signal = sensor.parameter("signal_name") ?? sensor.parameter("signal")
        guard let file = sensor.parameter("dbc_file"),
          let message = sensor.parameter("message_name"),
          let signal
        else { return leftOut("its message and signal in a DBC file are not all known") }
        let interface = sensor.parameter("channel") ?? "can0"
        let bus = YAMLText.name(interface)
        addBus(
          bus,
          "driver: socketcan, interface: \(YAMLText.quoted(interface)), dbc: \(YAMLText.quoted(file))",
          timeout: 0)
        addDevice(bus, "bus: \(bus)")
        addFormula(sensor, device: bus, source: "\(bus)/\(message).\(signal)")
      case "SYSTEM":
        let metrics = [
          "cpu_percent": "cpu/use", "memory_percent": "memory/use", "disk_usage": "disk/use",
          "temperature": "temperature",
        ]
        guard let metric = metrics[sensor.parameter("metric") ?? ""] else {
          return leftOut("its metric is not known here")
        }
        addBus("machine", "driver: system", timeout: 0)
        // A device for each period, the first with the short name.
        let keys = "bus: machine, every: \(sensor.interval)ms"
        let isFirst = devices.first { $0.name == "host" }.map { $0.device.keys == keys } ?? true
        let device = isFirst ? "host" : "host-\(sensor.interval)ms"
        addDevice(device, keys)
        addFormula(sensor, device: device, source: "\(device)/\(metric)")
      default:
        leftOut(
          "there is nothing like \(sensor.protocol.isEmpty ? "no protocol" : sensor.protocol) here yet"
        )
      }
    }

    // MARK: Modbus

    private func modbusBus(_ sensor: DaTaKSensor) -> (name: String, keys: String)? {
      if sensor.protocol == "MODBUS_TCP" {
        guard let host = sensor.parameter("host") else { return nil }
        let port = sensor.number("port") ?? 502
        return (
          YAMLText.name("\(host)-\(port)"),
          "driver: modbus-tcp, host: \(YAMLText.quoted(host)), port: \(port)"
        )
      }
      guard let port = sensor.parameter("port") else { return nil }
      let baud = sensor.number("baudrate") ?? 9600
      let parity = (sensor.parameter("parity") ?? "N").prefix(1).uppercased()
      let stop = sensor.number("stopbits") ?? 1
      let path = port.hasPrefix("/") ? port : "/dev/\(port)"
      let url = "modbus+rtu://\(path)?baud=\(baud)&parity=\(parity)&stop=\(stop)"
      let name = YAMLText.name(String(path.split(separator: "/").last ?? "serial"))
      return (name, "driver: modbus-rtu, url: \(YAMLText.quoted(url))")
    }

    private mutating func addModbus(_ sensor: DaTaKSensor, bus: String, keys: String) {
      let tables = ["holding": "holding", "input": "input", "coil": "coil", "discrete": "discrete"]
      let table = sensor.parameter("register_type") ?? "holding"
      guard let table = tables[table], let address = sensor.number("address"),
        (0...65_535).contains(address)
      else {
        return notes.append("sensor '\(sensor.name)' is left out: its register is not known")
      }
      let unit = sensor.number("slave_id") ?? 1
      addBus(bus, keys, timeout: sensor.timeout)
      let device = "\(bus)-unit\(unit)-\(sensor.interval)ms"
      addDevice(device, "bus: \(bus), unit: \(unit), every: \(sensor.interval)ms")
      let count = sensor.number("count") ?? 1
      var tag = "at: \(table)/\(address)"
      if table == "holding" || table == "input" {
        if count == 2 { tag += ", type: uint32" }
        if count > 2 {
          notes.append(
            "sensor '\(sensor.name)': of its \(count) registers the first is read, as before; give it a type such as float64"
          )
        }
        if address > 30_000 {
          notes.append(
            "sensor '\(sensor.name)': address \(address) is what went over the wire; if a manual's number was meant, write "
              + "modicon/NUMBER")
        }
      }
      addTag(sensor, device: device, tag)
    }

    // MARK: Messages

    private mutating func addMessage(_ sensor: DaTaKSensor, topic: String) {
      let host = sensor.parameter("broker") ?? defaultBroker.host
      let port = sensor.number("port") ?? Int(defaultBroker.port)
      let bus = YAMLText.name("\(host)-\(port)")
      addBus(bus, "driver: mqtt, url: mqtt://\(host):\(port)", timeout: 0)
      if let index = buses.firstIndex(where: { $0.name == bus }) {
        buses[index].bus.topics.append(topic)
        buses[index].bus.user = sensor.parameter("username") ?? defaultBroker.user
      }
      addDevice(bus, "bus: \(bus)")
      var tag = "topic: \(YAMLText.quoted(topic))"
      if let path = sensor.parameter("json_path") {
        let steps = path.split { "$.[]".contains($0) }.joined(separator: ".")
        tag += ", json: \(YAMLText.quoted(steps))"
      } else {
        notes.append(
          "sensor '\(sensor.name)': its payload is read as a number; if it is JSON, add  json: value"
        )
      }
      addTag(sensor, device: bus, tag)
    }

    /// One filter for all topics: the levels that they share, and what is below.
    private func filter(_ topics: [String]) -> String {
      let levels = topics.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
      guard let first = levels.first, levels.contains(where: { $0 != first }) else {
        return topics.first ?? "#"
      }
      var shared = 0
      while levels.allSatisfy({ $0.count > shared + 1 && $0[shared] == first[shared] }) {
        shared += 1
      }
      return (first[..<shared] + ["#"]).joined(separator: "/")
    }

    // MARK: Parts

    private mutating func addBus(_ name: String, _ keys: String, timeout: Int) {
      let index = buses.firstIndex { $0.name == name } ?? buses.count
      if index == buses.count { buses.append((name, Bus(keys: keys))) }
      buses[index].bus.timeout = max(buses[index].bus.timeout, timeout)
      if buses[index].bus.keys != keys {
        notes.append(
          "bus \(name): sensors disagree about it; the first one counts: \(buses[index].bus.keys)")
      }
    }

    private mutating func addDevice(_ name: String, _ keys: String) {
      if !devices.contains(where: { $0.name == name }) {
        devices.append((name, Device(keys: keys)))
      }
    }

    /// A tag of its own, with a formula behind it where the value is not taken as it comes.
    private mutating func addTag(_ sensor: DaTaKSensor, device: String, _ keys: String) {
      let name = unused(sensor.name)
      let unit = sensor.unit.map { ", unit: \(YAMLText.quoted($0))" } ?? ""
      let path = "\(device)/\(name)"
      if sensor.isIdentity {
        append(tag: "\(name): {\(keys)\(unit)}", to: device)
      } else {
        append(tag: "\(name).raw: {\(keys)}", to: device)
        let expression = sensor.expression(of: "\(path).raw")
        formulas.append("\(path): {expression: \(YAMLText.quoted(expression))\(unit)}")
      }
      if let attribute = sensor.twinAttribute { twinAttributes.append((path, attribute)) }
    }

    /// A tag that is there already gets the sensor's name by a formula.
    private mutating func addFormula(_ sensor: DaTaKSensor, device: String, source: String) {
      let path = "\(device)/\(unused(sensor.name))"
      let unit = sensor.unit.map { ", unit: \(YAMLText.quoted($0))" } ?? ""
      formulas.append(
        "\(path): {expression: \(YAMLText.quoted(sensor.expression(of: source)))\(unit)}")
      if let attribute = sensor.twinAttribute { twinAttributes.append((path, attribute)) }
    }

    private mutating func append(tag: String, to device: String) {
      guard let index = devices.firstIndex(where: { $0.name == device }) else { return }
      devices[index].device.tags.append(tag)
    }

    /// The sensor's name, or one like it that no other has.
    private mutating func unused(_ name: String) -> String {
      let wanted = YAMLText.name(name)
      var result = wanted
      var number = 2
      while !usedNames.insert(result).inserted {
        result = "\(wanted)-\(number)"
        number += 1
      }
      if result != name { notes.append("sensor '\(name)' is called '\(result)' here") }
      return result
    }

    /// The sections `buses`, `devices` and `formulas`.
    var yaml: String {
      var text = ""
      if !buses.isEmpty { text += "buses:\n" }
      for (name, bus) in buses {
        var keys = bus.keys
        if bus.timeout > 0 { keys += ", timeout: \(bus.timeout)ms" }
        if !bus.topics.isEmpty { keys += ", subscribe: \(YAMLText.quoted(filter(bus.topics)))" }
        if let user = bus.user {
          keys += ", user: \(YAMLText.quoted(user)), password: \"${env:MQTT_PASSWORD}\""
        }
        text += "  \(name): {\(keys)}\n"
      }
      if !devices.isEmpty { text += "\ndevices:\n" }
      for (name, device) in devices {
        if device.tags.isEmpty {
          text += "  \(name): {\(device.keys)}\n"
          continue
        }
        text += "  \(name):\n"
        for key in device.keys.split(separator: ", ") { text += "    \(key)\n" }
        text += "    tags:\n" + device.tags.map { "      \($0)\n" }.joined()
      }
      if !formulas.isEmpty { text += "\nformulas:\n" + formulas.map { "  \($0)\n" }.joined() }
      return text
    }
  }
#endif
