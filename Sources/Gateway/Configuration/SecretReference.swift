internal import Glibc
internal import Sinks

/// Secrets never stand in the configuration itself, which is copied, printed and kept in version control.
enum SecretReference {
  struct Failure: Error {
    var message: String
    var advice: String
  }

  /// The secret that `${env:NAME}` or `${file:PATH}` stands for. Of a file, a line end at the end does not count.
  static func resolve(_ reference: String) throws(Failure) -> Secret {
    guard reference.hasPrefix("${"), reference.hasSuffix("}"),
      let colon = reference.firstIndex(of: ":")
    else {
      throw Failure(
        message: "a secret stands in the file itself",
        advice: "write ${env:NAME} or ${file:PATH}, and the secret there")
    }
    let kind = reference[reference.index(reference.startIndex, offsetBy: 2)..<colon]
    let name = String(reference[reference.index(after: colon)...].dropLast())
    switch kind {
    case "env":
      guard let value = getenv(name), value.pointee != 0 else {
        throw Failure(
          message: "the environment has no variable '\(name)', or it is empty",
          advice: "set it before the gateway starts")
      }
      return Secret(String(cString: value))
    case "file":
      guard let bytes = readFile(name) else {
        throw Failure(
          message: "can't read the secret's file '\(name)': \(String(cString: strerror(errno)))",
          advice: "check the path and its permissions")
      }
      let text = text(of: bytes)
      guard !text.isEmpty else {
        throw Failure(
          message: "the secret's file '\(name)' is empty", advice: "write the secret into it")
      }
      let isLineEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      return Secret(text, of: bytes.reversed().drop(while: isLineEnd).reversed())
    default:
      throw Failure(
        message: "'\(kind)' is no place of secrets", advice: "write ${env:NAME} or ${file:PATH}")
    }
  }

  /// The text that a secret's file has: without the line ends at its end, and with marks in the place of what is no text.
  static func text(of file: [UInt8]) -> String {
    var text = String(decoding: file, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }
}
