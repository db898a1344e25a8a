internal import CANLog
internal import DBC
internal import IndustrialModel
internal import Modbus

extension GatewayConfiguration {
  /// The drivers of all buses that have devices. A new kind of bus is one case here.
  func makeDrivers(tags: TagRegistry) throws(ConfigurationError) -> [any Driver] {
    var drivers: [any Driver] = []
    for bus in buses {
      let devices = devices.filter { $0.bus == bus.name }
      guard !devices.isEmpty else { continue }
      switch bus.transport {
      case .modbusTCP(let host, let port, let timeout):
        do throws(ModbusError) {
          drivers.append(
            try ModbusDriver(
              bus: bus.name, endpoint: .tcp(host, port: port), timeout: timeout, devices: devices,
              tags: tags))
        } catch {
          throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: error.advice)
        }
      case .canLog(let path, let file):
        do throws(DBCError) {
          drivers.append(
            CANLogDriver(
              bus: bus.name, path: path, database: try Database(contentsOf: file),
              devices: devices.map(\.name), tags: tags))
        } catch {
          throw ConfigurationError("\(error)", at: "buses.\(bus.name).dbc", advice: nil)
        }
      }
    }
    return drivers
  }
}

extension ConfigurationError {
  /// One mistake that shows only when the configuration is put to work.
  init(_ message: String, at path: String, advice: String?) {
    self.init(
      file: nil,
      problems: [
        Problem(path: path, message: message, advice: advice ?? "correct the configuration")
      ])
  }
}
