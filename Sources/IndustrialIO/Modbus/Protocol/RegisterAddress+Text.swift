extension RegisterAddress {
  /// The place that `text` spells: `holding/20`, or in a manual's numbers `modicon/40021` or `modicon/400021`.
  ///
  /// Throws `.invalidRequest` for anything else. A bare number is refused: nobody can know whether it counts from 0 or 1.
  public init(_ text: some StringProtocol) throws(ModbusError) {
    try self.init(parsing: String(text))
  }

  private init(parsing text: String) throws(ModbusError) {
    func invalid(_ reason: String, _ advice: String) -> ModbusError {
      ModbusError(.invalidRequest, "\"\(text)\" is no place in a device: \(reason)", advice: advice)
    }
    let forms = "write TABLE/ADDRESS with holding, input, coil or discrete and an address from 0"
    guard let middle = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      let isNumber = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
      throw invalid(
        isNumber ? "a bare number may count from 0 or from 1" : "it is not TABLE/ADDRESS",
        isNumber ? "write holding/ADDRESS (from 0), or modicon/\(text) if a manual says so" : forms)
    }
    let (name, digits) = (text[..<middle], text[text.utf8.index(after: middle)...])
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits)
    else { throw invalid("\"\(digits)\" is not a number", forms) }
    if name == "modicon" {
      guard let place = Self(modicon: number, digits: digits.utf8.count) else {
        throw invalid(
          "Modicon numbers are 1 to 9999, 10001, 30001 and 40001 on, or six digits",
          "40001 is holding/0, 30001 is input/0, 10001 is discrete/0, 00001 is coil/0")
      }
      self = place
      return
    }
    guard let table = RegisterTable(name: name) else {
      throw invalid("there is no table \"\(name)\"", forms)
    }
    guard let offset = UInt16(exactly: number) else {
      throw invalid("addresses are 0 to 65535", forms)
    }
    self.init(table, offset)
  }

  /// A manual's number: table digit and number from 1, in five digits or six.
  private init?(modicon number: Int, digits: Int) {
    let base = digits >= 6 ? 100_000 : 10_000
    let tables: [Int: RegisterTable] = [0: .coil, 1: .discrete, 3: .input, 4: .holding]
    guard digits <= 6, let table = tables[number / base],
      let offset = UInt16(exactly: number % base - 1)
    else { return nil }
    self.init(table, offset)
  }

  /// What a person should be told about the place: an address that looks like a manual's number.
  public var warning: String? {
    let prefix = Int(offset) / 10_000
    let expected: [RegisterTable: Int] = [.discrete: 1, .input: 3, .holding: 4]
    guard expected[table] == prefix, offset % 10_000 > 0 else { return nil }
    return "\(self) is the zero-based address \(offset); "
      + "if a manual says \(offset), that is \(table)/\(Int(offset) % 10_000 - 1)"
  }
}
