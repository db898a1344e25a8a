/// What the specification says about the length of a request, and which places it touches.
enum RequestShape {
  /// Whether a request's PDU is as long as its function and its own count fields say. Functions that are
  /// not known pass: the responder refuses those.
  static func isWellFormed(_ pdu: UnsafeRawBufferPointer) -> Bool {
    func word(_ offset: Int) -> Int { Int(pdu[offset]) << 8 | Int(pdu[offset + 1]) }
    switch pdu[0] {
    case 1...6: return pdu.count == 5
    case 7, 17: return pdu.count == 1
    case 15:
      return pdu.count >= 6 && pdu.count == 6 + Int(pdu[5]) && Int(pdu[5]) == (word(3) + 7) / 8
    case 16: return pdu.count >= 6 && pdu.count == 6 + Int(pdu[5]) && Int(pdu[5]) == 2 * word(3)
    case 22: return pdu.count == 7
    case 23:
      return pdu.count >= 10 && pdu.count == 10 + Int(pdu[9]) && Int(pdu[9]) == 2 * word(7)
    default: return true
    }
  }

  /// The places that a request touches, as far as it says; nothing for functions that are not known.
  static func ranges(
    _ pdu: UnsafeRawBufferPointer
  ) -> [(table: RegisterTable, start: Int, count: Int)] {
    func word(_ offset: Int) -> Int {
      offset + 1 < pdu.count ? Int(pdu[offset]) << 8 | Int(pdu[offset + 1]) : 0
    }
    switch pdu[0] {
    case 1: return [(.coil, word(1), word(3))]
    case 2: return [(.discrete, word(1), word(3))]
    case 3: return [(.holding, word(1), word(3))]
    case 4: return [(.input, word(1), word(3))]
    case 5: return [(.coil, word(1), 1)]
    case 6, 22: return [(.holding, word(1), 1)]
    case 15: return [(.coil, word(1), word(3))]
    case 16: return [(.holding, word(1), word(3))]
    case 23: return [(.holding, word(1), word(3)), (.holding, word(5), word(7))]
    default: return []
    }
  }
}
