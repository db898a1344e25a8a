import Foundation

/// Makes the programs and libraries in C that some tests need.
public enum CCompiler {
  /// Nil where there is none.
  public static let path = PeerProcess.find("cc") ?? PeerProcess.find("clang")

  /// It had something against the source.
  public struct Refused: Error {
    /// What it said.
    public var message: String
  }

  /// Compiles a file below `Tests/Fixtures`.
  ///
  /// - Throws: ``Refused``.
  public static func compile(
    _ fixture: String, to result: String, _ arguments: [String]
  ) async throws {
    guard let path else { throw Refused(message: "no C compiler") }
    let source = URL(filePath: #filePath).appending(path: "../../Fixtures/\(fixture)").standardized
    let made = try await Tool(path, ["-o", result, source.path] + arguments)
    guard made.status == 0 else { throw Refused(message: made.errors) }
  }
}
