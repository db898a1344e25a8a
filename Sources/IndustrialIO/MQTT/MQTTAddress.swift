/// Where a broker is: `mqtt://user:password@host:1883/topic`, or `mqtts://` for TLS.
public struct MQTTAddress: Sendable, Hashable {
  /// A name, an IPv4 or an IPv6 address (without brackets).
  public var host: String
  /// The TCP port; 1883, or 8883 with TLS, unless the address says otherwise.
  public var port: UInt16
  /// Whether the connection is encrypted.
  public var usesTLS: Bool
  /// The user name.
  public var userName: String?
  /// The password. It is never printed.
  public var password: String?
  /// What stands behind the first slash, as a topic or filter; nil when nothing does.
  public var topic: String?

  /// An address by its parts; the port follows from TLS when it is nil.
  public init(host: String, port: UInt16? = nil, usesTLS: Bool = false) {
    self.host = host
    self.port = port ?? (usesTLS ? 8883 : 1883)
    self.usesTLS = usesTLS
  }

  /// Reads `mqtt://host`, `mqtts://user:password@host:8883/topic`, `mqtt://[::1]:1883`.
  ///
  /// Parts may be percent-encoded, `#` and `+` in the topic need not be.
  /// - Throws: ``MQTTError/Code/invalidAddress``.
  public init(_ text: String) throws(MQTTError) {
    func wrong(_ why: String) -> MQTTError {
      MQTTError(
        .invalidAddress,
        "\(why); a broker's address looks like mqtt://user:password@host:1883/topic")
    }
    var rest = Substring(text)
    if rest.hasPrefix("mqtts://") {
      usesTLS = true
      rest = rest.dropFirst(8)
    } else if rest.hasPrefix("mqtt://") {
      usesTLS = false
      rest = rest.dropFirst(7)
    } else {
      throw wrong("the address does not begin with mqtt:// or mqtts://")
    }
    if let slash = rest.firstIndex(of: "/") {
      let path = rest[rest.index(after: slash)...]
      rest = rest[..<slash]
      if !path.isEmpty {
        guard let decoded = Self.percentDecoded(path) else {
          throw wrong("the topic in the address is not rightly percent-encoded")
        }
        topic = decoded
      }
    }
    if let at = rest.lastIndex(of: "@") {
      let credentials = rest[..<at]
      rest = rest[rest.index(after: at)...]
      let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
      guard let user = Self.percentDecoded(credentials[..<colon]) else {
        throw wrong("the user name in the address is not rightly percent-encoded")
      }
      guard !user.utf8.contains(0) else {
        throw wrong("the user name in the address contains a NUL character")
      }
      userName = user
      if colon < credentials.endIndex {
        guard let secret = Self.percentDecoded(credentials[credentials.index(after: colon)...])
        else { throw wrong("the password in the address is not rightly percent-encoded") }
        guard !secret.utf8.contains(0) else {
          throw wrong("the password in the address contains a NUL character")
        }
        password = secret
      }
    }
    var portText: Substring?
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else {
        throw wrong("the bracket behind the IPv6 address is missing")
      }
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      let behind = rest[rest.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else {
        throw wrong("a port was expected behind the IPv6 address")
      }
      portText = behind.isEmpty ? nil : behind.dropFirst()
    } else {
      let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else { throw wrong("an IPv6 address stands in brackets") }
      host = String(parts.first ?? "")
      portText = parts.count == 2 ? parts[1] : nil
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw wrong("the host is missing or not a name")
    }
    if let portText {
      // Digits alone: a number may begin with a sign.
      guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = UInt16(portText), number > 0
      else {
        throw wrong("the port \"\(portText)\" is not a number from 1 to 65535")
      }
      port = number
    } else {
      port = usesTLS ? 8883 : 1883
    }
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexValue),
        let low = rest.popFirst().flatMap(hexValue)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexValue(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x37
    case 0x61...0x66: character - 0x57
    default: nil
    }
  }
}

extension MQTTAddress: CustomStringConvertible {
  /// `host:port`, without user name and password.
  public var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
