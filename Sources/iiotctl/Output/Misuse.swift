internal import ArgumentParser

/// What the argument parser says of a command line that it does not understand, in the shape of all our errors.
enum Misuse {
  /// Of an error of the parser, or of one that `command` found when it ran. The parser's own text is `Error: WHAT`, perhaps
  /// `Help: OPTION`, `Usage: SYNOPSIS`, and whom to ask.
  static func failure(_ error: any Error, _ command: (any ParsableCommand.Type)?) -> Failure {
    let lines = IIoTCtl.fullMessage(for: error).split(separator: "\n")
    func after(_ mark: String) -> Substring? {
      lines.first { $0.hasPrefix(mark) }.map { $0.dropFirst(mark.count).drop { $0 == " " } }
    }
    let synopsis = after("Usage: ") ?? after("USAGE: ") ?? ""
    let words =
      command.flatMap { path(to: $0, from: IIoTCtl.self) }
      // The words of a command end where its arguments begin.
      ?? synopsis.split(separator: " ").prefix { $0.first?.isLetter == true }.map(String.init)
    return Failure(
      sentence(IIoTCtl.message(for: error)), at: after("Help: ").map(String.init) ?? "",
      advice: "see '\(words.joined(separator: " ")) --help'", exitCode: 64)
  }

  /// How a command is called.
  private static func path(
    to command: any ParsableCommand.Type, from root: any ParsableCommand.Type
  ) -> [String]? {
    if command == root { return [root._commandName] }
    for child in root.configuration.subcommands {
      if let rest = path(to: command, from: child) { return [root._commandName] + rest }
    }
    return nil
  }

  /// Begins small and ends without a full stop, as our own messages do.
  private static func sentence(_ text: String) -> String {
    var text = text[...]
    if text.hasSuffix("."), !text.hasSuffix("..") { text = text.dropLast() }
    let second = text.dropFirst().first
    let isWord = second.map { $0.isLowercase || $0 == " " } ?? false
    return isWord ? text.prefix(1).lowercased() + text.dropFirst() : String(text)
  }
}
