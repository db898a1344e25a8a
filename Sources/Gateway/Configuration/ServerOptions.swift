/// Where a gateway answers questions about itself over HTTP (the module `GatewayServer`).
public struct ServerOptions: Sendable, Equatable {
  /// The address it listens on: an IP address, or a name that stands for one.
  public var host: String
  /// The port; 0 for any that is free.
  public var port: UInt16

  /// Only this machine gets answers, unless told otherwise.
  public init(host: String = "127.0.0.1", port: UInt16 = 9600) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:9600`, `[::1]:9600` or `:9600`, which is this machine's.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    self.init(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
  }
}

extension ServerOptions: CustomStringConvertible {
  /// `127.0.0.1:9600`, `[::1]:9600`.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
