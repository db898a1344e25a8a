/// The wire at whose other end Modbus devices answer.
public struct ModbusEndpoint: Sendable, Hashable {
  enum Transport: Sendable, Hashable {
    case tcp(host: String, port: UInt16)
  }

  let transport: Transport

  /// Modbus TCP: a device, or a gateway to several, at a host name, an IPv4 or an IPv6 address.
  public static func tcp(_ host: String, port: UInt16 = 502) -> ModbusEndpoint {
    ModbusEndpoint(transport: .tcp(host: host, port: port))
  }
}

extension ModbusEndpoint: CustomStringConvertible {
  /// The wire as a URL without a unit, such as "modbus://10.0.0.10:502".
  public var description: String {
    switch transport {
    case .tcp(let host, let port):
      host.utf8.contains(UInt8(ascii: ":"))
        ? "modbus://[\(host)]:\(port)" : "modbus://\(host):\(port)"
    }
  }
}
