internal import Glibc

/// A call to the operating system that failed.
package struct SystemFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call, as `man` knows it.
  package let call: String
  /// Its errno.
  package let errorNumber: Int32

  package init(call: String, errorNumber: Int32) {
    self.call = call
    self.errorNumber = errorNumber
  }

  package var description: String { "\(call): \(explanation)" }

  /// The system's words for the errno, such as `No such file or directory`.
  package var explanation: String { Self.explanation(of: errorNumber) }

  /// The system's words for an errno.
  package static func explanation(of errorNumber: Int32) -> String {
    // The POSIX form, which is thread-safe: it fills our buffer.
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(errorNumber, &text, text.count) == 0 else { return "errno \(errorNumber)" }
    return String(
      decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
