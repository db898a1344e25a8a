extension BLFParser {
  /// As registered: known by its first four bytes.
  static let logFormat = RegisteredFormat(
    format: .blf, recognise: recognise, makeParser: { BLFParser(options: $0) })

  private static func recognise(_ head: UnsafeRawBufferPointer, isWhole: Bool) -> Recognition {
    for (byte, wanted) in zip(head, "LOGG".utf8) where byte != wanted { return .no }
    return head.count >= 4 ? .yes : isWhole ? .no : .undecided
  }
}
