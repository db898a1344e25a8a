internal import IndustrialModel
public import Modbus

/// One value of the plant in its register map.
public struct PlantRegister: Sendable {
  /// A name for tags, such as "pump1/flow".
  public let name: String
  /// The first place.
  public let address: RegisterAddress
  /// How the value stands there.
  public let type: RegisterType
  /// The order of its bytes.
  public let order: ByteOrder
  /// What one count stands for: value = register × scale.
  public let scale: Double
  /// UCUM code of the unit, empty when it has none.
  public let unit: String
  /// What it is.
  public let meaning: String
  /// Whether a client's write changes the plant.
  public var isCommand: Bool { write != nil }

  /// The plant's value, before it is divided by the scale.
  let read: @Sendable (Plant) -> Value
  /// Carries out a client's write of a value that has been multiplied by the scale.
  let write: (@Sendable (inout Plant, Double) -> Void)?

  /// The value as it stands in the registers: a number is divided by the scale, and rounded to a whole one where the type is
  /// one. What the type can't hold is all ones.
  func registers(of plant: Plant) -> [UInt16] {
    var value = read(plant)
    if case .double(let number) = value {
      let raw = number / scale
      switch type {
      case .float16, .float32, .float64: value = .double(raw)
      default: value = .double(raw.rounded())
      }
    }
    return (try? type.encode(value, order: order))
      ?? Array(repeating: UInt16.max, count: type.registerCount)
  }
}

extension PlantRegister: CustomStringConvertible {
  /// A row of the register map: place, type, what one count is, command or not, name, meaning.
  public var description: String {
    let count =
      switch (scale, unit) {
      case (1, ""): ""
      case (1, _): unit
      default: unit.isEmpty ? "\(scale)" : "\(scale) \(unit)"
      }
    let form = type.registerCount > 1 && order != .abcd ? "\(type) \(order)" : "\(type)"
    return "| \(address) | \(form) | \(count) | \(isCommand ? "yes" : "") | \(name) | \(meaning) |"
  }
}
