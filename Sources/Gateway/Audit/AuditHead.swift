/// The last entry of an audit trail: its number and its code. Kept outside the file, it shows that entries were cut off.
public struct AuditHead: Sendable, Hashable, CustomStringConvertible {
  /// The number of the last entry; 0 for none.
  public var number: UInt64
  let code: AuditCode

  init(number: UInt64, code: AuditCode) {
    self.number = number
    self.code = code
  }

  /// Reads what `description` gives: `17:64 hexadecimal digits`. Lines behind that, as an anchor file has one, are passed over.
  public init?(_ text: String) {
    let parts = text.prefix { !$0.isNewline }.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let number = UInt64(parts[0]),
      let code = AuditCode(hexadecimal: Array(parts[1].utf8))
    else { return nil }
    self.init(number: number, code: code)
  }

  /// `17:64 hexadecimal digits`.
  public var description: String { "\(number):\(code.hexadecimal)" }
}
