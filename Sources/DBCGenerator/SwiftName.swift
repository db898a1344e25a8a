/// Names of DBC files as Swift writes them: `Engine_RPM` is `engineRPM`, `WHL_SPD_FL` is `whlSpdFl`.
enum SwiftName {
  /// A name for a type.
  static func type(_ name: String) -> String {
    let words = words(name)
    let text = words.map(capitalized).joined()
    return guarded(text, "N", "Unnamed", reserved: reservedTypes)
  }

  /// A name for a property or case.
  static func member(_ name: String) -> String {
    let words = words(name)
    guard let first = words.first else { return "unnamed" }
    let text = lowered(first) + words.dropFirst().map(capitalized).joined()
    return guarded(text, "n", "unnamed", reserved: reservedMembers)
  }

  /// The runs of letters and digits; in lower case when the whole name is in upper case.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var hasLowercase = false
    for byte in name.utf8 {
      let letter = (byte | 0x20) &- 0x61
      if letter < 26 || byte &- 0x30 < 10 {
        word.unicodeScalars.append(Unicode.Scalar(byte))
        if byte >= 0x61 { hasLowercase = true }
      } else if !word.isEmpty {
        words.append(word)
        word = ""
      }
    }
    if !word.isEmpty { words.append(word) }
    // A word of two or three capitals alone is an abbreviation; a name of several is a shout.
    if !hasLowercase, words.count > 1 { words = words.map { $0.lowercased() } }
    return words
  }

  private static func capitalized(_ word: String) -> String {
    guard let first = word.first else { return word }
    return first.uppercased() + word.dropFirst()
  }

  /// `RPMLimit` becomes `rpmLimit`, `Speed` `speed`, `RPM` `rpm`.
  private static func lowered(_ word: String) -> String {
    let letters = Array(word)
    var count = 0
    while count < letters.count, letters[count].isUppercase { count += 1 }
    // The last of several capitals before a small letter begins the next word.
    if count > 1, count < letters.count, letters[count].isLowercase { count -= 1 }
    return String(letters[..<count]).lowercased() + String(letters[count...])
  }

  /// Types begin with a capital and members with a small letter, whatever the name: so they never meet.
  private static func guarded(
    _ text: String, _ number: String, _ empty: String, reserved: Set<String>
  ) -> String {
    if text.isEmpty { return empty }
    if text.first?.isNumber == true { return number + text }
    return reserved.contains(text) ? text + "_" : text
  }

  /// Words that the language or the generated code keeps for itself.
  static let reservedMembers: Set<String> = [
    "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import",
    "init", "inout", "internal", "let", "open", "operator", "private", "precedencegroup",
    "protocol", "public", "rethrows", "static", "struct", "subscript", "typealias", "var", "break",
    "case", "catch", "continue", "default", "defer", "do", "else", "fallthrough", "for", "guard",
    "if", "in", "repeat", "return", "throw", "switch", "where", "while", "any", "as", "await",
    "false", "is", "nil", "self", "super", "throws", "true", "try", "async", "package", "some",
    "each", "consume", "copy", "borrow", "borrowing", "consuming", "sending", "isolated", "macro",
    "set", "get", "willSet", "didSet", "newValue", "oldValue", "lazy", "weak", "unowned",
    "mutating", "nonmutating", "override", "required", "optional", "dynamic", "final", "indirect",
    "infix", "prefix", "postfix", "left", "right", "none", "convenience", "actor", "nonisolated",
    "payload", "identifier", "byteCount", "other", "rawValue", "label", "description", "hash",
    "hashValue", "count", "scaled", "unsigned", "signed", "joined", "raw", "clamped",
  ]

  /// Types that the generated code refers to, and words that no type can be named by.
  static let reservedTypes: Set<String> = [
    "Any", "AnyObject", "Self", "Type", "Protocol", "Actor", "Bool", "Double", "Float", "Int",
    "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "String", "Optional", "Sendable",
    "Equatable", "Hashable", "Hasher", "RawRepresentable", "CustomStringConvertible", "Swift",
    "CANCore", "CANFrame", "CANPayload", "CANIdentifier", "CANFlags", "InlineArray", "Message",
    "Array", "Error", "Never", "Void", "GeneratedBits",
  ]
}

/// Hands out each name once.
struct NameScope {
  private var taken: Set<String>

  init(reserved: Set<String> = []) { taken = reserved }

  /// The name, or with a number behind it when it is taken already.
  mutating func unique(_ name: String) -> String {
    if taken.insert(name).inserted { return name }
    var number = 2
    // A digit at the end would make another name of it.
    let stem = name.last?.isNumber == true ? name + "_" : name
    while !taken.insert("\(stem)\(number)").inserted { number += 1 }
    return "\(stem)\(number)"
  }
}
