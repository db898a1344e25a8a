/// A Modbus device's address as people write it: `modbus://host:502?unit=1`.
///
/// The grammar is `modbus://HOST[:PORT][/][?KEY=VALUE[&KEY=VALUE]...]`. HOST is a name, an IPv4 address or
/// an IPv6 address in brackets; PORT is 502 when left out. The keys are
/// - `unit`: 0 to 255, 1 when left out;
/// - `timeout`: how long to wait for an answer, such as `500ms` or `2s`;
/// - `inflight`: how many requests may be under way at once, 1 to 64.
///
/// `modbus+rtu://HOST:PORT?...` is RTU over TCP, `modbus+rtu:///dev/ttyUSB0?...` a serial port, with the further keys `baud`
/// (a rate of ``SerialLine/baud``; 19200), `parity` (N, E or O; E), `stop` (1 or 2; 1) and `rs485` (0 or 1; 0).
///
/// A key it does not know, or one given twice, is an error: a typing mistake must not pass silently.
public struct ModbusURL: Sendable, Hashable {
  /// The wire.
  public var endpoint: ModbusEndpoint
  /// The device on the wire.
  public var unit: UInt8
  /// How long to wait for an answer, if the URL says so.
  public var timeout: Duration?
  /// How many requests may be under way at once, if the URL says so.
  public var inFlight: Int?

  /// An address from its parts.
  public init(
    endpoint: ModbusEndpoint, unit: UInt8 = 1, timeout: Duration? = nil, inFlight: Int? = nil
  ) {
    self.endpoint = endpoint
    self.unit = unit
    self.timeout = timeout
    self.inFlight = inFlight
  }

  /// The address that `text` spells. Throws `.invalidURL` with the reason.
  public init(_ text: some StringProtocol) throws(ModbusError) {
    let text = String(text)
    func invalid(_ reason: String) -> ModbusError {
      ModbusError(
        .invalidURL, "\"\(text)\" is not a Modbus address: \(reason)",
        advice: "write it like modbus://192.168.0.10:502?unit=1")
    }
    guard let schemeEnd = text.firstRange(of: "://") else {
      throw invalid("it does not begin with modbus://")
    }
    let scheme = text[..<schemeEnd.lowerBound]
    let isRTU = scheme.lowercased() == "modbus+rtu"
    guard isRTU || scheme.lowercased() == "modbus" else {
      throw invalid("the scheme \"\(scheme)\" is not known")
    }
    let rest = text[schemeEnd.upperBound...]
    let questionMark = rest.firstIndex(of: "?")
    var authority = rest[..<(questionMark ?? rest.endIndex)]
    var line: SerialLine?
    if isRTU, authority.hasPrefix("/") {
      line = SerialLine(String(authority))
      self.init(endpoint: .rtu(SerialLine(String(authority))))
    } else {
      if authority.hasSuffix("/") { authority = authority.dropLast() }
      guard !authority.contains("/") else { throw invalid("it has a path") }
      guard !authority.contains("@") else { throw invalid("Modbus has no user name or password") }
      let (host, port) = try Self.hostAndPort(authority, needsPort: isRTU, invalid: invalid)
      self.init(endpoint: isRTU ? .rtuOverTCP(host, port: port) : .tcp(host, port: port))
    }

    guard let questionMark else { return }
    var seen: Set<Substring> = []
    for pair in rest[rest.index(after: questionMark)...].split(
      separator: "&", omittingEmptySubsequences: false)
    {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw invalid("\"\(pair)\" is not KEY=VALUE") }
      guard seen.insert(parts[0]).inserted else { throw invalid("\(parts[0]) is given twice") }
      if line != nil, try Self.set(parts[0], to: parts[1], of: &line, invalid: invalid) { continue }
      try setOption(parts[0], to: parts[1], isSerial: line != nil, invalid: invalid)
    }
    if let line { endpoint = .rtu(line) }
  }

  /// Takes a key that only serial lines have; false for others.
  private static func set(
    _ key: Substring, to value: Substring, of line: inout SerialLine?,
    invalid: (String) -> ModbusError
  ) throws(ModbusError) -> Bool {
    switch key {
    case "baud":
      guard let baud: Int = number(value) else { throw invalid("baud must be a number") }
      guard SerialLine.rates.contains(where: { $0.baud == baud }) else {
        throw invalid(
          "a port can't be set to \(baud) baud, the nearest is \(SerialLine.rates(near: baud))")
      }
      line?.baud = baud
    case "parity":
      guard let parity = SerialLine.Parity(rawValue: value.uppercased()) else {
        throw invalid("parity must be N, E or O")
      }
      line?.parity = parity
    case "stop":
      guard let bits: Int = number(value), (1...2).contains(bits) else {
        throw invalid("stop must be 1 or 2")
      }
      line?.stopBits = bits
    case "rs485":
      guard value == "0" || value == "1" else { throw invalid("rs485 must be 0 or 1") }
      line?.isRS485 = value == "1"
    default: return false
    }
    return true
  }

  private mutating func setOption(
    _ key: Substring, to value: Substring, isSerial: Bool, invalid: (String) -> ModbusError
  ) throws(ModbusError) {
    switch key {
    case "unit":
      guard let number: UInt8 = Self.number(value) else { throw invalid("unit must be 0 to 255") }
      unit = number
    case "timeout":
      guard let duration = Self.duration(value), duration > .zero else {
        throw invalid("timeout must be like 500ms or 2s")
      }
      timeout = duration
    case "inflight":
      guard let number: Int = Self.number(value),
        (1...ModbusOptions.maximumInFlight).contains(number)
      else {
        throw invalid("inflight must be 1 to \(ModbusOptions.maximumInFlight)")
      }
      inFlight = number
    default:
      throw invalid(
        "\"\(key)\" is not one of unit, timeout, inflight"
          + (isSerial ? ", baud, parity, stop, rs485" : ""))
    }
  }

  private static func hostAndPort(
    _ text: Substring, needsPort: Bool, invalid: (String) -> ModbusError
  ) throws(ModbusError) -> (String, UInt16) {
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { throw invalid("a ] is missing") }
      host = text[text.index(after: text.startIndex)..<close]
      let tail = text[text.index(after: close)...]
      if !tail.isEmpty {
        guard tail.hasPrefix(":") else { throw invalid("only :PORT may follow the ]") }
        port = tail.dropFirst()
      }
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
      if port?.contains(":") == true { throw invalid("write an IPv6 address in [brackets]") }
    }
    guard !host.isEmpty else { throw invalid("the host is missing") }
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw invalid("the host has a blank in it")
    }
    guard let port else {
      if needsPort { throw invalid("RTU over TCP has no usual port: give one") }
      return (String(host), 502)
    }
    guard let number: UInt16 = Self.number(port), number > 0 else {
      throw invalid("the port must be 1 to 65535")
    }
    return (String(host), number)
  }

  /// A whole number of digits alone, without a sign.
  private static func number<Number: FixedWidthInteger>(_ text: Substring) -> Number? {
    text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? Number(text) : nil
  }

  /// A whole number with the unit ms or s; nil when it is neither or overflows.
  static func duration(_ text: Substring) -> Duration? {
    if text.hasSuffix("ms") {
      let number: Int32? = number(text.dropLast(2))
      return number.map { .milliseconds($0) }
    }
    guard text.hasSuffix("s") else { return nil }
    let number: Int32? = number(text.dropLast())
    return number.map { .seconds($0) }
  }
}

extension ModbusURL: CustomStringConvertible {
  /// The address in the form that is parsed.
  public var description: String {
    var text = "\(endpoint)?unit=\(unit)"
    if case .serial(let line) = endpoint.transport {
      text += "&baud=\(line.baud)&parity=\(line.parity.rawValue)&stop=\(line.stopBits)"
      if line.isRS485 { text += "&rs485=1" }
    }
    if let timeout {
      let (seconds, attoseconds) = timeout.components
      let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
      text += "&timeout=\(milliseconds)ms"
    }
    if let inFlight { text += "&inflight=\(inFlight)" }
    return text
  }
}
