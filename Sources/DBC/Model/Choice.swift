/// A label for one raw value.
public struct Choice: Sendable, Hashable {
  /// The raw value.
  public let value: RawValue
  /// What it means.
  public let label: String
}

/// A value table that stands on its own (`VAL_TABLE_`).
public struct ValueTable: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its labels, in the order of the file.
  public let choices: [Choice]
}

extension DatabaseStorage {
  func choices(_ range: IndexRange) -> [Choice] {
    content.choices[range.range].map { Choice(value: $0.value, label: text($0.label)) }
  }
}
