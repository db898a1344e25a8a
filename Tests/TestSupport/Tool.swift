import Foundation

/// A program that runs to its end.
public struct Tool: Sendable {
  /// What it wrote to standard output.
  public var output: String
  /// What it wrote to standard error.
  public var errors: String
  /// Its exit code, or minus the signal that ended it.
  public var status: Int32

  /// Runs a program and waits for its end on a thread of its own.
  public init(
    _ path: String, _ arguments: [String], input: String = "", in folder: String? = nil
  ) async throws {
    self = try await onThread { try Tool(path, arguments, input: input, in: folder) }
  }

  /// Runs a program and waits for its end, where waiting in another way isn't possible.
  public init(_ path: String, _ arguments: [String], input: String = "", in folder: String? = nil)
    throws
  {
    // Files instead of pipes: no size of output can block it.
    let scratch = try TemporaryFolder()
    try scratch.write(input, to: "in")
    try scratch.write("", to: "out")
    try scratch.write("", to: "err")
    let process = try ChildProcess(
      path, arguments, folder: folder, input: scratch.file("in"), output: scratch.file("out"),
      errors: scratch.file("err"))
    status = process.wait()
    output = try scratch.text(of: "out")
    errors = try scratch.text(of: "err")
  }
}
