internal import Glibc

/// Looks up a host name. Blocks: for owned threads only.
enum MQTTHosts {
  /// The numeric addresses of a host, in the order in which they should be tried.
  static func addresses(of host: String) throws(MQTTError) -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else {
      let why = gai_strerror(status).map { String(cString: $0) } ?? "unknown reason"
      throw MQTTError(.unreachable, "the host name \"\(host)\" can't be resolved: \(why)")
    }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var entry = list
    while let current = entry?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let named = getnameinfo(
        current.ai_addr, current.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      if named == 0 {
        let address = String(
          decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        if !addresses.contains(address) { addresses.append(address) }
      }
      entry = current.ai_next
    }
    guard !addresses.isEmpty else {
      throw MQTTError(.unreachable, "the host name \"\(host)\" has no address")
    }
    return addresses
  }
}
