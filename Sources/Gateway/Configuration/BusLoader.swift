#if Gateway
  internal import MQTT
  internal import Modbus
  internal import Sinks
  internal import Yams

  /// Reads the description of a bus. A new kind is one case here, and one in `DriverRegistry.swift`.
  struct BusLoader {
    private let section: YAMLSection

    init(_ section: YAMLSection) { self.section = section }

    func load(_ name: String) -> GatewayConfiguration.Bus? {
      let drivers = [
        "modbus-tcp", "modbus-rtu", "can-log", "socketcan", "mqtt", "system", "simulator",
      ]
      let driver = section.value(
        "driver", expected: "one of \(drivers.joined(separator: ", "))", required: true
      ) { drivers.contains($0) ? $0 : nil }
      let transport: GatewayConfiguration.Transport
      // What is missing has been told already; a bus counts even if it is not whole, so that its devices are looked at.
      switch driver {
      case "modbus-tcp": transport = modbusTCP()
      case "modbus-rtu": transport = modbusRTU()
      case "can-log":
        let path = section.text("path", expected: "a file or FIFO", required: true)
        transport = .canLog(path: path ?? "", database: database())
      case "socketcan":
        let interface = section.text("interface", expected: "a CAN interface", required: true)
        transport = .socketCAN(interface: interface ?? "", database: database())
      case "mqtt": transport = mqtt()
      case "system":
        transport = .system(disk: section.text("disk", expected: "a path on the disk") ?? "/")
      case "simulator": transport = .simulator
      default:
        section.giveUp()
        return nil
      }
      return .init(name: name, transport: transport)
    }

    private func database() -> String {
      section.text("dbc", expected: "a DBC file", required: true) ?? ""
    }

    private func modbusTCP() -> GatewayConfiguration.Transport {
      let host = section.text("host", expected: "a host name or address", required: true)
      let port = section.value("port", expected: "a port from 1 to 65535") { text in
        UInt16(text).flatMap { $0 > 0 ? $0 : nil }
      }
      let timeout = section.timeout(example: "500ms") ?? .milliseconds(500)
      return .modbusTCP(host: host ?? "", port: port ?? 502, timeout: timeout)
    }

    private func modbusRTU() -> GatewayConfiguration.Transport {
      let example = "modbus+rtu:///dev/ttyUSB0?baud=19200&parity=E"
      let nothing = ModbusEndpoint.rtu(SerialLine(""))
      let text = section.text("url", expected: example, required: true)
      let timeout = section.timeout(example: "500ms") ?? .milliseconds(500)
      guard let text else { return .modbusRTU(nothing, timeout: timeout) }
      do throws(ModbusError) {
        let url = try ModbusURL(text)
        let keys = text.split(separator: "?").dropFirst().first?.split(separator: "&") ?? []
        if !text.lowercased().hasPrefix("modbus+rtu:") {
          section.problem(at: "url", "this is no address of Modbus RTU", "write \(example)")
        } else if keys.contains(where: { !["baud", "parity", "stop", "rs485"].contains($0.key) }) {
          section.problem(
            at: "url", "only baud, parity, stop and rs485 belong into the address of a bus",
            "use the bus's  timeout  and the device's  unit")
        }
        return .modbusRTU(url.endpoint, timeout: timeout)
      } catch {
        section.problem(at: "url", error.message, "write \(example)")
        return .modbusRTU(nothing, timeout: timeout)
      }
    }

    private func mqtt() -> GatewayConfiguration.Transport {
      let endpoint = section.mqttEndpoint()
      let filter = section.text(
        "subscribe", expected: "a topic filter such as plant/# or iot/{device}/raw", required: true)
      if let filter {
        do throws(MQTTError) {
          _ = try MQTTTopicTemplate(filter)
        } catch {
          section.problem(at: "subscribe", error.message, "write one such as plant/#")
        }
      }
      return .mqtt(endpoint ?? MQTTEndpoint(MQTTAddress(host: "")), filter: filter ?? "")
    }
  }

  extension Substring {
    /// The part of `KEY=VALUE` before the sign.
    fileprivate var key: Substring { prefix { $0 != "=" } }
  }
#endif
