import Foundation

/// A program that runs to its end.
public struct Tool: Sendable {
  /// What it wrote to standard output.
  public var output: String
  /// What it wrote to standard error.
  public var errors: String
  /// Its exit code, or minus the signal that ended it.
  public var status: Int32

  /// Runs a program and waits for its end.
  public init(_ path: String, _ arguments: [String], input: String = "", in folder: String? = nil)
    throws
  {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    // Files instead of pipes: no size of output can block it.
    let scratch = try TemporaryFolder()
    try scratch.write(input, to: "in")
    try scratch.write("", to: "out")
    try scratch.write("", to: "err")
    func handle(_ name: String) -> URL { URL(fileURLWithPath: scratch.file(name)) }
    process.standardInput = try FileHandle(forReadingFrom: handle("in"))
    process.standardOutput = try FileHandle(forWritingTo: handle("out"))
    process.standardError = try FileHandle(forWritingTo: handle("err"))
    try process.run()
    process.waitUntilExit()
    output = try scratch.text(of: "out")
    errors = try scratch.text(of: "err")
    status =
      process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }
}
