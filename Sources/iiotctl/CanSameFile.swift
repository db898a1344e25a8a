internal import Glibc

extension CanLogInput {
  /// Refuses to write into the log that is read: it would be emptied before it is read, or grow for ever. To be called before
  /// anything is opened for writing.
  static func refuseWriting(_ output: String, whileReading log: String) throws {
    guard let source = RegularFile(log, or: STDIN_FILENO),
      source == RegularFile(output, or: STDOUT_FILENO)
    else { return }
    throw Failure(
      "the log is read from the file that would be written: nothing was written",
      at: output == "-"
        ? "\(name(log)) and standard output"
        : output == log
          ? log : "\(name(log)) and \(output)",
      advice: "write to another file, and rename it afterwards"
        + (output == "-" ? "; a shell's > empties the file before anybody looks" : ""))
  }
}
