/// What a word of the language means.
enum Word: Sendable {
  case and, or, not, `if`, `else`
  case constant(Double, isBool: Bool)
  /// The index of a ``FunctionSpecification``.
  case function(Int)
  /// A word of Python that has no place here, and why.
  case reserved(String)
}

/// The words of the language by a hash of their letters, so that finding one costs one probe.
struct NameTable: Sendable {
  private struct Entry: Sendable {
    var hash: UInt32
    var spelling: [UInt8]
    var word: Word
  }

  private var slots: [Entry?]
  private let mask: Int

  static let shared = NameTable()

  private init() {
    var entries: [(String, Word)] = [
      ("and", .and), ("or", .or), ("not", .not), ("if", .if), ("else", .else),
    ]
    for (index, specification) in FunctionCatalog.specifications.enumerated() {
      entries.append((specification.name, .function(index)))
    }
    for constant in FunctionCatalog.constants {
      let isBool = constant.name == "True" || constant.name == "False"
      entries.append((constant.name, .constant(constant.value, isBool: isBool)))
    }
    for (names, reason) in Self.reserved {
      for name in names { entries.append((name, .reserved(reason))) }
    }
    let capacity = 512
    mask = capacity - 1
    slots = Array(repeating: nil, count: capacity)
    for (name, word) in entries {
      let spelling = Array(name.utf8)
      let hash = Self.hash(spelling)
      var index = Int(hash) & mask
      while slots[index] != nil { index = (index + 1) & mask }
      slots[index] = Entry(hash: hash, spelling: spelling, word: word)
    }
  }

  private static let reserved: [([String], String)] = [
    (
      ["lambda", "def", "yield", "return", "class", "await", "async"], "functions can't be defined"
    ),
    (["import", "from"], "modules can't be imported"),
    (["for", "while", "break", "continue"], "loops are not allowed"),
    (["is", "in"], "the operator is not part of the language; compare with == and !="),
    (["None"], "there is no None; every value is a number"),
    (
      [
        "as", "assert", "del", "elif", "except", "finally", "global", "nonlocal", "pass", "raise",
        "try", "with",
      ], "statements are not allowed; a formula is one expression"
    ),
  ]

  /// FNV-1a, which the lexer also computes while it reads a word.
  static let seed: UInt32 = 0x811C_9DC5
  @inline(__always)
  static func step(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
    (hash ^ UInt32(byte)) &* 0x0100_0193
  }

  private static func hash(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(seed) { step($0, $1) }
  }

  func word(hash: UInt32, spelling: UnsafeBufferPointer<UInt8>) -> Word? {
    var index = Int(hash) & mask
    while let entry = slots[index] {
      if entry.hash == hash, entry.spelling.elementsEqual(spelling) { return entry.word }
      index = (index + 1) & mask
    }
    return nil
  }

  /// All names that may be offered to somebody who mistyped one.
  static var suggestions: [String] {
    FunctionCatalog.specifications.map(\.name) + FunctionCatalog.constants.map(\.name)
  }
}
