internal import DBC
internal import IndustrialModel
internal import MQTT
internal import Modbus

extension GatewayConfiguration {
  /// The drivers of buses that have devices: of all, or of those that are named.
  ///
  /// - Parameter reserved: The tags that no topic may make; nil for what the files on the disk say now.
  func makeDrivers(
    tags: TagRegistry, reserved: Set<String>? = nil, of isWanted: (String) -> Bool = { _ in true }
  ) throws(ConfigurationError) -> [(bus: String, driver: any Driver)] {
    var drivers: [(bus: String, driver: any Driver)] = []
    for bus in buses where isWanted(bus.name) {
      let devices = devices.filter { $0.bus == bus.name }
      guard !devices.isEmpty else { continue }
      drivers.append(
        (bus.name, try makeDriver(bus, devices: devices, tags: tags, reserved: reserved)))
    }
    return drivers
  }

  /// A new kind of bus is one case here.
  private func makeDriver(
    _ bus: Bus, devices: [Device], tags: TagRegistry, reserved: Set<String>?
  ) throws(ConfigurationError) -> any Driver {
    switch bus.transport {
    case .modbusTCP(let host, let port, let timeout):
      return try modbus(bus, .tcp(host, port: port), timeout, devices, tags)
    case .modbusRTU(let endpoint, let timeout):
      return try modbus(bus, endpoint, timeout, devices, tags)
    case .canLog(let path, let file):
      return CANLogDriver(
        bus: bus.name, path: path, database: try database(file, of: bus),
        devices: devices.map(\.name), tags: tags)
    case .socketCAN(let interface, let file):
      return SocketCANDriver(
        bus: bus.name, interface: interface, database: try database(file, of: bus),
        devices: devices.map(\.name), tags: tags)
    case .mqtt(let broker, let filter):
      do throws(MQTTError) {
        return try MQTTDriver(
          bus: bus.name, broker: broker, filter: filter, gateway: id, devices: devices,
          reserved: reserved ?? reservedTags, tags: tags)
      } catch {
        throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: nil)
      }
    case .system(let disk):
      return SystemDriver(bus: bus.name, disk: disk, devices: devices, tags: tags)
    case .simulator:
      do throws(RecordingReader.Failure) {
        return try SimulatorDriver(bus: bus.name, devices: devices, tags: tags)
      } catch {
        throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: nil)
      }
    }
  }

  /// The tags that no topic may make, as the files on the disk are now.
  var reservedTags: Set<String> { tagForms.isEmpty ? [] : reservedNames(knownTags() ?? []) }

  /// The tags that no topic may make when the devices have these: those, and what is derived of them.
  func reservedNames(_ known: Set<String>) -> Set<String> {
    tagForms.isEmpty ? [] : known.union(allDerivedTags(known))
  }

  private func modbus(
    _ bus: Bus, _ endpoint: ModbusEndpoint, _ timeout: Duration, _ devices: [Device],
    _ tags: TagRegistry
  ) throws(ConfigurationError) -> any Driver {
    do throws(ModbusError) {
      return try ModbusDriver(
        bus: bus.name, endpoint: endpoint, timeout: timeout, devices: devices, tags: tags)
    } catch {
      throw ConfigurationError(error.message, at: "buses.\(bus.name)", advice: error.advice)
    }
  }

  func database(_ file: String, of bus: Bus) throws(ConfigurationError) -> Database {
    do throws(DBCError) {
      return try Database(contentsOf: file)
    } catch {
      throw ConfigurationError("\(error)", at: "buses.\(bus.name).dbc", advice: nil)
    }
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
