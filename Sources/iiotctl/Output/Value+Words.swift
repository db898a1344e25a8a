internal import IndustrialModel

extension Value {
  /// As people read it.
  var words: String {
    switch self {
    case .none: "no value"
    case .bool(let value): "\(value)"
    case .int64(let value): "\(value)"
    case .uint64(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "'\(value)'"
    case .bytes(let value): "\(value.count) bytes"
    }
  }
}
