internal import ArgumentParser

/// `--tag`, the same in all commands that show what is known of tags.
struct TagOptions: ParsableArguments {
  @Option(
    name: .customLong("tag"),
    help: ArgumentHelp(
      "Only tags whose path is like this (* any text, ? one character); repeatable.",
      valueName: "pattern"))
  var patterns: [String] = []

  /// Whether a tag is wanted.
  func matches(_ tag: String) -> Bool {
    patterns.isEmpty || patterns.contains { Glob.matches($0, tag) }
  }

  /// Tells of patterns that are like no tag: else a mistake in one would look as if nothing had been measured.
  func tellUnmatched(among tags: [String]) {
    for pattern in patterns where !tags.contains(where: { Glob.matches(pattern, $0) }) {
      StandardError.print("note: there is no tag like '\(pattern)'")
    }
  }
}
