#if Gateway
  internal import Yams

  /// A sensor of a DaTaK gateway as its API exports it.
  struct DaTaKSensor {
    let name: String
    let `protocol`: String
    let formula: String
    let unit: String?
    /// In milliseconds.
    let interval: Int
    /// In milliseconds.
    let timeout: Int
    let isActive: Bool
    /// The name in the twin; nil when it is not in there.
    let twinAttribute: String?
    private let parameters: Node?

    init(_ node: Node) {
      name = node.text("name") ?? ""
      `protocol` = (node.text("protocol") ?? "").uppercased()
      formula = node.text("data_formula") ?? "val"
      unit = node.text("unit")
      interval = node.text("poll_interval_ms").flatMap { Int($0) } ?? 1000
      timeout = node.text("timeout_ms").flatMap { Int($0) } ?? 5000
      isActive = node.text("is_active") != "false"
      let entity = node.text("twin_entity_id")
      twinAttribute = node.text("twin_attribute") ?? (entity == nil ? nil : name)
      parameters = node.mapping == nil ? nil : node["connection_params"]
    }

    /// A parameter of its connection.
    func parameter(_ key: String) -> String? { parameters?.text(key) }

    func number(_ key: String) -> Int? { parameter(key).flatMap { Int($0) } }

    /// Whether the value is taken as it comes.
    var isIdentity: Bool {
      ["val", "value", "x"].contains(formula.filter { !$0.isWhitespace })
    }

    /// The formula with a tag in the place of the value.
    func expression(of tag: String) -> String {
      var result = ""
      var rest = formula[...]
      var before: Character?
      while let first = rest.first {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        if word.isEmpty || first.isNumber {
          let piece =
            first.isNumber
            ? rest.prefix { $0.isLetter || $0.isNumber || $0 == "." } : rest.prefix(1)
          result += piece
          before = piece.last
          rest = rest[piece.endIndex...]
          continue
        }
        let isValue = ["val", "value", "x"].contains(word) && before != "."
        result += isValue ? "{\(tag)}" : word
        before = word.last
        rest = rest[word.endIndex...]
      }
      return result
    }
  }
#endif
