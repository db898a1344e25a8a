/// What stands at a place of a file where a line of ours may begin.
enum LineScan: Equatable {
  /// A line of ours; the index behind its line end.
  case whole(Int)
  /// A line of ours without its end.
  case unfinished
  /// Nothing that can be told to be ours.
  case foreign
}

/// Tells the lines that we write from other text, and where they end: in some formats a text in a line may hold line ends.
protocol LineSyntax: Sendable {
  /// Looks at what begins a text.
  func scan(_ text: ArraySlice<UInt8>) -> LineScan
}

/// Lines that begin alike, and hold no line ends but their own.
struct PlainLines: LineSyntax {
  private let beginning: [UInt8]

  init(beginning: String) { self.beginning = Array(beginning.utf8) }

  func scan(_ text: ArraySlice<UInt8>) -> LineScan {
    guard text.starts(with: beginning) else { return .foreign }
    guard let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return .unfinished }
    return .whole(end + 1)
  }
}
