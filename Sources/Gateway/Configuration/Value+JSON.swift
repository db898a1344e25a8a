internal import IndustrialModel

extension Value {
  /// As docs/json-lines.md has it: what is no finite number is `null`, bytes are hexadecimal.
  var json: OrderedJSON {
    switch self {
    case .none: .null
    case .bool(let value): .bool(value)
    case .int64(let value): .literal("\(value)")
    case .uint64(let value): .literal("\(value)")
    case .double(let value): value.isFinite ? .literal("\(value)") : .null
    case .string(let value): .string(value)
    case .bytes(let value): .string(value.hexadecimal)
    }
  }
}

extension [UInt8] {
  /// Two lower-case digits a byte.
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
