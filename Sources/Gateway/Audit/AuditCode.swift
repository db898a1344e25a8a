internal import CCrypto
internal import Sinks

/// The code that joins a line of an audit trail to the line before it: HMAC-SHA-256 (RFC 2104, FIPS 180-4), keyed, of the code
/// before and the line's own bytes.
struct AuditCode: Sendable, Hashable {
  private let words: [UInt8]

  /// In bytes.
  static let length = 32

  /// What stands before the first line: zeros.
  static let origin = AuditCode(words: [UInt8](repeating: 0, count: length))

  private init(words: [UInt8]) { self.words = words }

  /// The code of a line.
  init(of line: ArraySlice<UInt8>, after previous: AuditCode, key: [UInt8]) {
    let message = previous.words + line
    var code = [UInt8](repeating: 0, count: Self.length)
    var count: UInt32 = 0
    HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &code, &count)
    words = code
  }

  /// SHA-256 (FIPS 180-4) of some bytes, as 64 hexadecimal digits, small letters.
  static func digest(of bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: length)
    var count: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil)
    return AuditCode(words: digest).hexadecimal
  }

  /// Of 64 hexadecimal digits.
  init?(hexadecimal text: some Collection<UInt8>) {
    guard text.count == 2 * Self.length else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text {
      guard let value = Self.value(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    words = bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// 64 hexadecimal digits, small letters.
  var hexadecimal: String {
    var text: [UInt8] = []
    text.append(hex: words)
    return String(decoding: text, as: UTF8.self)
  }

  /// Compared in a time that does not tell where they differ.
  func isSame(as other: AuditCode) -> Bool {
    CRYPTO_memcmp(words, other.words, Self.length) == 0
  }
}
