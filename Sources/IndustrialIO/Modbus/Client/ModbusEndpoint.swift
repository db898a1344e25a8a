/// The wire at whose other end Modbus devices answer.
public struct ModbusEndpoint: Sendable, Hashable {
  enum Transport: Sendable, Hashable {
    case tcp(host: String, port: UInt16)
    case rtuOverTCP(host: String, port: UInt16)
    case serial(SerialLine)
  }

  let transport: Transport

  /// Modbus TCP: a device, or a gateway to several, at a host name, an IPv4 or an IPv6 address.
  public static func tcp(_ host: String, port: UInt16 = 502) -> ModbusEndpoint {
    ModbusEndpoint(transport: .tcp(host: host, port: port))
  }

  /// RTU over TCP: a serial device server that passes frames on as they are, checks and all.
  public static func rtuOverTCP(_ host: String, port: UInt16) -> ModbusEndpoint {
    ModbusEndpoint(transport: .rtuOverTCP(host: host, port: port))
  }

  /// RTU on a serial port. The port is opened and driven by libmodbus.
  public static func rtu(_ line: SerialLine) -> ModbusEndpoint {
    ModbusEndpoint(transport: .serial(line))
  }

  /// Whether frames have no transaction id, so that one request at a time can be under way.
  var isRTU: Bool { if case .tcp = transport { false } else { true } }

  /// The silence that a line needs between two frames, ns.
  var gap: Int64 { if case .serial(let line) = transport { line.gap } else { 0 } }
}

extension ModbusEndpoint: CustomStringConvertible {
  /// The wire as a URL without a unit, such as "modbus://10.0.0.10:502".
  public var description: String {
    switch transport {
    case .tcp(let host, let port): "modbus://\(Self.authority(host, port))"
    case .rtuOverTCP(let host, let port): "modbus+rtu://\(Self.authority(host, port))"
    case .serial(let line): "modbus+rtu://\(line.path)"
    }
  }

  private static func authority(_ host: String, _ port: UInt16) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
